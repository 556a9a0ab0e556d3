-- Sessions and the forms that wait for their sender: both belong to a person,
-- and no organization stands behind them.

-- name: Session :one
SELECT * FROM sessions WHERE token_hash = sqlc.arg(token_hash);

-- name: PutSession :execrows
-- A session that was ended is not brought back.
INSERT INTO sessions (token_hash, user_id, sid, sealed, device, address, created_us, seen_us, expires_us)
VALUES (sqlc.arg(token_hash), sqlc.arg(user_id), sqlc.arg(sid), sqlc.arg(sealed), sqlc.arg(device), sqlc.arg(address),
    sqlc.arg(created_us), sqlc.arg(seen_us), sqlc.arg(expires_us))
ON CONFLICT (token_hash) DO UPDATE SET
    user_id = excluded.user_id, sid = excluded.sid, sealed = excluded.sealed,
    device = excluded.device, address = excluded.address,
    created_us = excluded.created_us, seen_us = excluded.seen_us, expires_us = excluded.expires_us
WHERE sessions.ended_us = 0;

-- name: SessionsOfUser :many
-- Those in use since a moment, the last used first.
SELECT * FROM sessions
WHERE user_id = sqlc.arg(user_id) AND user_id <> '' AND ended_us = 0 AND expires_us > sqlc.arg(now_us) AND seen_us >= sqlc.arg(since_us)
ORDER BY seen_us DESC
LIMIT 100;

-- name: EndSession :execrows
UPDATE sessions SET ended_us = sqlc.arg(now_us), sealed = '' WHERE token_hash = sqlc.arg(token_hash) AND ended_us = 0;

-- name: EndSessionsOfUser :execrows
UPDATE sessions SET ended_us = sqlc.arg(now_us), sealed = '' WHERE user_id = sqlc.arg(user_id) AND user_id <> '' AND ended_us = 0;

-- name: EndSessionsOfSID :execrows
UPDATE sessions SET ended_us = sqlc.arg(now_us), sealed = '' WHERE sid = sqlc.arg(sid) AND sid <> '' AND ended_us = 0;

-- name: DeleteExpiredSessions :execrows
DELETE FROM sessions WHERE expires_us <= sqlc.arg(now_us);

-- name: InsertStash :exec
INSERT INTO stashes (token_hash, user_id, sealed, expires_us)
VALUES (sqlc.arg(token_hash), sqlc.arg(user_id), sqlc.arg(sealed), sqlc.arg(expires_us));

-- name: StashByToken :one
SELECT * FROM stashes WHERE token_hash = sqlc.arg(token_hash);

-- name: TakeStash :one
DELETE FROM stashes WHERE token_hash = sqlc.arg(token_hash) RETURNING user_id, sealed, expires_us;

-- name: DeleteExpiredStashes :execrows
DELETE FROM stashes WHERE expires_us <= sqlc.arg(now_us);
