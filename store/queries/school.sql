-- What the front page of an opened school says. Counting stays within the
-- school's own rows and goes by indexes.

-- name: SchoolClassroomCounts :one
SELECT
    CAST(COALESCE(SUM(CASE WHEN o.state = 'active' THEN 1 ELSE 0 END), 0) AS BIGINT) AS active,
    CAST(COALESCE(SUM(CASE WHEN o.state <> 'active' THEN 1 ELSE 0 END), 0) AS BIGINT) AS archived,
    CAST(COALESCE(SUM(CASE WHEN o.state = 'active' AND NOT EXISTS (
        SELECT 1 FROM roster_counts c
        WHERE c.organization_id = o.id AND c.role = 'teacher' AND c.state = 'active' AND c.people > 0
    ) THEN 1 ELSE 0 END), 0) AS BIGINT) AS without_teacher
FROM organizations o
WHERE o.school_id = sqlc.arg(organization_id) AND o.kind = 'classroom';

-- name: SchoolWaitingInvitations :one
SELECT CAST(COALESCE(SUM((
    SELECT COUNT(*) FROM invitations i
    WHERE i.organization_id = o.id AND i.state IN ('pending', 'opened') AND i.expires_us > sqlc.arg(now_us)
)), 0) AS BIGINT) AS waiting
FROM organizations o
WHERE (o.id = sqlc.arg(organization_id) OR o.school_id = sqlc.arg(organization_id)) AND o.state = 'active';

-- name: SchoolInvitationTrouble :many
-- Where mails were not delivered, or invitations are about to end.
SELECT o.id, o.name,
    (SELECT COUNT(*) FROM invitations i
        WHERE i.organization_id = o.id AND i.state IN ('pending', 'opened') AND i.expires_us > sqlc.arg(now_us)
            AND i.mail = 'failed') AS unmailed,
    (SELECT COUNT(*) FROM invitations i
        WHERE i.organization_id = o.id AND i.state IN ('pending', 'opened') AND i.expires_us > sqlc.arg(now_us)
            AND i.expires_us <= sqlc.arg(soon_us)) AS expiring
FROM organizations o
WHERE (o.id = sqlc.arg(organization_id) OR o.school_id = sqlc.arg(organization_id)) AND o.state = 'active'
    AND EXISTS (SELECT 1 FROM invitations i
        WHERE i.organization_id = o.id AND i.state IN ('pending', 'opened') AND i.expires_us > sqlc.arg(now_us)
            AND (i.mail = 'failed' OR i.expires_us <= sqlc.arg(soon_us)))
ORDER BY o.sort_name, o.id
LIMIT sqlc.arg(max_rows);

-- name: SchoolEndingSetupLinks :one
SELECT COUNT(*) FROM setup_links
WHERE organization_id = sqlc.arg(organization_id) AND state IN ('sent', 'opened')
    AND expires_us > sqlc.arg(now_us) AND expires_us <= sqlc.arg(soon_us);

-- name: SchoolEndingCertificates :one
-- Of connections in use; what has ended already is among them.
SELECT COUNT(*) AS certificates, CAST(COALESCE(MIN(t.not_after_us), 0) AS BIGINT) AS first_us
FROM connection_certificates t
JOIN connections c ON c.organization_id = sqlc.arg(organization_id) AND c.id = t.connection_id
WHERE t.organization_id = sqlc.arg(organization_id) AND c.state = 'active' AND NOT t.proposed
    AND t.not_after_us > 0 AND t.not_after_us <= sqlc.arg(soon_us);

-- name: SchoolJoinRequests :one
SELECT COUNT(*) FROM join_requests WHERE organization_id = sqlc.arg(organization_id) AND state = 'asked';

-- name: SchoolUnfinishedOpenings :one
SELECT COUNT(*) FROM openings
WHERE school_id = sqlc.arg(organization_id) AND finished_us = 0 AND begun_us < sqlc.arg(before_us);

-- name: SchoolFailedOpenings :many
-- Runs of which something failed and nobody has looked after it.
SELECT r.id, r.created_us,
    (SELECT COUNT(*) FROM opening_items i
        WHERE i.organization_id = sqlc.arg(organization_id) AND i.run_id = r.id AND i.state = 'failed') AS failed
FROM opening_runs r
WHERE r.organization_id = sqlc.arg(organization_id) AND EXISTS (
    SELECT 1 FROM opening_items i
    WHERE i.organization_id = sqlc.arg(organization_id) AND i.run_id = r.id AND i.state = 'failed')
ORDER BY r.created_us DESC, r.id DESC
LIMIT sqlc.arg(max_rows);
