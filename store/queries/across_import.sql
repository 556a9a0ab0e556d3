-- What spans organizations about imports: jobs, and what people leave behind.

-- name: ImportForJob :one
SELECT * FROM imports WHERE organization_id = sqlc.arg(organization_id) AND id = sqlc.arg(id);

-- name: ImportsApplying :many
SELECT organization_id, id, trouble FROM imports WHERE state = 'applying' ORDER BY organization_id, id;

-- name: ForgetImportedUser :exec
DELETE FROM external_ids WHERE user_id = sqlc.arg(user_id);

-- name: ForgetImportCandidate :exec
DELETE FROM import_candidates WHERE user_id = sqlc.arg(user_id);

-- name: ForgetImportRowsOfUser :exec
DELETE FROM import_rows WHERE user_id = sqlc.arg(user_id) AND user_id <> '' AND state IN ('done', 'left') AND undo <> 'begun';

-- name: EmptyImportRowsOfUser :exec
-- Rows that are being undone are counted when that is done.
UPDATE import_rows SET user_id = '', user_name = '', person = '{}', person_key = '', external_id = '', address_key = '', user_name_key = '',
    name_key = '', print = '', steps = '', reasons = '', candidates = ''
WHERE user_id = sqlc.arg(user_id) AND user_id <> '' AND state = 'done' AND undo = 'begun';

-- name: ImportHeld :many
-- The roles of somebody, wherever they have any.
SELECT organization_id, roles, state FROM role_assignments WHERE user_id = sqlc.arg(user_id) ORDER BY organization_id;

-- name: ForgetExternalClassrooms :exec
DELETE FROM external_classrooms WHERE classroom_id = sqlc.arg(classroom_id);

-- name: DeleteOldImportFiles :exec
-- Those of imports that ended, or that nobody went on with.
DELETE FROM import_files WHERE kept_us < sqlc.arg(kept_before_us)
    OR kept_us < sqlc.arg(before_us) AND EXISTS (SELECT 1 FROM imports i WHERE i.organization_id = import_files.organization_id
        AND i.id = import_files.import_id AND i.finished_us > 0 AND i.finished_us < sqlc.arg(before_us));

-- name: EndLeftImports :exec
-- Those that were brought before a time, and nobody went on with.
UPDATE imports SET state = 'cancelled', trouble = '', cancelled_us = sqlc.arg(now_us), finished_us = sqlc.arg(now_us)
WHERE applied_us = 0 AND finished_us = 0 AND begun_us < sqlc.arg(before_us);

-- name: OldImports :many
-- Those whose rows are still there: that ended before a time, or were never applied.
SELECT i.organization_id, i.id FROM imports i
WHERE i.finished_us > 0 AND (i.finished_us < sqlc.arg(before_us) OR i.applied_us = 0 AND i.state IN ('cancelled', 'failed'))
    AND EXISTS (SELECT 1 FROM import_rows r WHERE r.organization_id = i.organization_id AND r.import_id = i.id)
LIMIT sqlc.arg(max_rows);

-- name: ImportStandings :many
-- What those who may be meant hold, in the school's classrooms in use and
-- anywhere else.
SELECT DISTINCT c.user_id, a.organization_id AS place_id, o.name, o.kind, o.school_id, a.role, a.roles, a.state,
    CAST(o.state AS TEXT) AS place_state,
    EXISTS (SELECT 1 FROM import_classrooms l WHERE l.organization_id = sqlc.arg(organization_id)
        AND l.import_id = sqlc.arg(import_id) AND l.classroom_id = a.organization_id AND l.classroom_id <> ''
        AND l.kind NOT IN ('error', 'conflict')) AS listed,
    EXISTS (SELECT 1 FROM import_classrooms l WHERE l.organization_id = sqlc.arg(organization_id)
        AND l.import_id = sqlc.arg(import_id) AND l.classroom_id = a.organization_id AND l.classroom_id <> ''
        AND l.kind IN ('error', 'conflict')) AS spared,
    EXISTS (SELECT 1 FROM external_classrooms x WHERE x.organization_id = sqlc.arg(organization_id)
        AND x.classroom_id = a.organization_id AND x.source = sqlc.arg(source)) AS of_source
FROM import_candidates c
JOIN role_assignments a ON a.user_id = c.user_id
JOIN organizations o ON o.id = a.organization_id
WHERE c.organization_id = sqlc.arg(organization_id) AND c.import_id = sqlc.arg(import_id)
    AND c.position > sqlc.arg(after) AND c.position <= sqlc.arg(upto);
