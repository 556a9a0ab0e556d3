package store

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // the driver "sqlite"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store/query"
)

//go:embed migrations/sqlite/*.sql migrations/postgres/*.sql
var migrations embed.FS

// Options say where the database is and what it needs to know.
type Options struct {
	// Path is the SQLite file. Its directory is made.
	Path string
	// Keys seal the secrets the store has to read back.
	Keys *KeyRing
	// Operators is the operators' organization: a role assignment there is what
	// makes an operator. Without it nobody is one.
	Operators identity.OrganizationID
	// Now is the clock; nil is [time.Now].
	Now func() time.Time
}

// Store is the database. It is safe for use by many goroutines.
type Store struct {
	path      string
	writer    *sql.DB // one connection: SQLite has one writer, and River shares it
	reader    *sql.DB
	keys      *KeyRing
	operators identity.OrganizationID
	clock     func() time.Time
	queue     Queue
	turns     turns
}

// Queue is the background work the store causes: enqueued in the transaction of
// the rows it is about, so that neither is there without the other.
type Queue interface {
	Enqueue(ctx context.Context, tx *sql.Tx, kind string, payload any) error
}

// Open opens the database, made and migrated where needed.
func Open(ctx context.Context, options Options) (*Store, error) {
	if options.Keys == nil {
		return nil, fmt.Errorf("open store: no key ring")
	}
	if err := os.MkdirAll(filepath.Dir(options.Path), 0o700); err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	s := &Store{path: options.Path, keys: options.Keys, operators: options.Operators, clock: options.Now}
	if s.clock == nil {
		s.clock = time.Now
	}
	if err := s.connect(); err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	if err := migrate(ctx, s.writer); err != nil {
		_ = s.Close()
		return nil, fmt.Errorf("open store: %w", translate(err))
	}
	if err := s.catchUpAudit(ctx); err != nil {
		_ = s.Close()
		return nil, fmt.Errorf("open store: %w", translate(err))
	}
	return s, nil
}

// connect opens the pools of connections to the file.
func (s *Store) connect() (err error) {
	if s.writer, err = sql.Open("sqlite", dsn(s.path, true)); err != nil {
		return err
	}
	s.writer.SetMaxOpenConns(1)
	if s.reader, err = sql.Open("sqlite", dsn(s.path, false)); err != nil {
		return err
	}
	s.reader.SetMaxOpenConns(readers)
	s.reader.SetMaxIdleConns(readers)
	return nil
}

// readers is how many connections read at once. Each costs some memory and a
// page cache; a read of a page lasts well below a millisecond.
const readers = 8

// dsn puts the pragmas where they reach every connection of the pool.
// busy_timeout comes first, because the others may meet a lock.
func dsn(path string, writes bool) string {
	pragmas := url.Values{"_pragma": {
		"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(NORMAL)", "foreign_keys(1)",
	}}
	if writes {
		pragmas.Set("_txlock", "immediate")
	} else {
		pragmas.Add("_pragma", "query_only(1)")
	}
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + pragmas.Encode()
}

func migrate(ctx context.Context, db *sql.DB) error {
	files, err := fs.Sub(migrations, "migrations/sqlite")
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, files)
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}

// Close closes the database. Nothing may use it any more.
func (s *Store) Close() error {
	for _, pool := range []*sql.DB{s.reader, s.writer} {
		if pool == nil {
			continue
		}
		if err := pool.Close(); err != nil {
			return fmt.Errorf("close store: %w", err)
		}
	}
	return nil
}

// Writer is the one writing connection, which background work has to share: two
// busy writing pools starve each other. It is for package jobs alone.
func (s *Store) Writer() *sql.DB { return s.writer }

// UseQueue says where background work goes. It is called once, before anything
// uses the store.
func (s *Store) UseQueue(queue Queue) { s.queue = queue }

// Ready reports whether the database can be read and written. A full disk is
// unavailable ("store.full").
func (s *Store) Ready(ctx context.Context) error {
	if err := s.reader.PingContext(ctx); err != nil {
		return fmt.Errorf("read the database: %w", translate(err))
	}
	err := s.write(ctx, func(tx *transaction) error {
		return tx.SetProjectionState(ctx, query.SetProjectionStateParams{Name: "store.ready", AtUs: tx.now})
	})
	if err != nil {
		return fmt.Errorf("write to the database: %w", err)
	}
	return nil
}

// transaction is one writing transaction, with the moment it began. It is handed
// on: the pool has one connection, and asking it for another one in here would
// wait forever.
type transaction struct {
	*query.Queries
	tx  *sql.Tx
	now int64 // Unix microseconds
}

// write runs f in a transaction, which is undone if f fails or panics. f calls
// nothing over a network.
func (s *Store) write(ctx context.Context, f func(*transaction) error) error {
	tx, err := s.writer.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", translate(err))
	}
	defer func() { _ = tx.Rollback() }() // after a commit there is nothing to undo
	if err := f(&transaction{Queries: query.New(tx), tx: tx, now: micros(s.clock())}); err != nil {
		return translate(err)
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", translate(err))
	}
	return nil
}

// read gives the statements on the readers' pool.
func (s *Store) read() *query.Queries { return query.New(s.reader) }

// enqueue adds background work to the transaction.
func (s *Store) enqueue(ctx context.Context, tx *transaction, kind string, payload any) error {
	if s.queue == nil {
		return fmt.Errorf("enqueue %s: the store has no queue", kind)
	}
	if err := s.queue.Enqueue(ctx, tx.tx, kind, payload); err != nil {
		return fmt.Errorf("enqueue %s: %w", kind, err)
	}
	return nil
}

// micros is t in Unix microseconds. The zero time is 0, "never".
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// moment is the time of a column in Unix microseconds; 0 is the zero time.
func moment(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}

// turns lets one thing at a time happen to an organization.
type turns struct {
	mu    sync.Mutex
	rooms map[identity.OrganizationID]*turn
}

type turn struct {
	held    chan struct{} // full while somebody is in
	waiting int
}

// take waits for the organization's turn and returns what gives it back.
func (t *turns) take(ctx context.Context, id identity.OrganizationID) (func(), error) {
	t.mu.Lock()
	if t.rooms == nil {
		t.rooms = make(map[identity.OrganizationID]*turn)
	}
	room := t.rooms[id]
	if room == nil {
		room = &turn{held: make(chan struct{}, 1)}
		t.rooms[id] = room
	}
	room.waiting++
	t.mu.Unlock()

	leave := func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if room.waiting--; room.waiting == 0 {
			delete(t.rooms, id)
		}
	}
	select {
	case room.held <- struct{}{}:
		return func() { <-room.held; leave() }, nil
	case <-ctx.Done():
		leave()
		return nil, ctx.Err()
	}
}
