-- What spans organizations about imports: jobs, and what people leave behind.

-- name: ImportForJob :one
SELECT * FROM imports WHERE organization_id = sqlc.arg(organization_id) AND id = sqlc.arg(id);

-- name: ForgetImportedUser :exec
DELETE FROM external_ids WHERE user_id = sqlc.arg(user_id);

-- name: ForgetImportCandidate :exec
DELETE FROM import_candidates WHERE user_id = sqlc.arg(user_id);

-- name: ForgetImportRowsOfUser :exec
DELETE FROM import_rows WHERE user_id = sqlc.arg(user_id) AND state = 'done';

-- name: ForgetExternalClassrooms :exec
DELETE FROM external_classrooms WHERE classroom_id = sqlc.arg(classroom_id);

-- name: DeleteOldImportFiles :exec
-- Those of imports that ended, or that nobody went on with.
DELETE FROM import_files WHERE kept_us < sqlc.arg(kept_before_us)
    OR kept_us < sqlc.arg(before_us) AND EXISTS (SELECT 1 FROM imports i WHERE i.organization_id = import_files.organization_id
        AND i.id = import_files.import_id AND i.finished_us > 0 AND i.finished_us < sqlc.arg(before_us));
