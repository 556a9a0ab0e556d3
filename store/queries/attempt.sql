-- Ways through the connections of an opened school.

-- name: InsertAttempt :exec
INSERT INTO attempts (organization_id, id, connection_id, kind, state, findings, received, user_id,
    intent_id, browser_hash, next_path, return_path, started_us, finished_us)
VALUES (sqlc.arg(organization_id), sqlc.arg(id), sqlc.arg(connection_id), sqlc.arg(kind), sqlc.arg(state), sqlc.arg(findings),
    sqlc.arg(received), sqlc.arg(user_id), sqlc.arg(intent_id), sqlc.arg(browser_hash), sqlc.arg(next_path), sqlc.arg(return_path),
    sqlc.arg(started_us), sqlc.arg(finished_us));

-- name: FinishAttempt :execrows
-- Once.
UPDATE attempts SET state = sqlc.arg(state), findings = sqlc.arg(findings), received = sqlc.arg(received),
    user_id = sqlc.arg(user_id), finished_us = sqlc.arg(now_us), browser_hash = '', next_path = '', return_path = ''
WHERE organization_id = sqlc.arg(organization_id) AND id = sqlc.arg(id) AND state = 'begun';

-- name: Attempt :one
SELECT * FROM attempts WHERE organization_id = sqlc.arg(organization_id) AND id = sqlc.arg(id);

-- name: Attempts :many
-- Newest first, strictly before one. An empty filter lets everything through.
SELECT * FROM attempts
WHERE organization_id = sqlc.arg(organization_id)
    AND (started_us, id) < (CAST(sqlc.arg(before_us) AS BIGINT), CAST(sqlc.arg(before_id) AS TEXT))
    AND (CAST(sqlc.arg(kind) AS TEXT) = '' OR kind = CAST(sqlc.arg(kind) AS TEXT))
    AND (CAST(sqlc.arg(state) AS TEXT) = '' OR state = CAST(sqlc.arg(state) AS TEXT))
ORDER BY started_us DESC, id DESC
LIMIT sqlc.arg(max_rows);

-- name: AttemptsOfConnection :many
SELECT * FROM attempts
WHERE organization_id = sqlc.arg(organization_id) AND connection_id = sqlc.arg(connection_id)
    AND (started_us, id) < (CAST(sqlc.arg(before_us) AS BIGINT), CAST(sqlc.arg(before_id) AS TEXT))
    AND (CAST(sqlc.arg(kind) AS TEXT) = '' OR kind = CAST(sqlc.arg(kind) AS TEXT))
    AND (CAST(sqlc.arg(state) AS TEXT) = '' OR state = CAST(sqlc.arg(state) AS TEXT))
ORDER BY started_us DESC, id DESC
LIMIT sqlc.arg(max_rows);

-- name: FailedAttempts :many
-- They are few among those that passed, and have an index of their own.
SELECT * FROM attempts
WHERE organization_id = sqlc.arg(organization_id) AND state = 'failed'
    AND (started_us, id) < (CAST(sqlc.arg(before_us) AS BIGINT), CAST(sqlc.arg(before_id) AS TEXT))
    AND (CAST(sqlc.arg(connection_id) AS TEXT) = '' OR connection_id = CAST(sqlc.arg(connection_id) AS TEXT))
    AND (CAST(sqlc.arg(kind) AS TEXT) = '' OR kind = CAST(sqlc.arg(kind) AS TEXT))
ORDER BY started_us DESC, id DESC
LIMIT sqlc.arg(max_rows);

-- name: SetupAttempts :many
-- Those made while it is set up, which are few among real sign-ins.
SELECT * FROM attempts
WHERE organization_id = sqlc.arg(organization_id) AND kind <> 'sign-in' AND kind = CAST(sqlc.arg(kind) AS TEXT)
    AND (started_us, id) < (CAST(sqlc.arg(before_us) AS BIGINT), CAST(sqlc.arg(before_id) AS TEXT))
    AND (CAST(sqlc.arg(connection_id) AS TEXT) = '' OR connection_id = CAST(sqlc.arg(connection_id) AS TEXT))
    AND (CAST(sqlc.arg(state) AS TEXT) = '' OR state = CAST(sqlc.arg(state) AS TEXT))
ORDER BY started_us DESC, id DESC
LIMIT sqlc.arg(max_rows);

-- name: DeleteAttemptsOf :exec
DELETE FROM attempts WHERE organization_id = sqlc.arg(organization_id) AND connection_id = sqlc.arg(connection_id);

-- name: ConnectionPassed :exec
UPDATE connections SET last_success_us = sqlc.arg(now_us)
WHERE organization_id = sqlc.arg(organization_id) AND id = sqlc.arg(id);

-- name: ConnectionFailed :exec
UPDATE connections SET last_failure_us = sqlc.arg(now_us)
WHERE organization_id = sqlc.arg(organization_id) AND id = sqlc.arg(id);

-- name: ConnectionTested :exec
-- Unless the identity provider is another one since the test began.
UPDATE connections SET tested_us = sqlc.arg(now_us), state = CASE WHEN state = 'draft' THEN 'tested' ELSE state END
WHERE organization_id = sqlc.arg(organization_id) AND id = sqlc.arg(id) AND changed_us <= sqlc.arg(started_us);

-- name: CountSignIn :exec
INSERT INTO connection_days (organization_id, connection_id, day, cause, attempts)
VALUES (sqlc.arg(organization_id), sqlc.arg(connection_id), sqlc.arg(day), sqlc.arg(cause), 1)
ON CONFLICT (organization_id, connection_id, day, cause) DO UPDATE SET attempts = connection_days.attempts + 1;

-- name: SignInCounts :many
SELECT connection_id, cause, CAST(SUM(attempts) AS BIGINT) AS attempts FROM connection_days
WHERE organization_id = sqlc.arg(organization_id) AND day >= sqlc.arg(since_day)
GROUP BY connection_id, cause;

-- name: DeleteSignInCounts :exec
DELETE FROM connection_days WHERE organization_id = sqlc.arg(organization_id) AND connection_id = sqlc.arg(connection_id);
