-- What the portal's own chores know of students without e-mail.

-- name: MarkPasswordRules :exec
-- Those that were never read are asked for when a password is made.
UPDATE password_rules SET stale_us = sqlc.arg(now_us) WHERE organization_id = sqlc.arg(home);

-- name: MarkAllPasswordRules :exec
-- The instance's rules hold wherever there are none of one's own.
UPDATE password_rules SET stale_us = sqlc.arg(now_us) WHERE stale_us = 0;

-- name: StalePasswordRules :many
SELECT p.organization_id, p.stale_us FROM password_rules p
JOIN organizations o ON o.id = p.organization_id
WHERE p.stale_us <> 0 AND o.state = 'active'
ORDER BY p.stale_us
LIMIT sqlc.arg(most);

-- name: DropOldFirstSecrets :exec
DELETE FROM first_secrets WHERE kept_us < sqlc.arg(before_us);

-- name: DropOldCardSheetItems :exec
DELETE FROM card_sheet_items WHERE (organization_id, sheet_id) IN (
    SELECT s.organization_id, s.id FROM card_sheets s WHERE s.expires_us < sqlc.arg(now_us)
);

-- name: DropOldCardSheets :exec
DELETE FROM card_sheets WHERE expires_us < sqlc.arg(now_us);
