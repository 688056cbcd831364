package fleet

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"

	"botring/fleet/store"
	"botring/internal/secret"
)

// newApp checks an app whose hash was typed. A known one keeps its name.
func (f *Fleet) newApp(ctx context.Context, on *ground, name string, apiID int, hash secret.Secret) (appItem, error) {
	app := appItem{Name: name, APIID: apiID, Hash: secret.New(Trim(hash.Reveal()))}
	if _, problem := CheckAPIID(strconv.Itoa(apiID)); problem != nil && !problem.Warning() {
		return appItem{}, problem
	}
	if problem := CheckAPIHash(app.Hash.Reveal()); problem != nil && !problem.Warning() {
		return appItem{}, problem
	}
	apps, err := on.Apps(ctx)
	if err != nil {
		return appItem{}, err
	}
	for _, known := range apps {
		if known.APIID == apiID {
			app.Name = known.Name
			return app, nil
		}
	}
	if name == "" {
		app.Name = freeName(apps)
		return app, nil
	}
	return app, checkAppName(apps, apiID, name)
}

// checkAppName says what is wrong with a name for an app.
func checkAppName(apps []App, apiID int, name string) error {
	if name == "" {
		return &InputError{Field: FieldAppName, Problem: ProblemEmpty}
	}
	if problem := checkName(FieldAppName, name, maxAppName); problem != nil {
		return problem
	}
	if taken(apps, apiID, name) {
		return &InputError{Field: FieldAppName, Problem: ProblemTaken, Got: name}
	}
	return nil
}

func taken(apps []App, apiID int, name string) bool {
	for _, app := range apps {
		if app.APIID != apiID && strings.EqualFold(app.Name, name) {
			return true
		}
	}
	return false
}

// freeName names an app that was given no name: "main", then "app 2" and so on.
func freeName(apps []App) string {
	name := "main"
	for n := 2; taken(apps, 0, name); n++ {
		name = fmt.Sprint("app ", n)
	}
	return name
}

// AddApp saves an app. Its name and api_id must be new: *InputError. An empty name is "main", then
// "app 2" and so on.
func (f *Fleet) AddApp(ctx context.Context, name string, apiID int, hash secret.Secret) (app App, err error) {
	ctx, op := f.begin(ctx, "add app", Key{})
	defer op.end(&err)
	op.note(slog.Int("api_id", apiID))
	on := f.at.Load()
	if _, err := on.App(ctx, apiID); !errors.Is(err, store.ErrNotFound) {
		if err != nil {
			return App{}, err
		}
		return App{}, &InputError{Field: FieldAPIID, Problem: ProblemTaken, Got: strconv.Itoa(apiID)}
	}
	item, err := f.newApp(ctx, on, strings.TrimSpace(name), apiID, hash)
	if err != nil {
		return App{}, err
	}
	return f.saveApp(ctx, on, item, true)
}

// EditApp renames an app and, unless hash is empty, replaces its api_hash. An empty name leaves the name.
// Renaming alone does not touch the keyring: its item has the name as of its last write.
func (f *Fleet) EditApp(ctx context.Context, apiID int, name string, hash secret.Secret) (app App, err error) {
	ctx, op := f.begin(ctx, "edit app", Key{})
	defer op.end(&err)
	op.note(slog.Int("api_id", apiID))
	on := f.at.Load()
	app, err = on.App(ctx, apiID)
	if errors.Is(err, store.ErrNotFound) {
		return App{}, fmt.Errorf("%w: %d", ErrNoApp, apiID)
	}
	if err != nil {
		return App{}, err
	}
	if name = strings.TrimSpace(name); name != "" && name != app.Name {
		apps, err := on.Apps(ctx)
		if err != nil {
			return App{}, err
		}
		if err := checkAppName(apps, apiID, name); err != nil {
			return App{}, err
		}
		app.Name = name
	}
	item := appItem{Name: app.Name, APIID: apiID, Hash: secret.New(Trim(hash.Reveal()))}
	if item.Hash.Empty() {
		return f.saveApp(ctx, on, item, false)
	}
	if problem := CheckAPIHash(item.Hash.Reveal()); problem != nil && !problem.Warning() {
		return App{}, problem
	}
	return f.saveApp(ctx, on, item, true)
}

// saveApp writes an app's item, if its secret is new, and then its row.
func (f *Fleet) saveApp(ctx context.Context, on *ground, item appItem, secretToo bool) (App, error) {
	if secretToo {
		if err := f.writeApp(ctx, on, item); err != nil {
			return App{}, err
		}
		var cancel context.CancelFunc
		ctx, cancel = afterwards(ctx)
		defer cancel()
	}
	var marks []store.SecretMark
	if value, err := item.encode(); err == nil && secretToo {
		marks = on.marksOf(ctx, map[string]secret.Secret{appItemName(item.APIID): value})
	}
	err := on.PutApp(ctx, App{Name: item.Name, APIID: item.APIID}, marks...)
	if errors.Is(err, store.ErrTaken) {
		err = &InputError{Field: FieldAppName, Problem: ProblemTaken, Got: item.Name, Err: err}
	}
	if err != nil {
		return App{}, err
	}
	return on.App(ctx, item.APIID)
}

func (f *Fleet) writeApp(ctx context.Context, on *ground, item appItem) error {
	r, release, err := on.ring.hold(ctx)
	if err != nil {
		return err
	}
	defer release()
	_, err = mayReplace(ctx, r, appItemName(item.APIID), func(value secret.Secret) error {
		_, err := decodeAppItem(item.APIID, value)
		return err
	})
	if err != nil {
		return err
	}
	return putApp(ctx, r, item)
}

// RemoveApp removes an app that no bot uses, else *AppInUseError.
func (f *Fleet) RemoveApp(ctx context.Context, apiID int) (err error) {
	ctx, op := f.begin(ctx, "remove app", Key{})
	defer op.end(&err)
	op.note(slog.Int("api_id", apiID))
	on := f.at.Load()
	app, err := on.App(ctx, apiID)
	if errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("%w: %d", ErrNoApp, apiID)
	}
	if err != nil {
		return err
	}
	if app.Bots > 0 {
		return f.inUse(ctx, on, app)
	}
	r, release, err := on.ring.hold(ctx)
	if err != nil {
		return err
	}
	defer release()
	if err := deleteItem(ctx, r, appItemName(apiID)); err != nil {
		return err
	}
	ctx, cancel := afterwards(ctx)
	defer cancel()
	return on.DeleteApp(ctx, apiID)
}

func (f *Fleet) inUse(ctx context.Context, on *ground, app App) error {
	bots, err := on.Bots(ctx, f.now())
	if err != nil {
		return err
	}
	used := &AppInUseError{App: app}
	for _, bot := range bots {
		if bot.APIID == app.APIID {
			used.Bots = append(used.Bots, bot)
		}
	}
	return used
}
