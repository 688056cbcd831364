package store

import (
	"context"
	"database/sql"
	"errors"
)

const selectApps = `SELECT api_id, name, (SELECT count(*) FROM bots WHERE bots.api_id = apps.api_id) FROM apps`

// Apps returns all apps ordered by name.
func (s *Store) Apps(ctx context.Context) (apps []App, err error) {
	err = s.read(ctx, func(tx *txn) error {
		apps, err = readApps(ctx, tx)
		return err
	})
	return apps, err
}

func readApps(ctx context.Context, tx *txn) ([]App, error) {
	rows, err := tx.QueryContext(ctx, selectApps+` ORDER BY name, api_id`)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var apps []App
	for rows.Next() {
		var app App
		if err := rows.Scan(&app.APIID, &app.Name, &app.Bots); err != nil {
			return nil, err
		}
		apps = append(apps, app)
	}
	return apps, rows.Err()
}

// App returns one app, or ErrNotFound.
func (s *Store) App(ctx context.Context, apiID int) (app App, err error) {
	err = s.read(ctx, func(tx *txn) error {
		row := tx.QueryRowContext(ctx, selectApps+` WHERE api_id = ?`, apiID)
		return row.Scan(&app.APIID, &app.Name, &app.Bots)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return App{}, ErrNotFound
	}
	return app, err
}

// PutApp writes an app's row and marks, or ErrTaken when another app has the name.
func (s *Store) PutApp(ctx context.Context, app App, marks ...SecretMark) error {
	return s.write(ctx, true, func(tx *txn) error {
		if err := writeApp(ctx, tx, app); err != nil {
			return err
		}
		return writeMarks(ctx, tx, marks)
	})
}

func writeApp(ctx context.Context, tx *txn, app App) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO apps VALUES (?, ?) ON CONFLICT (api_id) DO UPDATE SET name = excluded.name`,
		app.APIID, app.Name)
	return err
}

// DeleteApp removes an app's row, or returns ErrNotFound.
func (s *Store) DeleteApp(ctx context.Context, apiID int) error {
	return s.write(ctx, true, func(tx *txn) error {
		result, err := tx.ExecContext(ctx, `DELETE FROM apps WHERE api_id = ?`, apiID)
		return oneRow(result, err)
	})
}
