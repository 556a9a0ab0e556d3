-- +goose Up

-- Rows of a list that are of one name are told apart by their prints.
DROP INDEX import_rows_by_name;
CREATE INDEX import_rows_by_name ON import_rows (organization_id, import_id, name_key, print, position) WHERE name_key <> '';

-- Plans that nobody applied are forgotten after a while.
CREATE INDEX imports_left ON imports (begun_us) WHERE applied_us = 0 AND finished_us = 0;

-- Who was let in and whose answer was lost has a seat, too.
DROP INDEX join_requests_waiting;
CREATE INDEX join_requests_waiting ON join_requests (asked_us) WHERE state IN ('asked', 'joining') AND code_id <> '';

ALTER TABLE rollover_items DROP COLUMN edited;
