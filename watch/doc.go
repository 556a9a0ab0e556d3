// Package watch looks after the schools' connections while nobody does: once a
// day it fetches the metadata of identity providers again, proposes what changed,
// and warns a school's admins before a certificate ends, theirs or Zitadel's own.
package watch
