-- name: SetSettings :exec
INSERT INTO settings (organization_id, students_see_names, teachers_open_classrooms, changed_us)
VALUES (sqlc.arg(organization_id), sqlc.arg(students_see_names), sqlc.arg(teachers_open_classrooms), sqlc.arg(now_us))
ON CONFLICT (organization_id) DO UPDATE SET
    students_see_names = excluded.students_see_names,
    teachers_open_classrooms = excluded.teachers_open_classrooms,
    changed_us = excluded.changed_us;

-- name: Settings :one
SELECT * FROM settings WHERE organization_id = sqlc.arg(organization_id);
