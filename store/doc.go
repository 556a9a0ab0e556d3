// Package store is the database: the projection of what Zitadel knows, and what
// Zitadel does not know, such as invitations, login sessions, settings, outgoing
// mail, audit records and, of a school's own sign-in, its connections, domains and
// set-up links.
//
// Start reading at [Store.OpenFor], which loads what [identity.Open] decides on,
// and at [Store.In], which gives the rows of an opened organization. No method
// of [Organization] takes an organization's ID, and every statement on an
// organization's table names it; a test reads them all. The statements that
// concern one person everywhere are in queries/across.sql.
//
// The statements in queries run on SQLite and PostgreSQL alike; search, which
// does not, has a file of its own. The package imports identity and the
// database libraries alone.
package store
