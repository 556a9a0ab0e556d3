-- +goose Up

-- The first password that a row of a list gives, from when the row is begun until
-- it is closed: whoever goes on after a crash knows what was sent, by whatever rules
-- it was made.
ALTER TABLE import_rows ADD COLUMN sealed TEXT NOT NULL DEFAULT '';
