-- Join codes where no organization is opened yet, and requests by person.

-- name: JoinCodeByText :one
SELECT * FROM join_codes WHERE code = sqlc.arg(code) AND ended_us = 0;

-- name: CountWrongTry :exec
INSERT INTO join_tries (hour, wrong) VALUES (sqlc.arg(hour), 1)
ON CONFLICT (hour) DO UPDATE SET wrong = join_tries.wrong + 1;

-- name: WrongTries :one
SELECT CAST(COALESCE(SUM(wrong), 0) AS BIGINT) FROM join_tries WHERE hour >= sqlc.arg(since);

-- name: DeleteOldJoinTries :execrows
DELETE FROM join_tries WHERE hour < sqlc.arg(before);

-- name: DeleteOldJoinCodes :execrows
DELETE FROM join_codes WHERE expires_us <= sqlc.arg(before_us);

-- name: DeleteForgottenRequests :execrows
-- Who asked by a code and was never answered, or never came back to go on.
DELETE FROM join_requests WHERE state IN ('asked', 'joining') AND code_id <> '' AND asked_us <= sqlc.arg(before_us);

-- name: RequestsToAnswer :many
-- How many ask to join each classroom that somebody teaches.
SELECT r.organization_id, COUNT(*) AS waiting
FROM role_assignments a
JOIN join_requests r ON r.organization_id = a.organization_id AND r.state = 'asked'
WHERE a.user_id = sqlc.arg(user_id) AND a.state = 'active' AND a.role_order < 4
GROUP BY r.organization_id;

-- name: RequestsOfUser :many
-- The classrooms somebody asked to join, and waits.
SELECT r.organization_id, r.asked_us, o.name, COALESCE(school.name, '') AS school_name
FROM join_requests r
JOIN organizations o ON o.id = r.organization_id
LEFT JOIN organizations school ON school.id = o.school_id AND o.school_id <> ''
WHERE r.user_id = sqlc.arg(user_id) AND r.state = 'asked' AND r.code_id <> '' AND o.state = 'active'
ORDER BY r.asked_us
LIMIT 20;
