package fleet

import (
	"context"

	"botring/fleet/files"
	"botring/fleet/radar"
)

// Scan looks for secrets in files, archives and the history of git (see radar.Scan), and in the session files of other
// libraries.
func Scan(ctx context.Context, opts radar.Options) (radar.Report, error) {
	opts.Sessions = storedSessions
	return radar.Scan(ctx, opts)
}

// ScanStaged is Scan of what the next commit would have in it.
func ScanStaged(ctx context.Context, folder string, opts radar.Options) (radar.Report, error) {
	opts.Sessions = storedSessions
	return radar.ScanStaged(ctx, folder, opts)
}

// storedSessions reads the sessions of bots in a database. One that is none of theirs has none.
func storedSessions(database []byte) (all []radar.Stored) {
	doc, err := files.Read("", database)
	if err != nil {
		return nil
	}
	for _, entry := range doc.Entries {
		if entry.Session != nil {
			all = append(all, radar.Stored{Key: entry.Session.Key, ID: entry.Session.UserID, Format: entry.Kind.String()})
		}
	}
	return all
}
