-- Students without e-mail: how their accounts are made, their first secrets, and
-- sheets of login cards.

-- name: StudentRules :one
SELECT * FROM student_rules WHERE organization_id = sqlc.arg(organization_id);

-- name: PutStudentRules :exec
INSERT INTO student_rules (organization_id, pattern, spelling, words, band, must_change, changed_us)
VALUES (sqlc.arg(organization_id), sqlc.arg(pattern), sqlc.arg(spelling), sqlc.arg(words), sqlc.arg(band),
    sqlc.arg(must_change), sqlc.arg(now_us))
ON CONFLICT (organization_id) DO UPDATE SET pattern = excluded.pattern, spelling = excluded.spelling,
    words = excluded.words, band = excluded.band, must_change = excluded.must_change, changed_us = excluded.changed_us;

-- name: DeleteStudentRules :exec
DELETE FROM student_rules WHERE organization_id = sqlc.arg(organization_id);

-- name: ClassroomBands :many
-- The classrooms of a school whose first secrets have a length of their own.
SELECT o.id, r.band
FROM organizations o JOIN student_rules r ON r.organization_id = o.id
WHERE o.school_id = sqlc.arg(organization_id) AND r.band <> '';

-- name: PasswordRules :one
SELECT * FROM password_rules WHERE organization_id = sqlc.arg(organization_id);

-- name: PutPasswordRules :exec
INSERT INTO password_rules (organization_id, rules, read_us)
VALUES (sqlc.arg(organization_id), sqlc.arg(rules), sqlc.arg(now_us))
ON CONFLICT (organization_id) DO UPDATE SET rules = excluded.rules, read_us = excluded.read_us,
    stale_us = CASE WHEN password_rules.stale_us > sqlc.arg(asked_us) THEN password_rules.stale_us ELSE 0 END;

-- name: KeepFirstSecret :exec
INSERT INTO first_secrets (organization_id, user_id, sealed, kept_us)
VALUES (sqlc.arg(organization_id), sqlc.arg(user_id), sqlc.arg(sealed), sqlc.arg(now_us))
ON CONFLICT (organization_id, user_id) DO UPDATE SET sealed = excluded.sealed, kept_us = excluded.kept_us;

-- name: DropFirstSecret :exec
DELETE FROM first_secrets WHERE organization_id = sqlc.arg(organization_id) AND user_id = sqlc.arg(user_id);

-- name: FirstSecret :one
SELECT * FROM first_secrets WHERE organization_id = sqlc.arg(organization_id) AND user_id = sqlc.arg(user_id);

-- name: ClassStudents :many
-- The students of a classroom, with what decides whether they get a card.
SELECT a.user_id, COALESCE(u.organization_id, '') AS home,
    COALESCE(u.user_name, '') AS user_name, COALESCE(u.given_name, '') AS given_name,
    COALESCE(u.family_name, '') AS family_name, COALESCE(u.address, '') AS address,
    COALESCE(u.state, '') AS user_state, COALESCE(u.last_seen_us, 0) AS seen_us,
    CAST(COALESCE((SELECT kept_us FROM first_secrets WHERE organization_id = u.organization_id AND user_id = u.id), 0) AS BIGINT) AS kept_us,
    EXISTS (SELECT 1 FROM role_assignments WHERE user_id = u.id AND state = 'active' AND role <> 'student') AS higher
FROM role_assignments a
LEFT JOIN users u ON u.id = a.user_id
WHERE a.organization_id = sqlc.arg(organization_id) AND a.role_order = 4
ORDER BY a.sort_name, a.user_id
LIMIT sqlc.arg(most);

-- name: SchoolStudent :one
-- Somebody at home in a school or in one of its classrooms, with a classroom
-- they are a student of.
SELECT u.id AS user_id, u.organization_id AS home, u.user_name, u.given_name, u.family_name, u.address,
    u.state AS user_state, u.last_seen_us AS seen_us,
    CAST(COALESCE((SELECT kept_us FROM first_secrets WHERE organization_id = u.organization_id AND user_id = u.id), 0) AS BIGINT) AS kept_us,
    EXISTS (SELECT 1 FROM role_assignments WHERE user_id = u.id AND state = 'active' AND role <> 'student') AS higher,
    CAST(COALESCE((SELECT MIN(o.id) FROM role_assignments a JOIN organizations o ON a.organization_id = o.id
        WHERE a.user_id = u.id AND a.state = 'active' AND o.school_id = sqlc.arg(organization_id) AND o.state = 'active'), '') AS TEXT) AS classroom_id
FROM users u
LEFT JOIN organizations h ON h.id = u.organization_id
WHERE u.id = sqlc.arg(user_id) AND (h.id = sqlc.arg(organization_id) OR h.school_id = sqlc.arg(organization_id));

-- name: AddCardSheet :exec
INSERT INTO card_sheets (organization_id, id, actor_id, made_us, expires_us)
VALUES (sqlc.arg(organization_id), sqlc.arg(id), sqlc.arg(actor_id), sqlc.arg(now_us), sqlc.arg(expires_us));

-- name: AddCardSheetItem :exec
INSERT INTO card_sheet_items (organization_id, sheet_id, position, user_id, classroom_id, sealed, why)
VALUES (sqlc.arg(organization_id), sqlc.arg(sheet_id), sqlc.arg(position), sqlc.arg(user_id), sqlc.arg(classroom_id),
    sqlc.arg(sealed), sqlc.arg(why));

-- name: CardSheet :one
SELECT * FROM card_sheets
WHERE organization_id = sqlc.arg(organization_id) AND id = sqlc.arg(id) AND actor_id = sqlc.arg(actor_id)
    AND expires_us > sqlc.arg(now_us);

-- name: CardSheetItems :many
-- Who has left since is not on it any more.
SELECT i.position, i.user_id, i.sealed, i.why, u.organization_id AS home, u.user_name, u.given_name, u.family_name,
    COALESCE(c.name, '') AS classroom,
    CAST(COALESCE((SELECT sealed FROM first_secrets WHERE organization_id = u.organization_id AND user_id = u.id), '') AS TEXT) AS secret_sealed,
    EXISTS (SELECT 1 FROM role_assignments WHERE user_id = u.id AND state = 'active' AND role <> 'student') AS higher
FROM card_sheet_items i
JOIN users u ON u.id = i.user_id
LEFT JOIN organizations h ON h.id = u.organization_id
LEFT JOIN organizations c ON c.id = i.classroom_id
WHERE i.organization_id = sqlc.arg(organization_id) AND i.sheet_id = sqlc.arg(sheet_id)
    AND (h.id = sqlc.arg(organization_id) OR h.school_id = sqlc.arg(organization_id)
        OR EXISTS (SELECT 1 FROM role_assignments WHERE organization_id = sqlc.arg(organization_id) AND user_id = u.id))
ORDER BY i.position;
