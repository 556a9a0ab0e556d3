-- Badges of a school's students: the school's own rows.

-- name: BadgeRules :one
SELECT * FROM badge_rules WHERE organization_id = sqlc.arg(organization_id);

-- name: PutBadgeRules :exec
INSERT INTO badge_rules (organization_id, state, kind, weekdays, from_minute, until_minute, zone, networks, uses, days, provider_id, changed_us)
VALUES (sqlc.arg(organization_id), sqlc.arg(state), sqlc.arg(kind), sqlc.arg(weekdays), sqlc.arg(from_minute),
    sqlc.arg(until_minute), sqlc.arg(zone), sqlc.arg(networks), sqlc.arg(uses), sqlc.arg(days), sqlc.arg(provider_id), sqlc.arg(now_us))
ON CONFLICT (organization_id) DO UPDATE SET state = excluded.state, kind = excluded.kind, weekdays = excluded.weekdays,
    from_minute = excluded.from_minute, until_minute = excluded.until_minute, zone = excluded.zone, networks = excluded.networks,
    uses = excluded.uses, days = excluded.days, provider_id = excluded.provider_id, changed_us = excluded.changed_us;

-- name: SetBadgeState :exec
UPDATE badge_rules SET state = sqlc.arg(state), provider_id = sqlc.arg(provider_id), changed_us = sqlc.arg(now_us)
WHERE organization_id = sqlc.arg(organization_id);

-- name: BadgeStudent :one
-- Somebody at home in the school: whether they hold any other role than student
-- anywhere, in use or not, and whether they learn in one of its classrooms that is in use.
SELECT u.id, u.given_name, u.family_name, u.user_name, u.state,
    EXISTS (SELECT 1 FROM role_assignments WHERE user_id = u.id AND role <> 'student') AS staff,
    EXISTS (
        SELECT 1 FROM role_assignments a JOIN organizations o ON a.organization_id = o.id
        WHERE a.user_id = u.id AND a.role = 'student' AND a.state = 'active'
            AND o.school_id = u.organization_id AND o.state = 'active'
    ) AS learns
FROM users u
WHERE u.organization_id = sqlc.arg(organization_id) AND u.id = sqlc.arg(user_id);

-- name: StudentOfClassroom :one
SELECT u.organization_id AS home_id FROM role_assignments a JOIN users u ON u.id = a.user_id
WHERE a.organization_id = sqlc.arg(organization_id) AND a.user_id = sqlc.arg(user_id) AND a.role = 'student';

-- name: BadgeLink :one
SELECT * FROM badge_links WHERE organization_id = sqlc.arg(organization_id) AND user_id = sqlc.arg(user_id);

-- name: PutBadgeLink :exec
INSERT INTO badge_links (organization_id, user_id, provider_id, external_id)
VALUES (sqlc.arg(organization_id), sqlc.arg(user_id), sqlc.arg(provider_id), sqlc.arg(external_id))
ON CONFLICT (organization_id, user_id) DO UPDATE SET provider_id = excluded.provider_id, external_id = excluded.external_id, linked_us = 0;

-- name: BadgeLinked :exec
UPDATE badge_links SET linked_us = sqlc.arg(now_us)
WHERE organization_id = sqlc.arg(organization_id) AND user_id = sqlc.arg(user_id) AND provider_id = sqlc.arg(provider_id);

-- name: InsertBadge :exec
INSERT INTO badges (organization_id, id, user_id, token_hash, kind, made_us, maker_id, maker_name)
VALUES (sqlc.arg(organization_id), sqlc.arg(id), sqlc.arg(user_id), sqlc.arg(token_hash), sqlc.arg(kind), sqlc.arg(now_us),
    sqlc.arg(maker_id), sqlc.arg(maker_name));

-- name: BadgeInUse :one
SELECT * FROM badges WHERE organization_id = sqlc.arg(organization_id) AND user_id = sqlc.arg(user_id) AND void_us = 0;

-- name: BadgeOf :one
SELECT * FROM badges WHERE organization_id = sqlc.arg(organization_id) AND id = sqlc.arg(id);

-- name: VoidBadge :execrows
UPDATE badges SET void_us = sqlc.arg(now_us), void_why = sqlc.arg(why), reserved_by = '', reserved_us = 0
WHERE organization_id = sqlc.arg(organization_id) AND id = sqlc.arg(id) AND void_us = 0;

-- name: VoidBadgesOfClassroom :execrows
-- Of its students who are at home in the school.
UPDATE badges SET void_us = sqlc.arg(now_us), void_why = sqlc.arg(why), reserved_by = '', reserved_us = 0
WHERE badges.organization_id = sqlc.arg(school_id) AND badges.void_us = 0 AND badges.user_id IN (
    SELECT a.user_id FROM role_assignments a WHERE a.organization_id = sqlc.arg(organization_id) AND a.role_order = 4
);

-- name: VoidBadgesOfSchool :execrows
UPDATE badges SET void_us = sqlc.arg(now_us), void_why = sqlc.arg(why), reserved_by = '', reserved_us = 0
WHERE organization_id = sqlc.arg(organization_id) AND void_us = 0;

-- name: BadgesOfClassroom :many
-- The students of a classroom with the badge that each has in use, if any. Somebody
-- at home elsewhere is among them and has none.
SELECT u.id, u.organization_id AS home_id, u.given_name, u.family_name, u.user_name, u.address, u.state, a.sort_name, a.state AS assignment_state,
    COALESCE(b.id, '') AS badge_id, COALESCE(b.kind, '') AS kind, COALESCE(b.made_us, 0) AS made_us,
    COALESCE(b.maker_name, '') AS maker_name, COALESCE(b.uses, 0) AS uses, COALESCE(b.used_us, 0) AS used_us,
    COALESCE(b.used_address, '') AS used_address, COALESCE(b.used_device, '') AS used_device,
    EXISTS (SELECT 1 FROM role_assignments WHERE user_id = u.id AND role <> 'student') AS staff
FROM role_assignments a
JOIN users u ON u.id = a.user_id
LEFT JOIN badges b ON b.organization_id = sqlc.arg(school_id) AND b.user_id = a.user_id AND b.void_us = 0
WHERE a.organization_id = sqlc.arg(organization_id) AND a.role_order = 4
ORDER BY a.sort_name, a.user_id
LIMIT sqlc.arg(most);

-- name: CountBadges :one
SELECT COUNT(*) FROM badges WHERE organization_id = sqlc.arg(organization_id) AND void_us = 0;

-- name: CountBadgeSignIns :one
SELECT COUNT(*) AS tried, CAST(COALESCE(SUM(CASE WHEN finished_us <> 0 THEN 1 ELSE 0 END), 0) AS BIGINT) AS finished,
    CAST(COALESCE(SUM(CASE WHEN refused <> '' THEN 1 ELSE 0 END), 0) AS BIGINT) AS refused
FROM badge_sign_ins WHERE organization_id = sqlc.arg(organization_id) AND begun_us >= sqlc.arg(since_us);

-- name: LastBadgeSignIns :many
SELECT i.id, i.badge_id, i.user_id, i.begun_us, i.answered_us, i.finished_us, i.refused, i.address, i.device,
    COALESCE(u.given_name, '') AS given_name, COALESCE(u.family_name, '') AS family_name, COALESCE(u.user_name, '') AS user_name
FROM badge_sign_ins i
LEFT JOIN users u ON u.id = i.user_id AND u.organization_id = i.organization_id
WHERE i.organization_id = sqlc.arg(organization_id)
ORDER BY i.begun_us DESC
LIMIT sqlc.arg(most);

-- name: InsertBadgeSignIn :exec
INSERT INTO badge_sign_ins (organization_id, id, badge_id, user_id, begun_us, refused, address, device)
VALUES (sqlc.arg(organization_id), sqlc.arg(id), sqlc.arg(badge_id), sqlc.arg(user_id), sqlc.arg(now_us), sqlc.arg(refused),
    sqlc.arg(address), sqlc.arg(device));

-- name: BadgeRefusedSince :one
SELECT COUNT(*) FROM badge_sign_ins
WHERE organization_id = sqlc.arg(organization_id) AND badge_id = sqlc.arg(badge_id) AND begun_us >= sqlc.arg(since_us)
    AND refused = sqlc.arg(refused);

-- name: ReserveBadge :execrows
-- Another sign-in that holds it lets go of it after a while.
UPDATE badges SET reserved_by = sqlc.arg(sign_in), reserved_browser = sqlc.arg(browser), reserved_us = sqlc.arg(now_us)
WHERE organization_id = sqlc.arg(organization_id) AND id = sqlc.arg(id) AND void_us = 0
    AND (reserved_by = '' OR reserved_browser = sqlc.arg(browser) OR reserved_us < sqlc.arg(stale_us));

-- name: ReleaseBadge :execrows
UPDATE badges SET reserved_by = '', reserved_us = 0
WHERE organization_id = sqlc.arg(organization_id) AND id = sqlc.arg(id) AND reserved_by = CAST(sqlc.arg(sign_in) AS TEXT) AND reserved_by <> '';

-- name: UseBadge :execrows
UPDATE badges SET uses = uses + 1, used_us = sqlc.arg(now_us), used_address = sqlc.arg(address), used_device = sqlc.arg(device),
    reserved_by = '', reserved_us = 0
WHERE organization_id = sqlc.arg(organization_id) AND id = sqlc.arg(id) AND void_us = 0
    AND (CAST(sqlc.arg(held) AS BOOLEAN) = FALSE OR reserved_by = CAST(sqlc.arg(sign_in) AS TEXT))
    AND (CAST(sqlc.arg(max_uses) AS BIGINT) = 0 OR uses < CAST(sqlc.arg(max_uses) AS BIGINT));

-- name: SendBadgeSignIn :execrows
-- Bound to one OpenID Connect request, once.
UPDATE badge_sign_ins SET state_hash = sqlc.arg(state_hash)
WHERE organization_id = sqlc.arg(organization_id) AND id = sqlc.arg(id) AND state_hash = '' AND refused = ''
    AND begun_us >= sqlc.arg(since_us);

-- name: AnswerBadgeSignIn :execrows
UPDATE badge_sign_ins SET answered_us = sqlc.arg(now_us)
WHERE organization_id = sqlc.arg(organization_id) AND id = sqlc.arg(id) AND state_hash <> '' AND answered_us = 0
    AND refused = '' AND begun_us >= sqlc.arg(since_us);

-- name: FinishBadgeSignIn :execrows
UPDATE badge_sign_ins SET finished_us = sqlc.arg(now_us), ends_us = sqlc.arg(ends_us)
WHERE organization_id = sqlc.arg(organization_id) AND id = sqlc.arg(id) AND state_hash = CAST(sqlc.arg(state_hash) AS TEXT)
    AND state_hash <> '' AND answered_us <> 0 AND finished_us = 0 AND refused = '';

-- name: RefuseBadgeSignIn :execrows
UPDATE badge_sign_ins SET refused = sqlc.arg(refused)
WHERE organization_id = sqlc.arg(organization_id) AND id = sqlc.arg(id) AND finished_us = 0 AND refused = '';

-- name: EndBadgeSessionsOfSchool :execrows
-- Of badges that are used up, too.
UPDATE sessions SET ended_us = sqlc.arg(now_us), sealed = ''
WHERE badge_id <> '' AND ended_us = 0 AND user_id IN (
    SELECT b.user_id FROM badges b WHERE b.organization_id = sqlc.arg(organization_id)
);

-- name: EndBadgeSessionsOfClassroom :execrows
-- As EndBadgeSessionsOfSchool.
UPDATE sessions SET ended_us = sqlc.arg(now_us), sealed = ''
WHERE badge_id <> '' AND ended_us = 0 AND user_id IN (
    SELECT b.user_id FROM role_assignments a
    JOIN badges b ON b.organization_id = sqlc.arg(school_id) AND b.user_id = a.user_id
    WHERE a.organization_id = sqlc.arg(organization_id) AND a.role_order = 4
);
