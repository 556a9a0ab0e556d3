-- The domains of an opened school, and who asks to join by one.

-- name: Domains :many
SELECT * FROM domains WHERE organization_id = sqlc.arg(organization_id) ORDER BY name;

-- name: Domain :one
SELECT * FROM domains WHERE organization_id = sqlc.arg(organization_id) AND name = sqlc.arg(name);

-- name: PutDomain :exec
-- The portal's own look at the proof counts for the challenge it was found for.
INSERT INTO domains (organization_id, name, proof, token, place, joining, role, classroom_id, added_us, checked_us, verified_us)
VALUES (sqlc.arg(organization_id), sqlc.arg(name), sqlc.arg(proof), sqlc.arg(token), sqlc.arg(place), sqlc.arg(joining),
    sqlc.arg(role), sqlc.arg(classroom_id), sqlc.arg(added_us), sqlc.arg(checked_us), sqlc.arg(verified_us))
ON CONFLICT (organization_id, name) DO UPDATE SET proof = excluded.proof, token = excluded.token, place = excluded.place,
    joining = excluded.joining, role = excluded.role, classroom_id = excluded.classroom_id,
    checked_us = excluded.checked_us, verified_us = excluded.verified_us,
    proven_us = CASE WHEN domains.token = excluded.token AND domains.proof = excluded.proof THEN domains.proven_us ELSE 0 END;

-- name: DomainChecked :execrows
UPDATE domains SET checked_us = sqlc.arg(now_us), proven_us = sqlc.arg(proven_us)
WHERE organization_id = sqlc.arg(organization_id) AND name = sqlc.arg(name);

-- name: DeleteDomain :execrows
DELETE FROM domains WHERE organization_id = sqlc.arg(organization_id) AND name = sqlc.arg(name);

-- name: AskToJoin :execrows
-- Asked again it stands as it was; who was declined may ask again later.
INSERT INTO join_requests (organization_id, user_id, state, name, address, domain, role, classroom_id, asked_us)
VALUES (sqlc.arg(organization_id), sqlc.arg(user_id), 'asked', sqlc.arg(name), sqlc.arg(address), sqlc.arg(domain),
    sqlc.arg(role), sqlc.arg(classroom_id), sqlc.arg(now_us))
ON CONFLICT (organization_id, user_id) DO UPDATE SET state = 'asked', name = excluded.name, address = excluded.address,
    domain = excluded.domain, role = excluded.role, classroom_id = excluded.classroom_id, asked_us = excluded.asked_us,
    decided_us = 0
WHERE join_requests.state = 'approved' OR join_requests.state = 'declined' AND join_requests.decided_us < sqlc.arg(declined_before_us);

-- name: JoinRequests :many
-- The longest waiting ones.
SELECT sqlc.embed(r), COALESCE(c.name, '') AS classroom_name
FROM join_requests r
LEFT JOIN organizations c ON c.id = r.classroom_id AND c.school_id = r.organization_id
WHERE r.organization_id = sqlc.arg(organization_id) AND r.state = 'asked'
ORDER BY r.asked_us, r.user_id
LIMIT 100;

-- name: CountJoinRequests :one
SELECT COUNT(*) FROM join_requests WHERE organization_id = sqlc.arg(organization_id) AND state = 'asked';

-- name: JoinRequest :one
SELECT * FROM join_requests
WHERE organization_id = sqlc.arg(organization_id) AND user_id = sqlc.arg(user_id) AND state = 'asked';

-- name: DecideJoin :execrows
UPDATE join_requests SET state = sqlc.arg(state), decided_us = sqlc.arg(now_us)
WHERE organization_id = sqlc.arg(organization_id) AND user_id = sqlc.arg(user_id) AND state = 'asked';
