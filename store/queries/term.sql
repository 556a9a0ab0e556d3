-- The terms of an opened school, and when it takes no lists.

-- name: Terms :many
SELECT t.*, (SELECT COUNT(*) FROM classroom_terms c WHERE c.school_id = sqlc.arg(organization_id) AND c.term_id = t.id) AS classrooms
FROM terms t WHERE t.organization_id = sqlc.arg(organization_id)
ORDER BY t.first_us DESC LIMIT sqlc.arg(max_rows);

-- name: Term :one
SELECT * FROM terms WHERE organization_id = sqlc.arg(organization_id) AND id = sqlc.arg(id);

-- name: OverlappingTerm :one
SELECT * FROM terms
WHERE organization_id = sqlc.arg(organization_id) AND first_us < sqlc.arg(end_us) AND end_us > sqlc.arg(first_us) AND id <> sqlc.arg(id)
ORDER BY first_us LIMIT 1;

-- name: InsertTerm :execrows
INSERT INTO terms (organization_id, id, name, first_us, end_us, made_us)
VALUES (sqlc.arg(organization_id), sqlc.arg(id), sqlc.arg(name), sqlc.arg(first_us), sqlc.arg(end_us), sqlc.arg(now_us))
ON CONFLICT (organization_id, id) DO NOTHING;

-- name: SetTerm :exec
UPDATE terms SET name = sqlc.arg(name), first_us = sqlc.arg(first_us), end_us = sqlc.arg(end_us)
WHERE organization_id = sqlc.arg(organization_id) AND id = sqlc.arg(id);

-- name: DeleteTerm :execrows
DELETE FROM terms WHERE organization_id = sqlc.arg(organization_id) AND id = sqlc.arg(id);

-- name: ClassroomsOfTerm :one
SELECT COUNT(*) FROM classroom_terms c WHERE c.school_id = sqlc.arg(organization_id) AND c.term_id = sqlc.arg(term_id);

-- name: RolloversInto :one
SELECT COUNT(*) FROM rollovers WHERE organization_id = sqlc.arg(organization_id) AND term_id = sqlc.arg(term_id) AND state <> 'cancelled';

-- name: TermOfClassroom :one
SELECT t.* FROM classroom_terms c
JOIN terms t ON t.organization_id = c.school_id AND t.id = c.term_id
WHERE c.organization_id = sqlc.arg(organization_id) AND c.school_id = sqlc.arg(school_id) AND t.organization_id = sqlc.arg(school_id);

-- name: PutClassroomTerm :exec
-- Only of a classroom of the school.
INSERT INTO classroom_terms (organization_id, school_id, term_id, year_group)
SELECT o.id, o.school_id, CAST(sqlc.arg(term_id) AS TEXT), CAST(sqlc.arg(year_group) AS BIGINT) FROM organizations o
WHERE o.id = sqlc.arg(classroom_id) AND o.school_id = sqlc.arg(organization_id)
ON CONFLICT (organization_id) DO UPDATE SET school_id = excluded.school_id, term_id = excluded.term_id, year_group = excluded.year_group;

-- name: TermIDOfClassroom :one
SELECT term_id FROM classroom_terms WHERE organization_id = sqlc.arg(classroom_id) AND school_id = sqlc.arg(organization_id);

-- name: DeleteClassroomTerm :exec
DELETE FROM classroom_terms WHERE organization_id = sqlc.arg(classroom_id) AND school_id = sqlc.arg(organization_id);

-- name: ImportPauses :many
SELECT * FROM import_pauses WHERE organization_id = sqlc.arg(organization_id) AND until_us > sqlc.arg(after_us)
ORDER BY until_us, from_us LIMIT sqlc.arg(max_rows);

-- name: ImportPause :one
SELECT * FROM import_pauses WHERE organization_id = sqlc.arg(organization_id) AND id = sqlc.arg(id);

-- name: InsertImportPause :execrows
INSERT INTO import_pauses (organization_id, id, from_us, until_us, reason, by_name, made_us)
VALUES (sqlc.arg(organization_id), sqlc.arg(id), sqlc.arg(from_us), sqlc.arg(until_us), sqlc.arg(reason), sqlc.arg(by_name), sqlc.arg(now_us))
ON CONFLICT (organization_id, id) DO NOTHING;

-- name: EndImportPause :exec
-- One that has not begun yet never does.
UPDATE import_pauses SET until_us = sqlc.arg(now_us)
WHERE organization_id = sqlc.arg(organization_id) AND id = sqlc.arg(id) AND until_us > sqlc.arg(now_us);

-- name: LastPauseNow :one
SELECT * FROM import_pauses
WHERE organization_id = sqlc.arg(organization_id) AND until_us > sqlc.arg(now_us) AND from_us <= sqlc.arg(now_us)
ORDER BY until_us DESC LIMIT 1;
