package store

import (
	"database/sql"
	"errors"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"homeroom.dev/homeroom/identity"
)

// errConstraint reports a constraint that the caller ran into, for the few methods
// that say something better.
var errConstraint = errors.New("a constraint of the database")

// translate turns what the database says into what a user may read. Errors of
// ours and anything unknown pass unchanged. No other file knows SQLite's codes.
func translate(err error) error {
	if err == nil {
		return nil
	}
	var ours *identity.Error
	if errors.As(err, &ours) {
		return err
	}
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return err
	}
	switch code := e.Code(); code & 0xff {
	case sqlite3.SQLITE_FULL:
		return identity.Unavailable("store.full").Because(err)
	case sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY:
		return identity.Unavailable("store.unavailable").Because(err)
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return identity.Unavailable("store.busy").Because(err)
	case sqlite3.SQLITE_CONSTRAINT:
		return errors.Join(errConstraint, err)
	}
	return err
}

// orNotFound answers with missing where a statement found no row.
func orNotFound(err error, missing *identity.Error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return missing.Because(err)
	}
	return translate(err)
}
