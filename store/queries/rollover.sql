-- The rollovers of an opened school.

-- name: InsertRollover :execrows
INSERT INTO rollovers (organization_id, id, term_id, term_name, leaving, state, actor_id, actor_name, request_id, client_address, device, begun_us)
VALUES (sqlc.arg(organization_id), sqlc.arg(id), sqlc.arg(term_id), sqlc.arg(term_name), sqlc.arg(leaving), 'staging', sqlc.arg(actor_id),
    sqlc.arg(actor_name), sqlc.arg(request_id), sqlc.arg(client_address), sqlc.arg(device), sqlc.arg(now_us))
ON CONFLICT (organization_id, id) DO NOTHING;

-- name: Rollover :one
SELECT * FROM rollovers WHERE organization_id = sqlc.arg(organization_id) AND id = sqlc.arg(id);

-- name: Rollovers :many
SELECT * FROM rollovers WHERE organization_id = sqlc.arg(organization_id)
ORDER BY begun_us DESC, id DESC LIMIT sqlc.arg(max_rows);

-- name: BusyRollover :one
-- One that is at work; another has to wait for it.
SELECT COUNT(*) FROM rollovers
WHERE organization_id = sqlc.arg(organization_id) AND id <> sqlc.arg(id) AND state IN ('applying', 'paused', 'undoing', 'undo-paused');

-- name: PutRollover :exec
UPDATE rollovers SET state = sqlc.arg(state), leaving = sqlc.arg(leaving), version = sqlc.arg(version), checked = sqlc.arg(checked),
    figures = sqlc.arg(figures), staged_name = sqlc.arg(staged_name), staged_id = sqlc.arg(staged_id),
    actor_id = sqlc.arg(actor_id), actor_name = sqlc.arg(actor_name), request_id = sqlc.arg(request_id),
    client_address = sqlc.arg(client_address), device = sqlc.arg(device),
    total = sqlc.arg(total), done = sqlc.arg(done), refused = sqlc.arg(refused), undone = sqlc.arg(undone), trouble = sqlc.arg(trouble),
    applied_us = sqlc.arg(applied_us), finished_us = sqlc.arg(finished_us), undone_us = sqlc.arg(undone_us)
WHERE organization_id = sqlc.arg(organization_id) AND id = sqlc.arg(id);

-- name: TouchRollover :execrows
-- The plan changes: its figures are not those any more that were shown.
UPDATE rollovers SET version = version + 1
WHERE organization_id = sqlc.arg(organization_id) AND id = sqlc.arg(id) AND state = 'planned';

-- name: ClassroomsToRoll :many
-- The next ones in use that are not of the term already.
SELECT o.id, o.name, o.sort_name, COALESCE(t.year_group, -1) AS year_group,
    CAST(COALESCE((SELECT SUM(c.people) FROM roster_counts c WHERE c.organization_id = o.id AND c.role = 'student' AND c.state = 'active'), 0) AS BIGINT) AS students,
    CAST(COALESCE((SELECT SUM(c.people) FROM roster_counts c WHERE c.organization_id = o.id AND c.role IN ('teacher', 'co_teacher') AND c.state = 'active'), 0) AS BIGINT) AS teachers
FROM organizations o
LEFT JOIN classroom_terms t ON t.organization_id = o.id
WHERE o.school_id = sqlc.arg(organization_id) AND o.kind = 'classroom' AND o.state = 'active'
    AND (o.sort_name, o.id) > (CAST(sqlc.arg(after_name) AS TEXT), CAST(sqlc.arg(after_id) AS TEXT))
    AND COALESCE(t.term_id, '') <> sqlc.arg(term_id)
ORDER BY o.sort_name, o.id
LIMIT sqlc.arg(max_rows);

-- name: CountClassroomsToRoll :one
SELECT COUNT(*) FROM organizations o
WHERE o.school_id = sqlc.arg(organization_id) AND o.kind = 'classroom' AND o.state = 'active';

-- name: InsertRolloverItem :exec
INSERT INTO rollover_items (organization_id, rollover_id, position, classroom_id, name, sort_name, year_group, action, new_name, name_key, students, teachers)
VALUES (sqlc.arg(organization_id), sqlc.arg(rollover_id), sqlc.arg(position), sqlc.arg(classroom_id), sqlc.arg(name), sqlc.arg(sort_name),
    sqlc.arg(year_group), sqlc.arg(action), sqlc.arg(new_name), sqlc.arg(name_key), sqlc.arg(students), sqlc.arg(teachers))
ON CONFLICT DO NOTHING;

-- name: RolloverItem :one
SELECT * FROM rollover_items
WHERE organization_id = sqlc.arg(organization_id) AND rollover_id = sqlc.arg(rollover_id) AND position = sqlc.arg(position);

-- name: RolloverItems :many
SELECT sqlc.embed(i), CAST(i.name_key <> '' AND EXISTS (SELECT 1 FROM rollover_items j
        WHERE j.organization_id = sqlc.arg(organization_id) AND j.rollover_id = sqlc.arg(rollover_id) AND j.name_key = i.name_key
            AND j.position <> i.position) AS BOOLEAN) AS doubled
FROM rollover_items i
WHERE i.organization_id = sqlc.arg(organization_id) AND i.rollover_id = sqlc.arg(rollover_id) AND i.position > sqlc.arg(after)
    AND i.sort_name LIKE sqlc.arg(pattern)
    AND (CAST(sqlc.arg(action) AS TEXT) = '' OR i.action = sqlc.arg(action))
    AND (CAST(sqlc.arg(any_year) AS BOOLEAN) OR i.year_group = sqlc.arg(year_group))
    AND (NOT CAST(sqlc.arg(doubled_only) AS BOOLEAN) OR i.name_key <> '' AND EXISTS (SELECT 1 FROM rollover_items k
        WHERE k.organization_id = sqlc.arg(organization_id) AND k.rollover_id = sqlc.arg(rollover_id) AND k.name_key = i.name_key
            AND k.position <> i.position))
ORDER BY i.position LIMIT sqlc.arg(max_rows);

-- name: RolloverItemsInState :many
SELECT * FROM rollover_items
WHERE organization_id = sqlc.arg(organization_id) AND rollover_id = sqlc.arg(rollover_id) AND state = sqlc.arg(state)
    AND position > sqlc.arg(after)
ORDER BY position LIMIT sqlc.arg(max_rows);

-- name: RolloverItemsByUndo :many
SELECT * FROM rollover_items
WHERE organization_id = sqlc.arg(organization_id) AND rollover_id = sqlc.arg(rollover_id) AND undo = sqlc.arg(undo)
    AND position > sqlc.arg(after)
ORDER BY position LIMIT sqlc.arg(max_rows);

-- name: RolloverItemsToUndo :many
-- Of those that were done, or begun and given up; what was not begun is as it was.
SELECT * FROM rollover_items
WHERE organization_id = sqlc.arg(organization_id) AND rollover_id = sqlc.arg(rollover_id) AND undo = sqlc.arg(undo)
    AND (state = 'done' OR step <> '')
ORDER BY position LIMIT sqlc.arg(max_rows);

-- name: CountRolloverActions :many
SELECT action, COUNT(*) AS classrooms, CAST(SUM(students) AS BIGINT) AS students FROM rollover_items
WHERE organization_id = sqlc.arg(organization_id) AND rollover_id = sqlc.arg(rollover_id)
GROUP BY action;

-- name: CountRolloverYears :many
SELECT year_group, COUNT(*) AS classrooms, CAST(COALESCE(MIN(name), '') AS TEXT) AS example FROM rollover_items
WHERE organization_id = sqlc.arg(organization_id) AND rollover_id = sqlc.arg(rollover_id)
GROUP BY year_group;

-- name: CountDoubledNames :one
SELECT COUNT(*) FROM rollover_items i
WHERE i.organization_id = sqlc.arg(organization_id) AND i.rollover_id = sqlc.arg(rollover_id) AND i.name_key <> ''
    AND EXISTS (SELECT 1 FROM rollover_items j
        WHERE j.organization_id = sqlc.arg(organization_id) AND j.rollover_id = sqlc.arg(rollover_id) AND j.name_key = i.name_key
            AND j.position <> i.position);

-- name: PlanRolloverItem :execrows
UPDATE rollover_items SET year_group = sqlc.arg(year_group), action = sqlc.arg(action), new_name = sqlc.arg(new_name),
    name_key = sqlc.arg(name_key)
WHERE organization_id = sqlc.arg(organization_id) AND rollover_id = sqlc.arg(rollover_id) AND position = sqlc.arg(position)
    AND state = 'waiting';

-- name: PutRolloverItem :exec
UPDATE rollover_items SET state = sqlc.arg(state), step = sqlc.arg(step), new_classroom_id = sqlc.arg(new_classroom_id),
    new_records = sqlc.arg(new_records), assigned = sqlc.arg(assigned), missing = sqlc.arg(missing), term_before = sqlc.arg(term_before),
    reason = sqlc.arg(reason), undo = sqlc.arg(undo), undo_reason = sqlc.arg(undo_reason)
WHERE organization_id = sqlc.arg(organization_id) AND rollover_id = sqlc.arg(rollover_id) AND position = sqlc.arg(position);

-- name: LeaveRolloverItems :execrows
-- What was not begun when the rollover was ended stays as it is.
UPDATE rollover_items SET state = 'left'
WHERE organization_id = sqlc.arg(organization_id) AND rollover_id = sqlc.arg(rollover_id) AND state = 'waiting';

-- name: RetryRolloverItems :execrows
UPDATE rollover_items SET state = 'waiting', reason = ''
WHERE organization_id = sqlc.arg(organization_id) AND rollover_id = sqlc.arg(rollover_id) AND state = 'refused';

-- name: DeleteRolloverPeople :exec
DELETE FROM rollover_people
WHERE organization_id = sqlc.arg(organization_id) AND rollover_id = sqlc.arg(rollover_id) AND kind = sqlc.arg(kind)
    AND position = sqlc.arg(position);

-- name: PutRolloverPerson :exec
INSERT INTO rollover_people (organization_id, rollover_id, kind, position, user_id, reason)
VALUES (sqlc.arg(organization_id), sqlc.arg(rollover_id), sqlc.arg(kind), sqlc.arg(position), sqlc.arg(user_id), sqlc.arg(reason))
ON CONFLICT (organization_id, rollover_id, kind, position, user_id) DO UPDATE SET reason = excluded.reason;

-- name: FindWithoutClass :execrows
-- Students of classes that end, in none that goes on and in none of the term. Of
-- each the few classes are looked at, in this order, and not all that go on.
INSERT INTO rollover_people (organization_id, rollover_id, kind, position, user_id)
SELECT DISTINCT i.organization_id, i.rollover_id, 'without', 0, a.user_id
FROM rollover_items i
JOIN organizations o ON o.id = i.classroom_id AND o.school_id = sqlc.arg(organization_id)
JOIN role_assignments a ON a.organization_id = o.id
WHERE i.organization_id = sqlc.arg(organization_id) AND i.rollover_id = sqlc.arg(rollover_id) AND i.action IN ('archive', 'copy')
    AND a.role = 'student' AND a.state = 'active'
    AND NOT EXISTS (SELECT 1 FROM role_assignments b CROSS JOIN organizations o CROSS JOIN rollover_items k
        WHERE b.user_id = a.user_id AND b.role = 'student' AND b.state = 'active'
            AND b.organization_id = o.id AND o.school_id = sqlc.arg(organization_id)
            AND k.organization_id = sqlc.arg(organization_id) AND k.rollover_id = sqlc.arg(rollover_id) AND k.classroom_id = o.id
            AND k.action IN ('promote', 'keep'))
    AND NOT EXISTS (SELECT 1 FROM role_assignments c
        JOIN organizations o ON c.organization_id = o.id AND o.school_id = sqlc.arg(organization_id) AND o.state = 'active'
        JOIN classroom_terms n ON n.organization_id = o.id
        WHERE c.user_id = a.user_id AND c.role = 'student' AND c.state = 'active' AND n.term_id = sqlc.arg(term_id));

-- name: RolloverPeople :many
SELECT p.position, p.user_id, p.reason, COALESCE(u.given_name, '') AS given_name, COALESCE(u.family_name, '') AS family_name,
    COALESCE(u.user_name, '') AS user_name, COALESCE(i.name, '') AS class_name
FROM rollover_people p
LEFT JOIN users u ON u.id = p.user_id
LEFT JOIN rollover_items i ON i.organization_id = sqlc.arg(organization_id) AND i.rollover_id = sqlc.arg(rollover_id) AND i.position = p.position
WHERE p.organization_id = sqlc.arg(organization_id) AND p.rollover_id = sqlc.arg(rollover_id) AND p.kind = sqlc.arg(kind)
    AND (p.position, p.user_id) > (CAST(sqlc.arg(after_position) AS BIGINT), CAST(sqlc.arg(after_id) AS TEXT))
ORDER BY p.position, p.user_id LIMIT sqlc.arg(max_rows);

-- name: RolloverPeopleAt :many
SELECT user_id FROM rollover_people
WHERE organization_id = sqlc.arg(organization_id) AND rollover_id = sqlc.arg(rollover_id) AND kind = sqlc.arg(kind)
    AND position = sqlc.arg(position)
ORDER BY user_id;

-- name: RolloverComes :many
-- Who is to teach a new class besides those of the old one, of those who are still
-- at home in the school.
SELECT p.user_id, u.given_name, u.family_name, u.user_name, u.state AS user_state, u.organization_id AS home_id,
    CAST(EXISTS (SELECT 1 FROM role_assignments n
        JOIN organizations f ON f.id = n.organization_id AND f.school_id = sqlc.arg(organization_id)
        WHERE n.organization_id = sqlc.arg(new_id) AND n.user_id = p.user_id AND n.roles = 'teacher' AND n.state = 'active') AS BOOLEAN) AS there,
    CAST(EXISTS (SELECT 1 FROM role_assignments o WHERE o.organization_id = sqlc.arg(operators) AND o.user_id = p.user_id
        AND o.role = 'operator' AND o.state = 'active') AS BOOLEAN) AS operator
FROM rollover_people p
JOIN users u ON u.id = p.user_id AND u.organization_id = sqlc.arg(organization_id)
WHERE p.organization_id = sqlc.arg(organization_id) AND p.rollover_id = sqlc.arg(rollover_id) AND p.kind = 'comes'
    AND p.position = sqlc.arg(position)
ORDER BY p.user_id LIMIT sqlc.arg(max_rows);

-- name: CarriedMembers :many
-- Who is in a class and could go along, with the role there and the one in the
-- new class, if any.
SELECT a.user_id, a.roles, COALESCE(u.given_name, '') AS given_name, COALESCE(u.family_name, '') AS family_name,
    COALESCE(u.user_name, '') AS user_name, COALESCE(u.state, '') AS user_state, COALESCE(u.organization_id, '') AS home_id,
    CAST(EXISTS (SELECT 1 FROM role_assignments n
        JOIN organizations f ON f.id = n.organization_id AND f.school_id = sqlc.arg(school_id)
        WHERE n.organization_id = sqlc.arg(new_id) AND n.user_id = a.user_id AND n.roles = a.roles AND n.state = 'active') AS BOOLEAN) AS there,
    CAST(EXISTS (SELECT 1 FROM role_assignments p WHERE p.organization_id = sqlc.arg(operators) AND p.user_id = a.user_id
        AND p.role = 'operator' AND p.state = 'active') AS BOOLEAN) AS operator
FROM role_assignments a
LEFT JOIN users u ON u.id = a.user_id
WHERE a.organization_id = sqlc.arg(organization_id) AND a.state = 'active'
ORDER BY a.role_order, a.sort_name, a.user_id LIMIT sqlc.arg(max_rows);

-- name: CountRecordsOf :one
-- What was done in a classroom but looking at it.
SELECT COUNT(*) FROM audit_records
WHERE organization_id = sqlc.arg(organization_id) AND action NOT IN ('organization.visited', 'look.ended');

-- name: CopySettings :exec
INSERT INTO settings (organization_id, students_see_names, teachers_open_classrooms, changed_us)
SELECT CAST(sqlc.arg(organization_id) AS TEXT), s.students_see_names, s.teachers_open_classrooms, CAST(sqlc.arg(now_us) AS BIGINT)
FROM settings s
JOIN organizations o ON o.id = s.organization_id
WHERE s.organization_id = sqlc.arg(old_id) AND o.school_id = sqlc.arg(school_id)
ON CONFLICT (organization_id) DO NOTHING;

-- name: CopyStudentRules :exec
INSERT INTO student_rules (organization_id, pattern, spelling, words, band, must_change, changed_us)
SELECT CAST(sqlc.arg(organization_id) AS TEXT), s.pattern, s.spelling, s.words, s.band, s.must_change, CAST(sqlc.arg(now_us) AS BIGINT)
FROM student_rules s
JOIN organizations o ON o.id = s.organization_id
WHERE s.organization_id = sqlc.arg(old_id) AND o.school_id = sqlc.arg(school_id)
ON CONFLICT (organization_id) DO NOTHING;

-- name: TeachersOfClassroom :many
-- Of a classroom of the school.
SELECT a.user_id, a.roles, COALESCE(u.given_name, '') AS given_name, COALESCE(u.family_name, '') AS family_name,
    COALESCE(u.user_name, '') AS user_name
FROM role_assignments a
JOIN organizations o ON o.id = a.organization_id AND o.school_id = sqlc.arg(organization_id)
LEFT JOIN users u ON u.id = a.user_id
WHERE a.organization_id = sqlc.arg(classroom_id) AND a.state = 'active' AND a.role_order BETWEEN 2 AND 3
ORDER BY a.role_order, a.sort_name, a.user_id LIMIT sqlc.arg(max_rows);
