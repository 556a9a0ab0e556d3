-- Badges where no organization is opened yet: who holds one comes to a door
-- without being signed in.

-- name: BadgeByToken :one
SELECT organization_id, id FROM badges WHERE token_hash = sqlc.arg(token_hash);

-- name: BadgeSignIn :one
SELECT * FROM badge_sign_ins WHERE id = sqlc.arg(id);

-- name: BadgeSignInsAround :many
-- Those of somebody for which Zitadel was given a token at about a moment.
SELECT * FROM badge_sign_ins
WHERE user_id = sqlc.arg(user_id) AND answered_us <> 0 AND answered_us BETWEEN sqlc.arg(from_us) AND sqlc.arg(until_us)
ORDER BY answered_us DESC
LIMIT 10;

-- name: DeleteBadgesOfUser :exec
DELETE FROM badges WHERE organization_id = sqlc.arg(home) AND user_id = sqlc.arg(user_id);

-- name: DeleteBadgeLinksOfUser :exec
DELETE FROM badge_links WHERE organization_id = sqlc.arg(home) AND user_id = sqlc.arg(user_id);

-- name: DeleteBadgeSignInsOfUser :exec
DELETE FROM badge_sign_ins WHERE user_id = sqlc.arg(user_id);

-- name: DeleteOldBadgeSignIns :execrows
DELETE FROM badge_sign_ins WHERE begun_us < sqlc.arg(before_us);

-- name: DeleteOldBadges :execrows
DELETE FROM badges WHERE void_us <> 0 AND void_us < sqlc.arg(before_us);

-- name: EndSessionsOfBadge :execrows
UPDATE sessions SET ended_us = sqlc.arg(now_us), sealed = ''
WHERE user_id = sqlc.arg(user_id) AND user_id <> '' AND badge_id = sqlc.arg(badge_id) AND badge_id <> '' AND ended_us = 0;

-- name: EndingBadges :many
SELECT b.organization_id FROM badge_rules b
JOIN organizations o ON o.id = b.organization_id
WHERE b.state = 'ending' AND b.changed_us > 0 AND o.state = 'active'
ORDER BY b.changed_us
LIMIT sqlc.arg(most);

-- name: SchoolsWithBadges :one
SELECT COUNT(*) FROM badge_rules WHERE state = 'on';
