-- What of lists nothing opened reaches.

-- name: DeleteOldSelections :execrows
DELETE FROM list_selections WHERE chosen_us < sqlc.arg(before_us);

-- name: OwnGuardians :many
-- Contacts of the person who is signed in, for themselves.
SELECT * FROM guardians WHERE user_id = sqlc.arg(user_id) ORDER BY position, id;
