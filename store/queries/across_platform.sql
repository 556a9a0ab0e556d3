-- What spans schools, for the platform's operators: package store gives it out
-- for an opened platform alone.

-- name: PlatformSchools :many
-- By name; state and pattern select.
SELECT o.id, o.kind, o.name, o.remote_name, o.school_id, o.state, o.created_us, o.sort_name,
    (SELECT COUNT(*) FROM organizations c WHERE c.kind = 'classroom' AND c.school_id = o.id) AS classrooms,
    CAST(COALESCE((SELECT SUM(r.people) FROM organizations c JOIN roster_counts r ON r.organization_id = c.id
        WHERE c.kind = 'classroom' AND c.school_id = o.id AND r.role = 'student'), 0) AS BIGINT) AS students,
    CAST(COALESCE((SELECT SUM(r.people) FROM roster_counts r
        WHERE r.organization_id = o.id AND r.role = 'school_admin' AND r.state = 'active'), 0) AS BIGINT) AS admins,
    COALESCE(s.reason, '') AS reason
FROM organizations o
LEFT JOIN suspensions s ON s.organization_id = o.id
WHERE o.kind = 'school' AND o.school_id = ''
    AND (o.sort_name, o.id) > (CAST(sqlc.arg(after_name) AS TEXT), CAST(sqlc.arg(after_id) AS TEXT))
    AND (CAST(sqlc.arg(state) AS TEXT) = '' OR o.state = CAST(sqlc.arg(state) AS TEXT))
    AND o.sort_name LIKE sqlc.arg(pattern)
ORDER BY o.sort_name, o.id
LIMIT sqlc.arg(max_rows);

-- name: SchoolFigures :one
-- Of one school, or of a classroom that stands alone.
SELECT
    (SELECT COUNT(*) FROM organizations c WHERE c.kind = 'classroom' AND c.school_id = o.id) AS classrooms,
    CAST(COALESCE((SELECT SUM(r.people) FROM organizations c JOIN roster_counts r ON r.organization_id = c.id
        WHERE c.kind = 'classroom' AND c.school_id = o.id AND r.role = 'student'), 0) AS BIGINT)
        + CAST(COALESCE((SELECT SUM(r.people) FROM roster_counts r
        WHERE r.organization_id = o.id AND r.role = 'student'), 0) AS BIGINT) AS students,
    CAST(COALESCE((SELECT SUM(r.people) FROM roster_counts r
        WHERE r.organization_id = o.id AND r.role = 'school_admin' AND r.state = 'active'), 0) AS BIGINT) AS admins
FROM organizations o
WHERE o.id = sqlc.arg(school);

-- name: CountPlatformSchools :one
SELECT COUNT(*) AS schools,
    CAST(COALESCE(SUM(CASE o.state WHEN 'inactive' THEN 1 ELSE 0 END), 0) AS BIGINT) AS suspended
FROM organizations o
WHERE o.kind = 'school' AND o.school_id = '' AND o.sort_name LIKE sqlc.arg(pattern);

-- name: StandaloneClassrooms :many
SELECT o.id, o.kind, o.name, o.remote_name, o.school_id, o.state, o.created_us, o.sort_name,
    CAST(COALESCE((SELECT SUM(r.people) FROM roster_counts r WHERE r.organization_id = o.id AND r.role = 'student'), 0) AS BIGINT) AS students,
    CAST(COALESCE((SELECT SUM(r.people) FROM roster_counts r WHERE r.organization_id = o.id AND r.role IN ('teacher', 'co_teacher')), 0) AS BIGINT) AS teachers
FROM organizations o
WHERE o.kind = 'classroom' AND o.school_id = ''
    AND (o.sort_name, o.id) > (CAST(sqlc.arg(after_name) AS TEXT), CAST(sqlc.arg(after_id) AS TEXT))
    AND o.sort_name LIKE sqlc.arg(pattern)
ORDER BY o.sort_name, o.id
LIMIT sqlc.arg(max_rows);

-- name: CountStandaloneClassrooms :one
SELECT COUNT(*) FROM organizations o
WHERE o.kind = 'classroom' AND o.school_id = '' AND o.sort_name LIKE sqlc.arg(pattern);

-- name: OpenLooks :many
-- Those that have not ended, the latest first.
SELECT l.organization_id, l.id, l.user_id, l.reason, l.begun_us, l.until_us, o.name,
    CAST(COALESCE(u.given_name, '') AS TEXT) AS given_name, CAST(COALESCE(u.family_name, '') AS TEXT) AS family_name,
    CAST(COALESCE(u.user_name, '') AS TEXT) AS user_name
FROM looks l
JOIN organizations o ON o.id = l.organization_id
LEFT JOIN users u ON u.id = l.user_id
WHERE l.until_us > sqlc.arg(now_us)
ORDER BY l.until_us DESC
LIMIT 50;

-- name: DeleteOldLooks :execrows
-- The audit log tells of them for longer.
DELETE FROM looks WHERE until_us <= sqlc.arg(before_us);

-- name: OperatorsAtHome :one
-- How many of the platform's operators sign in through a school.
SELECT COUNT(*) FROM role_assignments a
JOIN users u ON u.id = a.user_id
WHERE a.organization_id = sqlc.arg(operators) AND a.role = 'operator' AND a.state = 'active'
    AND u.organization_id = sqlc.arg(home);

-- name: SuspendedHome :one
-- The name of the home of somebody who signs in, if it is a school that is
-- closed for the time being.
SELECT o.name FROM organizations o WHERE o.id = sqlc.arg(home) AND o.kind = 'school' AND o.state = 'inactive';

-- name: PutCheckup :exec
INSERT INTO checkups (name, at_us, found) VALUES (sqlc.arg(name), sqlc.arg(at_us), sqlc.arg(found))
ON CONFLICT (name) DO UPDATE SET at_us = excluded.at_us, found = excluded.found;

-- name: Checkup :one
SELECT * FROM checkups WHERE name = sqlc.arg(name);

-- name: CountStaleAggregates :one
-- How many aggregates have to be read again, since when.
SELECT COUNT(*) AS waiting, CAST(COALESCE(MIN(noted_us), 0) AS BIGINT) AS since_us FROM stale_aggregates;


-- name: CountOperators :one
SELECT CAST(COALESCE(SUM(r.people), 0) AS BIGINT) AS operators FROM roster_counts r
WHERE r.organization_id = sqlc.arg(operators) AND r.role = 'operator' AND r.state = 'active';
