-- Imports: lists that were brought, what they are to do and what became of it.

-- name: InsertImport :execrows
INSERT INTO imports (organization_id, id, home_id, source, file_name, bytes, format, reading, options, state, sealed,
    actor_id, actor_name, request_id, client_address, device, begun_us)
VALUES (sqlc.arg(organization_id), sqlc.arg(id), sqlc.arg(home_id), sqlc.arg(source), sqlc.arg(file_name), sqlc.arg(bytes),
    sqlc.arg(format), sqlc.arg(reading), sqlc.arg(options), 'reading', sqlc.arg(sealed), sqlc.arg(actor_id), sqlc.arg(actor_name),
    sqlc.arg(request_id), sqlc.arg(client_address), sqlc.arg(device), sqlc.arg(now_us))
ON CONFLICT (organization_id, id) DO NOTHING;

-- name: InsertImportFile :exec
INSERT INTO import_files (organization_id, import_id, content, kept_us)
VALUES (sqlc.arg(organization_id), sqlc.arg(import_id), sqlc.arg(content), sqlc.arg(now_us));

-- name: ImportFile :one
SELECT content FROM import_files WHERE organization_id = sqlc.arg(organization_id) AND import_id = sqlc.arg(import_id);

-- name: ImportByID :one
SELECT * FROM imports WHERE organization_id = sqlc.arg(organization_id) AND id = sqlc.arg(id);

-- name: ImportsBefore :many
SELECT * FROM imports
WHERE organization_id = sqlc.arg(organization_id) AND (begun_us, id) < (CAST(sqlc.arg(before_us) AS BIGINT), CAST(sqlc.arg(before_id) AS TEXT))
ORDER BY begun_us DESC, id DESC LIMIT sqlc.arg(max_rows);

-- name: SetImportReading :exec
UPDATE imports SET reading = sqlc.arg(reading), format = sqlc.arg(format), options = sqlc.arg(options), source = sqlc.arg(source),
    state = 'reading', read_rows = 0, planned_rows = 0, concerned = 0, counts = '{}', planned_us = 0, finished_us = 0, trouble = ''
WHERE organization_id = sqlc.arg(organization_id) AND id = sqlc.arg(id);

-- name: SetImportProgress :exec
UPDATE imports SET read_rows = sqlc.arg(read_rows), planned_rows = sqlc.arg(planned_rows)
WHERE organization_id = sqlc.arg(organization_id) AND id = sqlc.arg(id);

-- name: SetImportState :exec
UPDATE imports SET state = sqlc.arg(state), trouble = sqlc.arg(trouble), planned_us = sqlc.arg(planned_us), applied_us = sqlc.arg(applied_us),
    finished_us = sqlc.arg(finished_us), paused_us = sqlc.arg(paused_us), cancelled_us = sqlc.arg(cancelled_us), undone_us = sqlc.arg(undone_us)
WHERE organization_id = sqlc.arg(organization_id) AND id = sqlc.arg(id);

-- name: SetImportCounts :exec
UPDATE imports SET counts = sqlc.arg(counts), concerned = sqlc.arg(concerned)
WHERE organization_id = sqlc.arg(organization_id) AND id = sqlc.arg(id);

-- name: SetImportReceipts :exec
UPDATE imports SET receipt = sqlc.arg(receipt), undo_receipt = sqlc.arg(undo_receipt)
WHERE organization_id = sqlc.arg(organization_id) AND id = sqlc.arg(id);

-- name: DeleteImportRows :exec
DELETE FROM import_rows WHERE organization_id = sqlc.arg(organization_id) AND import_id = sqlc.arg(import_id);

-- name: DeleteImportRowsUpTo :exec
DELETE FROM import_rows
WHERE organization_id = sqlc.arg(organization_id) AND import_id = sqlc.arg(import_id) AND position <= sqlc.arg(upto);

-- name: DeleteImportKeys :exec
DELETE FROM import_keys WHERE organization_id = sqlc.arg(organization_id) AND import_id = sqlc.arg(import_id);

-- name: DeleteImportCandidates :exec
DELETE FROM import_candidates WHERE organization_id = sqlc.arg(organization_id) AND import_id = sqlc.arg(import_id);

-- name: DeleteImportClassrooms :exec
DELETE FROM import_classrooms WHERE organization_id = sqlc.arg(organization_id) AND import_id = sqlc.arg(import_id);

-- name: DeleteImportEnrolments :exec
DELETE FROM import_enrolments WHERE organization_id = sqlc.arg(organization_id) AND import_id = sqlc.arg(import_id);

-- name: InsertImportRow :exec
INSERT INTO import_rows (organization_id, import_id, position, line, person, person_key, external_id, address_key, user_name_key,
    name_key, print, user_id, kind)
VALUES (sqlc.arg(organization_id), sqlc.arg(import_id), sqlc.arg(position), sqlc.arg(line), sqlc.arg(person), sqlc.arg(person_key),
    sqlc.arg(external_id), sqlc.arg(address_key), sqlc.arg(user_name_key), sqlc.arg(name_key), sqlc.arg(print), sqlc.arg(user_id), sqlc.arg(kind));

-- name: InsertImportClassroom :execrows
INSERT INTO import_classrooms (organization_id, import_id, position, line, class_key, external_id, name, gone, kind, reason)
VALUES (sqlc.arg(organization_id), sqlc.arg(import_id), sqlc.arg(position), sqlc.arg(line), sqlc.arg(class_key),
    sqlc.arg(external_id), sqlc.arg(name), sqlc.arg(gone), sqlc.arg(kind), sqlc.arg(reason))
ON CONFLICT (organization_id, import_id, class_key) DO NOTHING;

-- name: ImportHasExternalID :one
SELECT COUNT(*) FROM import_rows
WHERE organization_id = sqlc.arg(organization_id) AND import_id = sqlc.arg(import_id) AND external_id = sqlc.arg(external_id) AND external_id <> '';

-- name: InsertImportEnrolment :exec
-- One that takes the place of another counts, in whatever order they stand.
INSERT INTO import_enrolments (organization_id, import_id, person_key, class_key, role, gone, own_key)
VALUES (sqlc.arg(organization_id), sqlc.arg(import_id), sqlc.arg(person_key), sqlc.arg(class_key), sqlc.arg(role), sqlc.arg(gone), sqlc.arg(person_key))
ON CONFLICT (organization_id, import_id, person_key, class_key, role, own_key) DO UPDATE
SET gone = import_enrolments.gone AND excluded.gone;

-- name: MakeImportKeysByExternalID :exec
INSERT INTO import_keys (organization_id, import_id, by_what, value, first, last, names)
SELECT r.organization_id, r.import_id, 'external-id', r.external_id, MIN(r.position), MAX(r.position), COUNT(DISTINCT r.name_key)
FROM import_rows r
WHERE r.organization_id = sqlc.arg(organization_id) AND r.import_id = sqlc.arg(import_id) AND r.external_id <> '' AND r.kind <> 'error'
GROUP BY r.organization_id, r.import_id, r.external_id HAVING COUNT(*) > 1;

-- name: MakeImportKeysByAddress :exec
INSERT INTO import_keys (organization_id, import_id, by_what, value, first, last, names)
SELECT r.organization_id, r.import_id, 'address', r.address_key, MIN(r.position), MAX(r.position), COUNT(DISTINCT r.name_key)
FROM import_rows r
WHERE r.organization_id = sqlc.arg(organization_id) AND r.import_id = sqlc.arg(import_id) AND r.address_key <> '' AND r.kind <> 'error'
GROUP BY r.organization_id, r.import_id, r.address_key HAVING COUNT(*) > 1;

-- name: MakeImportKeysByUserName :exec
INSERT INTO import_keys (organization_id, import_id, by_what, value, first, last, names)
SELECT r.organization_id, r.import_id, 'user-name', r.user_name_key, MIN(r.position), MAX(r.position), COUNT(DISTINCT r.name_key)
FROM import_rows r
WHERE r.organization_id = sqlc.arg(organization_id) AND r.import_id = sqlc.arg(import_id) AND r.user_name_key <> '' AND r.kind <> 'error'
GROUP BY r.organization_id, r.import_id, r.user_name_key HAVING COUNT(*) > 1;

-- name: MakeImportKeysByName :exec
-- Rows that a name alone tells apart: those with a number, an address or a user
-- name are who these say.
INSERT INTO import_keys (organization_id, import_id, by_what, value, first, last, names)
SELECT r.organization_id, r.import_id, 'row', r.name_key, MIN(r.position), MAX(r.position), 1
FROM import_rows r
WHERE r.organization_id = sqlc.arg(organization_id) AND r.import_id = sqlc.arg(import_id) AND r.name_key <> ''
    AND r.external_id = '' AND r.address_key = '' AND r.user_name_key = '' AND r.kind <> 'error'
GROUP BY r.organization_id, r.import_id, r.name_key HAVING COUNT(*) > 1;

-- name: ImportRowsBetween :many
SELECT * FROM import_rows
WHERE organization_id = sqlc.arg(organization_id) AND import_id = sqlc.arg(import_id)
    AND position > sqlc.arg(after) AND position <= sqlc.arg(upto)
ORDER BY position;

-- name: ImportPositionAt :one
-- The last of the next rows.
SELECT CAST(COALESCE(MAX(n.position), 0) AS BIGINT) FROM (
    SELECT r.position FROM import_rows r
    WHERE r.organization_id = sqlc.arg(organization_id) AND r.import_id = sqlc.arg(import_id) AND r.position > sqlc.arg(after)
    ORDER BY r.position LIMIT sqlc.arg(max_rows)) n;

-- name: ImportTwins :many
-- Of rows, the first other row with which they share a key.
SELECT r.position, k.by_what, k.names, t.position AS twin, t.line, t.person
FROM import_rows r
CROSS JOIN import_keys k
CROSS JOIN import_rows t
WHERE r.organization_id = sqlc.arg(organization_id) AND r.import_id = sqlc.arg(import_id)
    AND r.position > sqlc.arg(after) AND r.position <= sqlc.arg(upto)
    AND k.organization_id = sqlc.arg(organization_id) AND k.import_id = r.import_id AND k.by_what = 'external-id' AND k.value = r.external_id
    AND t.organization_id = sqlc.arg(organization_id) AND t.import_id = r.import_id
    AND t.position = CASE WHEN k.first = r.position THEN k.last ELSE k.first END
UNION ALL
SELECT r.position, k.by_what, k.names, t.position AS twin, t.line, t.person
FROM import_rows r
CROSS JOIN import_keys k
CROSS JOIN import_rows t
WHERE r.organization_id = sqlc.arg(organization_id) AND r.import_id = sqlc.arg(import_id)
    AND r.position > sqlc.arg(after) AND r.position <= sqlc.arg(upto)
    AND k.organization_id = sqlc.arg(organization_id) AND k.import_id = r.import_id AND k.by_what = 'address' AND k.value = r.address_key
    AND t.organization_id = sqlc.arg(organization_id) AND t.import_id = r.import_id
    AND t.position = CASE WHEN k.first = r.position THEN k.last ELSE k.first END
UNION ALL
SELECT r.position, k.by_what, k.names, t.position AS twin, t.line, t.person
FROM import_rows r
CROSS JOIN import_keys k
CROSS JOIN import_rows t
WHERE r.organization_id = sqlc.arg(organization_id) AND r.import_id = sqlc.arg(import_id)
    AND r.position > sqlc.arg(after) AND r.position <= sqlc.arg(upto)
    AND k.organization_id = sqlc.arg(organization_id) AND k.import_id = r.import_id AND k.by_what = 'user-name' AND k.value = r.user_name_key
    AND t.organization_id = sqlc.arg(organization_id) AND t.import_id = r.import_id
    AND t.position = CASE WHEN k.first = r.position THEN k.last ELSE k.first END
UNION ALL
SELECT r.position, k.by_what, k.names, t.position AS twin, t.line, t.person
FROM import_rows r
CROSS JOIN import_keys k
CROSS JOIN import_rows t
WHERE r.organization_id = sqlc.arg(organization_id) AND r.import_id = sqlc.arg(import_id)
    AND r.position > sqlc.arg(after) AND r.position <= sqlc.arg(upto)
    AND k.organization_id = sqlc.arg(organization_id) AND k.import_id = r.import_id AND k.by_what = 'row' AND k.value = r.name_key AND r.external_id = '' AND r.address_key = '' AND r.user_name_key = ''
    AND t.organization_id = sqlc.arg(organization_id) AND t.import_id = r.import_id
    AND t.position = CASE WHEN k.first = r.position THEN k.last ELSE k.first END
ORDER BY 1, 2;

-- name: ForgetImportCandidates :exec
DELETE FROM import_candidates
WHERE organization_id = sqlc.arg(organization_id) AND import_id = sqlc.arg(import_id)
    AND position > sqlc.arg(after) AND position <= sqlc.arg(upto);

-- name: FindImportExternalIDs :exec
INSERT INTO import_candidates (organization_id, import_id, position, user_id, by_what)
SELECT r.organization_id, r.import_id, r.position, e.user_id, 'external-id'
FROM import_rows r
JOIN external_ids e ON e.organization_id = sqlc.arg(home_id) AND e.source = sqlc.arg(source) AND e.external_id = r.external_id
WHERE r.organization_id = sqlc.arg(organization_id) AND r.import_id = sqlc.arg(import_id)
    AND r.position > sqlc.arg(after) AND r.position <= sqlc.arg(upto) AND r.external_id <> ''
    AND EXISTS (SELECT 1 FROM users u WHERE u.id = e.user_id)
ON CONFLICT DO NOTHING;

-- name: FindImportPrints :exec
INSERT INTO import_candidates (organization_id, import_id, position, user_id, by_what)
SELECT r.organization_id, r.import_id, r.position, e.user_id, 'print'
FROM import_rows r
JOIN external_ids e ON e.organization_id = sqlc.arg(home_id) AND e.source = 'row' AND e.external_id = r.print
JOIN users u ON u.id = e.user_id AND u.sort_name = r.name_key
WHERE r.organization_id = sqlc.arg(organization_id) AND r.import_id = sqlc.arg(import_id)
    AND r.position > sqlc.arg(after) AND r.position <= sqlc.arg(upto) AND r.print <> ''
ON CONFLICT DO NOTHING;

-- name: FindImportAddresses :exec
-- People at home here, or known here as guests.
INSERT INTO import_candidates (organization_id, import_id, position, user_id, by_what)
SELECT r.organization_id, r.import_id, r.position, u.id, 'address'
FROM import_rows r
JOIN users u ON LOWER(u.address) = (r.address_key || '')
WHERE r.organization_id = sqlc.arg(organization_id) AND r.import_id = sqlc.arg(import_id)
    AND r.position > sqlc.arg(after) AND r.position <= sqlc.arg(upto) AND r.address_key <> ''
    AND (u.organization_id = sqlc.arg(home_id)
        OR EXISTS (SELECT 1 FROM people p WHERE p.user_id = u.id AND p.organization_id = sqlc.arg(home_id))
        OR EXISTS (SELECT 1 FROM role_assignments a WHERE a.organization_id = sqlc.arg(organization_id) AND a.user_id = u.id))
ON CONFLICT DO NOTHING;

-- name: FindImportUserNames :exec
INSERT INTO import_candidates (organization_id, import_id, position, user_id, by_what)
SELECT r.organization_id, r.import_id, r.position, u.id, 'user-name'
FROM import_rows r
JOIN users u ON LOWER(u.user_name) = (r.user_name_key || '')
WHERE r.organization_id = sqlc.arg(organization_id) AND r.import_id = sqlc.arg(import_id)
    AND r.position > sqlc.arg(after) AND r.position <= sqlc.arg(upto) AND r.user_name_key <> ''
    AND (u.organization_id = sqlc.arg(home_id)
        OR EXISTS (SELECT 1 FROM people p WHERE p.user_id = u.id AND p.organization_id = sqlc.arg(home_id))
        OR EXISTS (SELECT 1 FROM role_assignments a WHERE a.organization_id = sqlc.arg(organization_id) AND a.user_id = u.id))
ON CONFLICT DO NOTHING;

-- name: FindImportNamesInClassroom :exec
INSERT INTO import_candidates (organization_id, import_id, position, user_id, by_what)
SELECT r.organization_id, r.import_id, r.position, a.user_id, 'name-in-class'
FROM import_rows r
JOIN role_assignments a ON a.organization_id = sqlc.arg(organization_id) AND a.sort_name = r.name_key
WHERE r.organization_id = sqlc.arg(organization_id) AND r.import_id = sqlc.arg(import_id)
    AND r.position > sqlc.arg(after) AND r.position <= sqlc.arg(upto) AND r.name_key <> ''
ON CONFLICT DO NOTHING;

-- name: FindImportNamesInClasses :exec
-- In the classes that the rows name. The joins are crossed because SQLite keeps
-- their order then: from the few rows, not from all that is said about classes.
INSERT INTO import_candidates (organization_id, import_id, position, user_id, by_what)
SELECT r.organization_id, r.import_id, r.position, a.user_id, 'name-in-class'
FROM import_rows r
CROSS JOIN import_enrolments e
CROSS JOIN import_classrooms c
CROSS JOIN organizations o
CROSS JOIN role_assignments a
WHERE r.organization_id = sqlc.arg(organization_id) AND r.import_id = sqlc.arg(import_id)
    AND r.position > sqlc.arg(after) AND r.position <= sqlc.arg(upto) AND r.name_key <> ''
    AND e.organization_id = sqlc.arg(organization_id) AND e.import_id = r.import_id AND e.person_key = r.person_key
    AND c.organization_id = sqlc.arg(organization_id) AND c.import_id = r.import_id AND c.class_key = e.class_key
    AND o.id = c.classroom_id AND o.school_id = sqlc.arg(organization_id)
    AND a.organization_id = o.id AND a.sort_name = r.name_key
ON CONFLICT DO NOTHING;

-- name: FindImportNames :exec
-- Elsewhere among those who are at home here.
INSERT INTO import_candidates (organization_id, import_id, position, user_id, by_what)
SELECT r.organization_id, r.import_id, r.position, u.id, 'name'
FROM import_rows r
JOIN users u ON u.organization_id = sqlc.arg(home_id) AND u.sort_name = r.name_key
WHERE r.organization_id = sqlc.arg(organization_id) AND r.import_id = sqlc.arg(import_id)
    AND r.position > sqlc.arg(after) AND r.position <= sqlc.arg(upto) AND r.name_key <> ''
    AND NOT EXISTS (SELECT 1 FROM import_candidates c WHERE c.organization_id = sqlc.arg(organization_id)
        AND c.import_id = r.import_id AND c.position = r.position AND c.by_what IN ('external-id', 'address', 'user-name'))
ON CONFLICT DO NOTHING;

-- name: DropOwnImportCandidates :exec
-- Who was made by other rows of the same import is nobody's namesake: the rows
-- were told apart when it was planned. They are found by user, not by kind.
DELETE FROM import_candidates
WHERE import_candidates.organization_id = sqlc.arg(organization_id) AND import_candidates.import_id = sqlc.arg(import_id)
    AND import_candidates.position > sqlc.arg(after) AND import_candidates.position <= sqlc.arg(upto)
    AND import_candidates.by_what IN ('name', 'name-in-class')
    AND EXISTS (SELECT 1 FROM import_rows o WHERE o.organization_id = sqlc.arg(organization_id) AND o.import_id = sqlc.arg(import_id)
        AND o.user_id = import_candidates.user_id AND o.user_id <> '' AND o.kind || '' = 'create' AND o.position <> import_candidates.position);

-- name: ImportKnown :many
SELECT c.position, c.by_what, u.id, u.organization_id AS home_id, u.user_name, u.given_name, u.family_name, u.address, u.last_seen_us,
    CAST(COALESCE((SELECT MIN(e.external_id) FROM external_ids e
        WHERE e.organization_id = sqlc.arg(home_id) AND e.user_id = u.id AND e.source = sqlc.arg(source)), '') AS TEXT) AS external_id
FROM import_candidates c JOIN users u ON u.id = c.user_id
WHERE c.organization_id = sqlc.arg(organization_id) AND c.import_id = sqlc.arg(import_id)
    AND c.position > sqlc.arg(after) AND c.position <= sqlc.arg(upto)
ORDER BY c.position, c.user_id, c.by_what;

-- name: ImportWanted :many
SELECT r.position, e.role, e.gone, c.position AS class_position, c.classroom_id, c.name, c.before_name, c.kind
FROM import_rows r
JOIN import_enrolments e ON e.organization_id = sqlc.arg(organization_id) AND e.import_id = r.import_id AND e.person_key = r.person_key
JOIN import_classrooms c ON c.organization_id = sqlc.arg(organization_id) AND c.import_id = r.import_id AND c.class_key = e.class_key
WHERE r.organization_id = sqlc.arg(organization_id) AND r.import_id = sqlc.arg(import_id)
    AND r.position > sqlc.arg(after) AND r.position <= sqlc.arg(upto)
ORDER BY r.position, c.name, c.position;

-- name: ImportGuardians :many
-- The contacts of those who may be meant.
SELECT g.* FROM guardians g
WHERE g.organization_id = sqlc.arg(home_id) AND g.user_id IN (SELECT c.user_id FROM import_candidates c
    WHERE c.organization_id = sqlc.arg(organization_id) AND c.import_id = sqlc.arg(import_id)
        AND c.position > sqlc.arg(after) AND c.position <= sqlc.arg(upto))
ORDER BY g.user_id, g.position, g.id;

-- name: ImportInvited :many
-- Where an invitation to a row's address waits, in the classroom of the import
-- or in those that the list names.
SELECT r.position, i.organization_id AS place_id
FROM import_rows r
CROSS JOIN import_enrolments e
CROSS JOIN import_classrooms c
CROSS JOIN organizations o
CROSS JOIN invitations i
WHERE r.organization_id = sqlc.arg(organization_id) AND r.import_id = sqlc.arg(import_id)
    AND r.position > sqlc.arg(after) AND r.position <= sqlc.arg(upto) AND r.address_key <> ''
    AND e.organization_id = sqlc.arg(organization_id) AND e.import_id = r.import_id AND e.person_key = r.person_key
    AND c.organization_id = sqlc.arg(organization_id) AND c.import_id = r.import_id AND c.class_key = e.class_key
    AND o.id = c.classroom_id
    AND i.organization_id = o.id AND i.address_key = r.address_key AND i.state = 'pending' AND i.expires_us > sqlc.arg(now_us);

-- name: PlanImportRow :exec
UPDATE import_rows SET kind = sqlc.arg(kind), user_id = sqlc.arg(user_id), steps = sqlc.arg(steps), reasons = sqlc.arg(reasons),
    candidates = sqlc.arg(candidates), leaves = sqlc.arg(leaves)
WHERE organization_id = sqlc.arg(organization_id) AND import_id = sqlc.arg(import_id) AND position = sqlc.arg(position);

-- name: JoinImportRows :exec
-- What the row says about classes counts for the row it is part of.
UPDATE import_enrolments SET person_key = sqlc.arg(person_key)
WHERE organization_id = sqlc.arg(organization_id) AND import_id = sqlc.arg(import_id) AND own_key = sqlc.arg(own_key);

-- name: DecideImportRow :exec
UPDATE import_rows SET decision = sqlc.arg(decision), with_user = sqlc.arg(with_user), with_row = sqlc.arg(with_row)
WHERE organization_id = sqlc.arg(organization_id) AND import_id = sqlc.arg(import_id) AND position = sqlc.arg(position);

-- name: CountImportKinds :many
SELECT kind, COUNT(*) AS number FROM import_rows
WHERE organization_id = sqlc.arg(organization_id) AND import_id = sqlc.arg(import_id) GROUP BY kind;

-- name: CountImportLeaving :one
SELECT COUNT(*) FROM import_rows
WHERE organization_id = sqlc.arg(organization_id) AND import_id = sqlc.arg(import_id) AND kind IN ('move', 'remove') AND leaves;

-- name: ImportRow :one
SELECT * FROM import_rows WHERE organization_id = sqlc.arg(organization_id) AND import_id = sqlc.arg(import_id) AND position = sqlc.arg(position);

-- name: ImportRowsOfKind :many
SELECT * FROM import_rows
WHERE organization_id = sqlc.arg(organization_id) AND import_id = sqlc.arg(import_id) AND kind = sqlc.arg(kind) AND position > sqlc.arg(after)
ORDER BY position LIMIT sqlc.arg(max_rows);

-- name: ImportRowsOfOutcome :many
SELECT * FROM import_rows
WHERE organization_id = sqlc.arg(organization_id) AND import_id = sqlc.arg(import_id) AND outcome = sqlc.arg(outcome) AND outcome <> ''
    AND position > sqlc.arg(after)
ORDER BY position LIMIT sqlc.arg(max_rows);

-- name: ImportRowsUndone :many
SELECT * FROM import_rows
WHERE organization_id = sqlc.arg(organization_id) AND import_id = sqlc.arg(import_id) AND undo = sqlc.arg(undo) AND undo <> ''
    AND position > sqlc.arg(after)
ORDER BY position LIMIT sqlc.arg(max_rows);

-- name: ImportRowsAfter :many
SELECT * FROM import_rows
WHERE organization_id = sqlc.arg(organization_id) AND import_id = sqlc.arg(import_id) AND position > sqlc.arg(after)
ORDER BY position LIMIT sqlc.arg(max_rows);

-- name: ImportRowsInState :many
SELECT * FROM import_rows
WHERE organization_id = sqlc.arg(organization_id) AND import_id = sqlc.arg(import_id) AND state = sqlc.arg(state) AND position > sqlc.arg(after)
ORDER BY position LIMIT sqlc.arg(max_rows);

-- name: LeaveUnchangedImportRows :exec
UPDATE import_rows SET state = 'left'
WHERE organization_id = sqlc.arg(organization_id) AND import_id = sqlc.arg(import_id) AND state = 'waiting'
    AND kind IN ('error', 'conflict', 'skipped', 'unchanged', 'duplicate');

-- name: LeaveImportRows :execrows
UPDATE import_rows SET state = 'left'
WHERE organization_id = sqlc.arg(organization_id) AND import_id = sqlc.arg(import_id) AND state = 'waiting';

-- name: BeginImportRow :exec
UPDATE import_rows SET state = 'begun', user_id = sqlc.arg(user_id), user_name = sqlc.arg(user_name), sealed = sqlc.arg(sealed)
WHERE organization_id = sqlc.arg(organization_id) AND import_id = sqlc.arg(import_id) AND position = sqlc.arg(position);

-- name: SetImportRowSecret :exec
UPDATE import_rows SET sealed = sqlc.arg(sealed)
WHERE organization_id = sqlc.arg(organization_id) AND import_id = sqlc.arg(import_id) AND position = sqlc.arg(position) AND state = 'begun';

-- name: CloseImportRow :execrows
UPDATE import_rows SET state = 'done', outcome = sqlc.arg(outcome), reasons = sqlc.arg(reasons), user_name = sqlc.arg(user_name),
    user_id = sqlc.arg(user_id), steps = sqlc.arg(steps), sealed = ''
WHERE organization_id = sqlc.arg(organization_id) AND import_id = sqlc.arg(import_id) AND position = sqlc.arg(position) AND state <> 'done';

-- name: ConflictImportRow :exec
UPDATE import_rows SET state = 'left', kind = 'conflict', reasons = sqlc.arg(reasons)
WHERE organization_id = sqlc.arg(organization_id) AND import_id = sqlc.arg(import_id) AND position = sqlc.arg(position);

-- name: ImportRowsToUndo :many
-- The last ones first.
SELECT * FROM import_rows
WHERE organization_id = sqlc.arg(organization_id) AND import_id = sqlc.arg(import_id) AND state = 'done' AND undo IN ('', 'begun')
    AND outcome <> 'refused' AND kind IN ('create', 'move', 'update', 'remove')
ORDER BY position DESC LIMIT sqlc.arg(max_rows);

-- name: UndoImportRow :execrows
UPDATE import_rows SET undo = sqlc.arg(undo), reasons = sqlc.arg(reasons)
WHERE organization_id = sqlc.arg(organization_id) AND import_id = sqlc.arg(import_id) AND position = sqlc.arg(position)
    AND undo IN ('', 'begun');

-- name: DeleteImportPrints :exec
-- Those that the import was the first to leave.
DELETE FROM external_ids WHERE external_ids.organization_id = sqlc.arg(home_id) AND external_ids.source = 'row'
    AND external_ids.set_us = sqlc.arg(set_us) AND external_ids.external_id IN (SELECT r.print FROM import_rows r
        WHERE r.organization_id = sqlc.arg(organization_id) AND r.import_id = sqlc.arg(import_id) AND r.print <> '');

-- name: KeepExternalID :exec
INSERT INTO external_ids (organization_id, source, external_id, user_id, set_us)
VALUES (sqlc.arg(organization_id), sqlc.arg(source), sqlc.arg(external_id), sqlc.arg(user_id), sqlc.arg(now_us))
ON CONFLICT (organization_id, source, external_id) DO NOTHING;

-- name: HoldersHere :many
SELECT user_id FROM role_assignments WHERE organization_id = sqlc.arg(organization_id) LIMIT sqlc.arg(max_rows);

-- name: ImportClassroomsAfter :many
SELECT * FROM import_classrooms
WHERE organization_id = sqlc.arg(organization_id) AND import_id = sqlc.arg(import_id) AND position > sqlc.arg(after)
ORDER BY position LIMIT sqlc.arg(max_rows);

-- name: CountImportClassrooms :many
SELECT kind, COUNT(*) AS number FROM import_classrooms
WHERE organization_id = sqlc.arg(organization_id) AND import_id = sqlc.arg(import_id) GROUP BY kind;

-- name: PlanImportClassroom :exec
UPDATE import_classrooms SET kind = sqlc.arg(kind), classroom_id = sqlc.arg(classroom_id), before_name = sqlc.arg(before_name), reason = sqlc.arg(reason)
WHERE organization_id = sqlc.arg(organization_id) AND import_id = sqlc.arg(import_id) AND position = sqlc.arg(position);

-- name: CloseImportClassroom :execrows
UPDATE import_classrooms SET state = sqlc.arg(state), classroom_id = sqlc.arg(classroom_id), reason = sqlc.arg(reason)
WHERE organization_id = sqlc.arg(organization_id) AND import_id = sqlc.arg(import_id) AND position = sqlc.arg(position);

-- name: UndoImportClassroom :execrows
UPDATE import_classrooms SET undo = sqlc.arg(undo), reason = sqlc.arg(reason)
WHERE organization_id = sqlc.arg(organization_id) AND import_id = sqlc.arg(import_id) AND position = sqlc.arg(position);

-- name: ExternalClassroom :one
SELECT x.classroom_id, o.name, o.state FROM external_classrooms x
JOIN organizations o ON o.id = x.classroom_id
WHERE x.organization_id = sqlc.arg(organization_id) AND x.source = sqlc.arg(source) AND x.external_id = sqlc.arg(external_id);

-- name: PutExternalClassroom :exec
INSERT INTO external_classrooms (organization_id, source, external_id, classroom_id, set_us)
VALUES (sqlc.arg(organization_id), sqlc.arg(source), sqlc.arg(external_id), sqlc.arg(classroom_id), sqlc.arg(now_us))
ON CONFLICT (organization_id, source, external_id) DO UPDATE SET classroom_id = excluded.classroom_id, set_us = excluded.set_us;

-- name: DeleteExternalClassroom :exec
DELETE FROM external_classrooms
WHERE organization_id = sqlc.arg(organization_id) AND source = sqlc.arg(source) AND external_id = sqlc.arg(external_id)
    AND classroom_id = sqlc.arg(classroom_id);

-- name: PutExternalID :exec
INSERT INTO external_ids (organization_id, source, external_id, user_id, set_us)
VALUES (sqlc.arg(organization_id), sqlc.arg(source), sqlc.arg(external_id), sqlc.arg(user_id), sqlc.arg(now_us))
ON CONFLICT (organization_id, source, external_id) DO UPDATE SET user_id = excluded.user_id, set_us = excluded.set_us;

-- name: DeleteExternalID :exec
DELETE FROM external_ids
WHERE organization_id = sqlc.arg(organization_id) AND source = sqlc.arg(source) AND external_id = sqlc.arg(external_id)
    AND user_id = sqlc.arg(user_id);

-- name: FindImportRemoved :exec
-- Rows of people who are not on the list are about them and nobody else.
INSERT INTO import_candidates (organization_id, import_id, position, user_id, by_what)
SELECT r.organization_id, r.import_id, r.position, r.user_id, 'external-id'
FROM import_rows r
WHERE r.organization_id = sqlc.arg(organization_id) AND r.import_id = sqlc.arg(import_id)
    AND r.position > sqlc.arg(after) AND r.position <= sqlc.arg(upto) AND r.position > sqlc.arg(removed) AND r.user_id <> ''
ON CONFLICT DO NOTHING;

-- name: DeleteImportRemoved :exec
DELETE FROM import_rows
WHERE organization_id = sqlc.arg(organization_id) AND import_id = sqlc.arg(import_id) AND position > sqlc.arg(removed);

-- name: CountImportConcerned :one
-- Students of the classes that the list names.
SELECT COUNT(DISTINCT a.user_id) FROM import_classrooms c
JOIN organizations o ON o.id = c.classroom_id
JOIN role_assignments a ON a.organization_id = o.id AND a.role_order = 4
WHERE c.organization_id = sqlc.arg(organization_id) AND c.import_id = sqlc.arg(import_id) AND c.classroom_id <> '';

-- name: CountImportConcernedBySource :one
-- Students who are in none of those, and in classes that lists of the source have
-- numbers of.
SELECT COUNT(DISTINCT a.user_id) FROM external_classrooms x
JOIN organizations o ON o.id = x.classroom_id AND o.state = 'active'
JOIN role_assignments a ON a.organization_id = o.id AND a.role_order = 4
WHERE x.organization_id = sqlc.arg(organization_id) AND x.source = sqlc.arg(source)
    AND NOT EXISTS (SELECT 1 FROM import_classrooms c
        JOIN organizations o ON o.id = c.classroom_id
        JOIN role_assignments b ON b.organization_id = o.id AND b.user_id = a.user_id AND b.role_order = 4
        WHERE c.organization_id = sqlc.arg(organization_id) AND c.import_id = sqlc.arg(import_id) AND c.classroom_id <> '');

-- name: CountImportClassKey :one
SELECT COUNT(*) FROM import_classrooms
WHERE organization_id = sqlc.arg(organization_id) AND import_id = sqlc.arg(import_id) AND class_key = sqlc.arg(class_key);

-- name: ImportNumbersOfClassroom :many
-- The numbers that lists of a source have of a classroom.
SELECT external_id FROM external_classrooms
WHERE organization_id = sqlc.arg(organization_id) AND classroom_id = sqlc.arg(classroom_id) AND source = sqlc.arg(source)
ORDER BY external_id;

-- name: BringImportElsewhereHere :exec
-- A list that never says this class speaks about it all the same.
INSERT INTO import_enrolments (organization_id, import_id, person_key, class_key, role, gone, own_key)
SELECT e.organization_id, e.import_id, e.person_key, 'here', e.role, e.gone, e.own_key FROM import_enrolments e
WHERE e.organization_id = sqlc.arg(organization_id) AND e.import_id = sqlc.arg(import_id) AND e.class_key = 'elsewhere'
ON CONFLICT (organization_id, import_id, person_key, class_key, role, own_key) DO NOTHING;

-- name: MissingImportStudents :many
-- Students of one of the classes that a list is about whom none of its rows is, nor
-- may be where that is not decided, or wrong; in the order of their names.
SELECT a.user_id, a.sort_name, u.given_name, u.family_name FROM organizations o
JOIN role_assignments a ON a.organization_id = o.id AND a.role_order = 4
    AND (a.sort_name, a.user_id) > (CAST(sqlc.arg(after_name) AS TEXT), CAST(sqlc.arg(after_id) AS TEXT))
JOIN users u ON u.id = a.user_id
WHERE o.id = sqlc.arg(classroom_id) AND (o.school_id = sqlc.arg(organization_id) OR o.id = sqlc.arg(organization_id))
    AND NOT EXISTS (SELECT 1 FROM import_rows r WHERE r.organization_id = sqlc.arg(organization_id)
        AND r.import_id = sqlc.arg(import_id) AND r.user_id = a.user_id AND r.user_id <> '')
    AND NOT EXISTS (SELECT 1 FROM import_candidates c CROSS JOIN import_rows r
        WHERE c.organization_id = sqlc.arg(organization_id) AND c.import_id = sqlc.arg(import_id) AND c.user_id = a.user_id
            AND r.organization_id = sqlc.arg(organization_id) AND r.import_id = c.import_id AND r.position = c.position
            AND r.kind IN ('duplicate', 'error', 'conflict', 'skipped'))
ORDER BY a.sort_name, a.user_id LIMIT sqlc.arg(max_rows);

-- name: ImportClassroomsOfSource :many
-- Classrooms in use that lists of a source have made or named, and this one does
-- not name.
SELECT x.classroom_id FROM external_classrooms x
JOIN organizations o ON o.id = x.classroom_id AND o.state = 'active'
WHERE x.organization_id = sqlc.arg(organization_id) AND x.source = sqlc.arg(source)
    AND NOT EXISTS (SELECT 1 FROM import_classrooms c WHERE c.organization_id = sqlc.arg(organization_id)
        AND c.import_id = sqlc.arg(import_id) AND c.classroom_id = x.classroom_id AND c.classroom_id <> '');

-- name: ImportOtherNumber :one
-- Whether a classroom has another number of the same source.
SELECT COUNT(*) FROM external_classrooms x
WHERE x.organization_id = sqlc.arg(organization_id) AND x.classroom_id = sqlc.arg(classroom_id) AND x.source = sqlc.arg(source)
    AND x.external_id <> sqlc.arg(external_id);

-- name: ImportClassroomTaken :one
-- Whether another class of the list is that classroom.
SELECT COUNT(*) FROM import_classrooms
WHERE organization_id = sqlc.arg(organization_id) AND import_id = sqlc.arg(import_id) AND classroom_id = sqlc.arg(classroom_id)
    AND classroom_id <> '' AND position <> sqlc.arg(position);

-- name: UndecidedImportRows :many
SELECT * FROM import_rows
WHERE organization_id = sqlc.arg(organization_id) AND import_id = sqlc.arg(import_id) AND kind = 'duplicate' AND decision = ''
    AND position > sqlc.arg(after)
ORDER BY position LIMIT sqlc.arg(max_rows);

-- name: TellImportPrintsApart :execrows
-- Rows that say exactly the same, all but the first, have another print than it.
UPDATE import_rows SET print = print || '+'
WHERE import_rows.organization_id = sqlc.arg(organization_id) AND import_rows.import_id = sqlc.arg(import_id) AND import_rows.print <> ''
    AND import_rows.person_key LIKE 'r:%'
    AND EXISTS (SELECT 1 FROM import_rows o WHERE o.organization_id = sqlc.arg(organization_id) AND o.import_id = sqlc.arg(import_id)
        AND o.name_key = import_rows.name_key AND o.name_key <> '' AND o.print = import_rows.print AND o.position < import_rows.position);

-- name: KeepImportPrints :exec
-- What was decided about rows is known the next time.
INSERT INTO external_ids (organization_id, source, external_id, user_id, set_us)
SELECT sqlc.arg(home_id), 'row', r.print, r.user_id, sqlc.arg(now_us) FROM import_rows r
WHERE r.organization_id = sqlc.arg(organization_id) AND r.import_id = sqlc.arg(import_id)
    AND r.print <> '' AND r.user_id <> '' AND r.kind IN ('unchanged', 'update', 'move', 'create') AND r.outcome NOT IN ('refused', 'invited')
ON CONFLICT (organization_id, source, external_id) DO UPDATE SET user_id = excluded.user_id, set_us = excluded.set_us
WHERE external_ids.user_id <> excluded.user_id;

-- name: KeepJoinedImportPrints :exec
INSERT INTO external_ids (organization_id, source, external_id, user_id, set_us)
SELECT sqlc.arg(home_id), 'row', r.print, f.user_id, sqlc.arg(now_us) FROM import_rows r
JOIN import_rows f ON f.organization_id = sqlc.arg(organization_id) AND f.import_id = r.import_id AND f.position = r.with_row
WHERE r.organization_id = sqlc.arg(organization_id) AND r.import_id = sqlc.arg(import_id)
    AND r.print <> '' AND r.with_row <> 0 AND r.decision = 'merge' AND f.user_id <> ''
ON CONFLICT (organization_id, source, external_id) DO UPDATE SET user_id = excluded.user_id, set_us = excluded.set_us
WHERE external_ids.user_id <> excluded.user_id;

-- name: ImportCreated :many
-- Whom an import made an account.
SELECT r.user_id FROM import_rows r
WHERE r.organization_id = sqlc.arg(organization_id) AND r.import_id = sqlc.arg(import_id) AND r.kind = 'create' AND r.state = 'done'
    AND r.outcome IN ('verified', 'repaired') AND r.position > (SELECT COALESCE(MAX(p.position), 0) FROM import_rows p
        WHERE p.organization_id = sqlc.arg(organization_id) AND p.import_id = sqlc.arg(import_id) AND p.user_id = sqlc.arg(after) AND p.user_id <> '' AND p.kind = 'create')
ORDER BY r.position LIMIT sqlc.arg(max_rows);

-- name: TakenImportUserName :one
SELECT COUNT(*) FROM users u WHERE LOWER(u.user_name) = sqlc.arg(user_name)
    AND u.organization_id = sqlc.arg(organization_id);
