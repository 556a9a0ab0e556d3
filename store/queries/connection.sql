-- The connections of an opened school.

-- name: Connections :many
SELECT sqlc.embed(c), COALESCE(m.url, '') AS metadata_url, COALESCE(m.metadata, '') AS metadata
FROM connections c
LEFT JOIN connection_metadata m ON m.organization_id = sqlc.arg(organization_id) AND m.connection_id = c.id
WHERE c.organization_id = sqlc.arg(organization_id)
ORDER BY c.created_us, c.id;

-- name: ActiveConnections :many
SELECT * FROM connections
WHERE organization_id = sqlc.arg(organization_id) AND state = 'active'
ORDER BY created_us, id;

-- name: Connection :one
SELECT sqlc.embed(c), COALESCE(m.url, '') AS metadata_url, COALESCE(m.metadata, '') AS metadata
FROM connections c
LEFT JOIN connection_metadata m ON m.organization_id = sqlc.arg(organization_id) AND m.connection_id = c.id
WHERE c.organization_id = sqlc.arg(organization_id) AND c.id = sqlc.arg(id);

-- name: PutConnection :exec
-- How it went is kept by FinishAttempt alone.
INSERT INTO connections (organization_id, id, provider_id, vendor, protocol, name, state, entity_id, issuer, client_id,
    district, joining, role, classroom_id, created_us, changed_us, tested_us, activated_us)
VALUES (sqlc.arg(organization_id), sqlc.arg(id), sqlc.arg(provider_id), sqlc.arg(vendor), sqlc.arg(protocol), sqlc.arg(name),
    sqlc.arg(state), sqlc.arg(entity_id), sqlc.arg(issuer), sqlc.arg(client_id), sqlc.arg(district), sqlc.arg(joining),
    sqlc.arg(role), sqlc.arg(classroom_id), sqlc.arg(created_us), sqlc.arg(changed_us), sqlc.arg(tested_us), sqlc.arg(activated_us))
ON CONFLICT (organization_id, id) DO UPDATE SET provider_id = excluded.provider_id, vendor = excluded.vendor,
    protocol = excluded.protocol, name = excluded.name, state = excluded.state, entity_id = excluded.entity_id,
    issuer = excluded.issuer, client_id = excluded.client_id, district = excluded.district, joining = excluded.joining,
    role = excluded.role, classroom_id = excluded.classroom_id, changed_us = excluded.changed_us,
    tested_us = excluded.tested_us, activated_us = excluded.activated_us;

-- name: TrustConnection :exec
-- What is known of its test, and since when the identity provider is what it is.
UPDATE connections SET state = sqlc.arg(state), changed_us = sqlc.arg(changed_us), tested_us = sqlc.arg(tested_us)
WHERE organization_id = sqlc.arg(organization_id) AND id = sqlc.arg(id);

-- name: DeleteConnection :execrows
DELETE FROM connections WHERE organization_id = sqlc.arg(organization_id) AND id = sqlc.arg(id);

-- name: PutConnectionMetadata :exec
INSERT INTO connection_metadata (organization_id, connection_id, url, metadata)
VALUES (sqlc.arg(organization_id), sqlc.arg(connection_id), sqlc.arg(url), sqlc.arg(metadata))
ON CONFLICT (organization_id, connection_id) DO UPDATE SET url = excluded.url, metadata = excluded.metadata;

-- name: DeleteConnectionMetadata :exec
DELETE FROM connection_metadata WHERE organization_id = sqlc.arg(organization_id) AND connection_id = sqlc.arg(connection_id);

-- name: MetadataProposal :one
SELECT proposal, proposed_us FROM connection_metadata
WHERE organization_id = sqlc.arg(organization_id) AND connection_id = sqlc.arg(connection_id) AND proposal <> '';

-- name: ProposeMetadata :execrows
-- The same one again was first brought when it was.
UPDATE connection_metadata SET
    proposed_us = CASE WHEN proposal = sqlc.arg(proposal) THEN proposed_us ELSE sqlc.arg(now_us) END,
    proposal = sqlc.arg(proposal), proposal_seen_us = sqlc.arg(now_us)
WHERE organization_id = sqlc.arg(organization_id) AND connection_id = sqlc.arg(connection_id);

-- name: WithdrawProposal :exec
UPDATE connection_metadata SET proposal = '', proposed_us = 0, proposal_seen_us = 0
WHERE organization_id = sqlc.arg(organization_id) AND connection_id = sqlc.arg(connection_id);

-- name: Certificates :many
SELECT * FROM connection_certificates
WHERE organization_id = sqlc.arg(organization_id)
ORDER BY not_after_us, connection_id, fingerprint;

-- name: InsertCertificate :exec
INSERT INTO connection_certificates (organization_id, connection_id, side, fingerprint, proposed, subject, not_before_us, not_after_us)
VALUES (sqlc.arg(organization_id), sqlc.arg(connection_id), sqlc.arg(side), sqlc.arg(fingerprint), sqlc.arg(proposed),
    sqlc.arg(subject), sqlc.arg(not_before_us), sqlc.arg(not_after_us))
ON CONFLICT (organization_id, connection_id, side, proposed, fingerprint) DO UPDATE SET
    subject = excluded.subject, not_before_us = excluded.not_before_us, not_after_us = excluded.not_after_us;

-- name: CertificatesOfSide :many
SELECT * FROM connection_certificates
WHERE organization_id = sqlc.arg(organization_id) AND connection_id = sqlc.arg(connection_id)
    AND side = sqlc.arg(side) AND proposed = sqlc.arg(proposed)
ORDER BY fingerprint;

-- name: DeleteCertificate :exec
DELETE FROM connection_certificates
WHERE organization_id = sqlc.arg(organization_id) AND connection_id = sqlc.arg(connection_id)
    AND side = sqlc.arg(side) AND proposed = sqlc.arg(proposed) AND fingerprint = sqlc.arg(fingerprint);

-- name: DeleteProposedCertificates :exec
DELETE FROM connection_certificates
WHERE organization_id = sqlc.arg(organization_id) AND connection_id = sqlc.arg(connection_id) AND side = 'idp' AND proposed = TRUE;

-- name: DeleteCertificatesOf :exec
DELETE FROM connection_certificates WHERE organization_id = sqlc.arg(organization_id) AND connection_id = sqlc.arg(connection_id);

-- name: CertificateWarned :execrows
-- Fewer days were left at no warning before.
UPDATE connection_certificates SET warned_days = sqlc.arg(days)
WHERE organization_id = sqlc.arg(organization_id) AND connection_id = sqlc.arg(connection_id) AND side = sqlc.arg(side)
    AND proposed = FALSE AND fingerprint = sqlc.arg(fingerprint) AND (warned_days = 0 OR warned_days > sqlc.arg(days));

-- name: ConnectionDomains :many
SELECT connection_id, domain FROM connection_domains
WHERE organization_id = sqlc.arg(organization_id)
ORDER BY connection_id, domain;

-- name: InsertConnectionDomain :exec
INSERT INTO connection_domains (organization_id, connection_id, domain)
VALUES (sqlc.arg(organization_id), sqlc.arg(connection_id), sqlc.arg(domain))
ON CONFLICT (organization_id, connection_id, domain) DO NOTHING;

-- name: DeleteConnectionDomains :exec
DELETE FROM connection_domains WHERE organization_id = sqlc.arg(organization_id) AND connection_id = sqlc.arg(connection_id);

-- name: DeleteDomainOfConnections :exec
DELETE FROM connection_domains WHERE organization_id = sqlc.arg(organization_id) AND domain = sqlc.arg(domain);

-- name: CameThrough :exec
INSERT INTO connected_people (organization_id, user_id, connection_id, external_id, first_us, last_us)
VALUES (sqlc.arg(organization_id), sqlc.arg(user_id), sqlc.arg(connection_id), sqlc.arg(external_id), sqlc.arg(now_us), sqlc.arg(now_us))
ON CONFLICT (organization_id, user_id, connection_id) DO UPDATE SET external_id = excluded.external_id, last_us = excluded.last_us;

-- name: ConnectedPerson :one
SELECT * FROM connected_people
WHERE organization_id = sqlc.arg(organization_id) AND user_id = sqlc.arg(user_id) AND connection_id = sqlc.arg(connection_id);

-- name: DeleteConnectedPeople :exec
DELETE FROM connected_people WHERE organization_id = sqlc.arg(organization_id) AND connection_id = sqlc.arg(connection_id);
