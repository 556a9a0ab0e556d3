-- name: InsertInvitation :exec
INSERT INTO invitations (
    organization_id, id, token_hash, handed_hash, token_sealed, address, address_key, given_name, family_name, search_words,
    role, message, language, inviter_id, inviter_name, by_installation, state, mail, created_us, expires_us
) VALUES (
    sqlc.arg(organization_id), sqlc.arg(id), sqlc.arg(token_hash), sqlc.arg(handed_hash), sqlc.arg(token_sealed), sqlc.arg(address), sqlc.arg(address_key),
    sqlc.arg(given_name), sqlc.arg(family_name), sqlc.arg(search_words), sqlc.arg(role), sqlc.arg(message), sqlc.arg(language),
    sqlc.arg(inviter_id), sqlc.arg(inviter_name), sqlc.arg(by_installation), sqlc.arg(state), sqlc.arg(mail),
    sqlc.arg(created_us), sqlc.arg(expires_us)
);

-- name: Invitation :one
SELECT * FROM invitations WHERE organization_id = sqlc.arg(organization_id) AND id = sqlc.arg(id);

-- name: WaitingInvitationTo :one
-- How many invitations to an address wait.
SELECT COUNT(*) FROM invitations
WHERE address_key = sqlc.arg(address_key) AND organization_id = sqlc.arg(organization_id)
    AND state IN ('pending', 'opened') AND expires_us > sqlc.arg(now_us);

-- name: Invitations :many
-- Newest first, strictly before an invitation. "expired" is a waiting one whose
-- time is over; an empty state is all of them.
SELECT * FROM invitations
WHERE organization_id = sqlc.arg(organization_id) AND (created_us, id) < (CAST(sqlc.arg(before_us) AS BIGINT), CAST(sqlc.arg(before_id) AS TEXT))
    AND (CAST(sqlc.arg(state) AS TEXT) = ''
        OR (state IN ('pending', 'opened') AND expires_us > sqlc.arg(now_us) AND state = CAST(sqlc.arg(state) AS TEXT))
        OR (state IN ('pending', 'opened') AND expires_us <= sqlc.arg(now_us) AND CAST(sqlc.arg(state) AS TEXT) = 'expired')
        OR (state NOT IN ('pending', 'opened') AND state = CAST(sqlc.arg(state) AS TEXT)))
    AND search_words LIKE sqlc.arg(pattern)
ORDER BY created_us DESC, id DESC
LIMIT sqlc.arg(max_rows);

-- name: CountInvitations :many
SELECT CAST(CASE WHEN state IN ('pending', 'opened') AND expires_us <= sqlc.arg(now_us) THEN 'expired' ELSE state END AS TEXT) AS shown_state,
    COUNT(*) AS invitations
FROM invitations
WHERE organization_id = sqlc.arg(organization_id)
GROUP BY 1;

-- name: InvitationsToRemind :many
SELECT * FROM invitations
WHERE organization_id = sqlc.arg(organization_id) AND state IN ('pending', 'opened') AND expires_us > sqlc.arg(now_us)
    AND mail <> 'queued' AND accepted_by = '' AND sent_us <= sqlc.arg(sent_before_us)
ORDER BY created_us, id;

-- name: RequeueInvitation :execrows
UPDATE invitations SET mail = 'queued', mail_error = '', expires_us = sqlc.arg(expires_us),
    inviter_id = sqlc.arg(inviter_id), inviter_name = sqlc.arg(inviter_name)
WHERE organization_id = sqlc.arg(organization_id) AND id = sqlc.arg(id) AND state IN ('pending', 'opened');

-- name: RevokeInvitation :execrows
UPDATE invitations SET state = 'revoked', revoked_us = sqlc.arg(now_us), accepted_by = ''
WHERE organization_id = sqlc.arg(organization_id) AND id = sqlc.arg(id) AND state IN ('pending', 'opened');

-- name: OpenedInvitation :execrows
UPDATE invitations SET state = 'opened', opened_us = sqlc.arg(now_us)
WHERE organization_id = sqlc.arg(organization_id) AND id = sqlc.arg(id) AND state = 'pending';

-- name: ClaimInvitation :execrows
UPDATE invitations SET state = 'opened', accepted_by = sqlc.arg(user_id),
    opened_us = CASE WHEN opened_us = 0 THEN sqlc.arg(now_us) ELSE opened_us END
WHERE organization_id = sqlc.arg(organization_id) AND id = sqlc.arg(id) AND state IN ('pending', 'opened')
    AND (accepted_by = '' OR accepted_by = sqlc.arg(user_id));

-- name: ReleaseInvitation :execrows
UPDATE invitations SET accepted_by = ''
WHERE organization_id = sqlc.arg(organization_id) AND id = sqlc.arg(id) AND state IN ('pending', 'opened')
    AND accepted_by = sqlc.arg(user_id);

-- name: AcceptInvitation :execrows
UPDATE invitations SET state = 'accepted', accepted_us = sqlc.arg(now_us)
WHERE organization_id = sqlc.arg(organization_id) AND id = sqlc.arg(id) AND accepted_by <> '' AND state IN ('pending', 'opened');

-- name: InvitationMailSent :exec
UPDATE invitations SET mail = 'sent', mail_error = '', sent_us = sqlc.arg(now_us)
WHERE organization_id = sqlc.arg(organization_id) AND id = sqlc.arg(id);

-- name: InvitationMailFailed :exec
UPDATE invitations SET mail = 'failed', mail_error = sqlc.arg(mail_error)
WHERE organization_id = sqlc.arg(organization_id) AND id = sqlc.arg(id);

-- name: InsertSubmission :exec
INSERT INTO submissions (organization_id, id, answer, at_us)
VALUES (sqlc.arg(organization_id), sqlc.arg(id), sqlc.arg(answer), sqlc.arg(now_us));

-- name: Submission :one
SELECT answer FROM submissions WHERE organization_id = sqlc.arg(organization_id) AND id = sqlc.arg(id);
