package store

import (
	"context"
	"database/sql"

	"homeroom.dev/homeroom/store/query"
)

// prepared runs each statement of a transaction prepared, once for all its
// uses. Folding events repeats few statements thousands of times, and reading
// one that fires triggers takes SQLite longer than running it.
type prepared struct {
	tx         *sql.Tx
	statements map[string]*sql.Stmt
}

// prepare gives the same transaction with prepared statements. The returned
// function frees them.
func (tx *transaction) prepare() (*transaction, func()) {
	p := &prepared{tx: tx.tx, statements: map[string]*sql.Stmt{}}
	return &transaction{Queries: query.New(p), tx: tx.tx, now: tx.now}, func() {
		for _, statement := range p.statements {
			_ = statement.Close() // the transaction's end closes it as well
		}
	}
}

func (p *prepared) statement(ctx context.Context, text string) (*sql.Stmt, error) {
	if statement, ok := p.statements[text]; ok {
		return statement, nil
	}
	statement, err := p.tx.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	p.statements[text] = statement
	return statement, nil
}

// ExecContext is [query.DBTX].
func (p *prepared) ExecContext(ctx context.Context, text string, args ...any) (sql.Result, error) {
	statement, err := p.statement(ctx, text)
	if err != nil {
		return nil, err
	}
	return statement.ExecContext(ctx, args...)
}

// PrepareContext is [query.DBTX].
func (p *prepared) PrepareContext(ctx context.Context, text string) (*sql.Stmt, error) {
	return p.tx.PrepareContext(ctx, text)
}

// QueryContext is [query.DBTX].
func (p *prepared) QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	statement, err := p.statement(ctx, text)
	if err != nil {
		return nil, err
	}
	return statement.QueryContext(ctx, args...)
}

// QueryRowContext is [query.DBTX].
func (p *prepared) QueryRowContext(ctx context.Context, text string, args ...any) *sql.Row {
	statement, err := p.statement(ctx, text)
	if err != nil {
		return p.tx.QueryRowContext(ctx, text, args...) // fails the same way, and says so in the row
	}
	return statement.QueryRowContext(ctx, args...)
}
