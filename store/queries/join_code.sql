-- The join codes of an opened classroom, and who asks to join by one.

-- name: LiveJoinCode :one
SELECT * FROM join_codes WHERE organization_id = sqlc.arg(organization_id) AND ended_us = 0;

-- name: JoinCode :one
SELECT * FROM join_codes WHERE organization_id = sqlc.arg(organization_id) AND id = sqlc.arg(id);

-- name: PutJoinCode :exec
INSERT INTO join_codes (organization_id, id, code, approval, seats, domains, made_us, expires_us)
VALUES (sqlc.arg(organization_id), sqlc.arg(id), sqlc.arg(code), sqlc.arg(approval), sqlc.arg(seats), sqlc.arg(domains),
    sqlc.arg(now_us), sqlc.arg(expires_us));

-- name: ChangeJoinCode :execrows
UPDATE join_codes SET approval = sqlc.arg(approval), seats = sqlc.arg(seats), domains = sqlc.arg(domains),
    expires_us = sqlc.arg(expires_us)
WHERE organization_id = sqlc.arg(organization_id) AND id = sqlc.arg(id) AND ended_us = 0;

-- name: EndJoinCode :execrows
UPDATE join_codes SET ended_us = sqlc.arg(now_us),
    expires_us = CASE WHEN expires_us < sqlc.arg(now_us) THEN expires_us ELSE sqlc.arg(now_us) END
WHERE organization_id = sqlc.arg(organization_id) AND ended_us = 0;

-- name: TakeSeat :execrows
-- Of two who ask for the last one, one gets it.
UPDATE join_codes SET taken = taken + 1
WHERE organization_id = sqlc.arg(organization_id) AND id = sqlc.arg(id) AND taken < seats;

-- name: ReturnSeat :exec
UPDATE join_codes SET taken = taken - 1
WHERE organization_id = sqlc.arg(organization_id) AND id = sqlc.arg(id) AND taken > 0;

-- name: RequestOf :one
SELECT * FROM join_requests WHERE organization_id = sqlc.arg(organization_id) AND user_id = sqlc.arg(user_id);

-- name: PutRequest :exec
INSERT INTO join_requests (organization_id, user_id, state, name, address, domain, role, asked_us, code_id, verified)
VALUES (sqlc.arg(organization_id), sqlc.arg(user_id), sqlc.arg(state), sqlc.arg(name), sqlc.arg(address), sqlc.arg(domain),
    sqlc.arg(role), sqlc.arg(now_us), sqlc.arg(code_id), sqlc.arg(verified))
ON CONFLICT (organization_id, user_id) DO UPDATE SET state = excluded.state, name = excluded.name,
    address = excluded.address, domain = excluded.domain, role = excluded.role, asked_us = excluded.asked_us,
    code_id = excluded.code_id, verified = excluded.verified, decided_us = 0, seated = FALSE;

-- name: SetRequestState :exec
UPDATE join_requests SET state = sqlc.arg(state), decided_us = sqlc.arg(decided_us), seated = sqlc.arg(seated)
WHERE organization_id = sqlc.arg(organization_id) AND user_id = sqlc.arg(user_id);

-- name: DeleteRequest :execrows
DELETE FROM join_requests
WHERE organization_id = sqlc.arg(organization_id) AND user_id = sqlc.arg(user_id) AND state = sqlc.arg(state);

-- name: ClassRequests :many
-- The longest waiting ones, with where they are at home and what they hold here.
SELECT sqlc.embed(r), COALESCE(u.organization_id, '') AS home_id, COALESCE(u.user_name, '') AS user_name,
    COALESCE(h.name, '') AS home_name, COALESCE(a.state, '') AS member_state
FROM join_requests r
LEFT JOIN users u ON u.id = r.user_id
LEFT JOIN organizations h ON h.id = u.organization_id
LEFT JOIN role_assignments a ON a.organization_id = sqlc.arg(organization_id) AND a.user_id = r.user_id
WHERE r.organization_id = sqlc.arg(organization_id) AND r.state = 'asked'
ORDER BY r.asked_us, r.user_id
LIMIT 100;

-- name: BlockedRequests :many
SELECT * FROM join_requests
WHERE organization_id = sqlc.arg(organization_id) AND state = 'blocked'
ORDER BY decided_us, user_id
LIMIT 100;

-- name: SentAway :one
-- Whether somebody was ever taken out of the classroom by another person.
SELECT COUNT(*) FROM audit_records
WHERE organization_id = sqlc.arg(organization_id) AND target = sqlc.arg(user_id) AND action = 'role.removed'
    AND outcome <> 'failed';

-- name: Lesson :many
-- The students of a classroom with all that tells whether they can work. What is
-- seen at the portal is of people at home here alone: where a guest works is not
-- for the class to see.
SELECT a.user_id, a.state, COALESCE(u.organization_id, '') AS home, COALESCE(u.user_name, '') AS user_name,
    COALESCE(u.given_name, '') AS given_name, COALESCE(u.family_name, '') AS family_name,
    COALESCE(u.address, '') AS address, COALESCE(u.state, '') AS user_state,
    COALESCE(u.last_seen_us, 0) AS seen_us,
    CAST(CASE WHEN u.organization_id = sqlc.arg(organization_id) OR u.organization_id = sqlc.arg(school_id) THEN
        COALESCE((SELECT MAX(s.seen_us) FROM sessions s WHERE s.user_id = a.user_id AND s.user_id <> ''), 0)
    ELSE 0 END AS BIGINT) AS active_us
FROM role_assignments a
LEFT JOIN users u ON u.id = a.user_id
WHERE a.organization_id = sqlc.arg(organization_id) AND a.role_order = 4
ORDER BY a.sort_name, a.user_id
LIMIT 500;
