// Package export writes what a school owns as one signed archive, so that the
// school can leave with it.
//
// The archive is a ZIP. data/ holds every row that the portal keeps of the school
// and its classrooms, one file of JSON Lines for each table, and what it knows of
// Zitadel; csv/ the same for people who read tables; oneroster.zip the rosters as
// OneRoster 1.2; manifest.json lists each file with its length and its SHA-256,
// and manifest.sig is an Ed25519 signature of the manifest. Secrets are not in it.
// Everything is streamed: memory does not grow with the school. Start reading at
// [Write]; [Verify] reads an archive back. It imports identity, store and audit.
package export
