-- What a school sets about itself.

-- name: Policies :one
SELECT * FROM policies WHERE organization_id = sqlc.arg(organization_id);

-- name: PutPolicies :exec
INSERT INTO policies (organization_id, staff_factor, names, invitation_days, invitation_domains, changed_us)
VALUES (sqlc.arg(organization_id), sqlc.arg(staff_factor), sqlc.arg(names), sqlc.arg(invitation_days),
    sqlc.arg(invitation_domains), sqlc.arg(now_us))
ON CONFLICT (organization_id) DO UPDATE SET staff_factor = excluded.staff_factor, names = excluded.names,
    invitation_days = excluded.invitation_days, invitation_domains = excluded.invitation_domains,
    changed_us = excluded.changed_us;

-- name: LoginPolicy :one
SELECT * FROM login_policies WHERE organization_id = sqlc.arg(organization_id);

-- name: PutLoginPolicy :exec
INSERT INTO login_policies (organization_id, policy, read_us)
VALUES (sqlc.arg(organization_id), sqlc.arg(policy), sqlc.arg(now_us))
ON CONFLICT (organization_id) DO UPDATE SET policy = excluded.policy, read_us = excluded.read_us,
    stale_us = CASE WHEN login_policies.stale_us > sqlc.arg(asked_us) THEN login_policies.stale_us ELSE 0 END;

-- name: Branding :one
SELECT * FROM branding WHERE organization_id = sqlc.arg(organization_id);

-- name: PutBranding :exec
INSERT INTO branding (organization_id, colour, on_light, on_dark, logo, version, changed_us)
VALUES (sqlc.arg(organization_id), sqlc.arg(colour), sqlc.arg(on_light), sqlc.arg(on_dark), sqlc.arg(logo),
    sqlc.arg(version), sqlc.arg(now_us))
ON CONFLICT (organization_id) DO UPDATE SET colour = excluded.colour, on_light = excluded.on_light,
    on_dark = excluded.on_dark, logo = excluded.logo, version = excluded.version, changed_us = excluded.changed_us;

-- name: DeleteBranding :exec
DELETE FROM branding WHERE organization_id = sqlc.arg(organization_id);

-- name: WaitingAddresses :many
-- Where the invitations went that wait in the school and its classrooms.
SELECT i.address_key
FROM organizations o JOIN invitations i ON i.organization_id = o.id
WHERE (o.id = sqlc.arg(organization_id) OR o.school_id = sqlc.arg(organization_id))
    AND i.state IN ('pending', 'opened') AND i.expires_us > sqlc.arg(now_us)
LIMIT sqlc.arg(most);

-- name: CountShowingNames :one
-- How many classrooms of the school show students each other's names.
SELECT COUNT(*) FROM organizations o JOIN settings s ON s.organization_id = o.id
WHERE o.school_id = sqlc.arg(organization_id) AND s.students_see_names;
