package store

import (
	"context"
	"database/sql"
	"sync"
)

// hotAfter is how often a statement runs before it is kept prepared. Most commands run each once, and SQLite
// takes a third of a check's time to read the same statements again.
const hotAfter = 3

// A hot is the statements that are kept prepared, and how often others ran.
type hot struct {
	mu    sync.Mutex
	runs  map[string]int
	ready map[string]*sql.Stmt
	due   []string
}

// prepare prepares what is due. Within a transaction it could not be: there is one connection.
func (h *hot) prepare(ctx context.Context, db *sql.DB) {
	h.mu.Lock()
	due := h.due
	h.due = nil
	h.mu.Unlock()
	for _, query := range due {
		// One that cannot be prepared goes on as it is: whoever runs it hears why.
		if statement, err := db.PrepareContext(ctx, query); err == nil { //nolint:sqlclosecheck // it ends with the database
			h.mu.Lock()
			h.ready[query] = statement
			h.mu.Unlock()
		}
	}
}

// find returns a statement that is prepared, nil for one that is not, and takes note of its run.
func (h *hot) find(query string) *sql.Stmt {
	h.mu.Lock()
	defer h.mu.Unlock()
	if statement := h.ready[query]; statement != nil {
		return statement
	}
	if h.runs[query]++; h.runs[query] == hotAfter {
		h.due = append(h.due, query)
	}
	return nil
}

// A txn is a transaction that runs prepared statements where there are.
type txn struct {
	*sql.Tx
	hot *hot
}

func (t *txn) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if statement := t.hot.find(query); statement != nil {
		return t.StmtContext(ctx, statement).QueryContext(ctx, args...) //nolint:sqlclosecheck // it ends with the transaction
	}
	return t.Tx.QueryContext(ctx, query, args...)
}

func (t *txn) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	if statement := t.hot.find(query); statement != nil {
		return t.StmtContext(ctx, statement).QueryRowContext(ctx, args...) //nolint:sqlclosecheck // it ends with the transaction
	}
	return t.Tx.QueryRowContext(ctx, query, args...)
}

func (t *txn) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	if statement := t.hot.find(query); statement != nil {
		return t.StmtContext(ctx, statement).ExecContext(ctx, args...) //nolint:sqlclosecheck // it ends with the transaction
	}
	return t.Tx.ExecContext(ctx, query, args...)
}
