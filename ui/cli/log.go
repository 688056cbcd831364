package cli

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"botring/fleet/fault"
	"botring/ui/cli/logfile"
)

// A log is what a command leaves in the log file. A nil one leaves nothing.
type log struct {
	file    *logfile.File
	records *slog.Logger
}

// openLog makes the log of a home, "" for the usual one. Nothing touches the disk before the first record.
func openLog(home, version, command string) *log {
	path, err := logPath(home)
	if err != nil {
		return &log{records: slog.New(slog.DiscardHandler)}
	}
	file := logfile.New(path)
	text := slog.NewTextHandler(file, &slog.HandlerOptions{ReplaceAttr: inWords}).WithAttrs([]slog.Attr{slog.Int("pid", os.Getpid())})
	start := slog.NewRecord(time.Now(), slog.LevelInfo, "start", 0)
	start.AddAttrs(slog.String("version", version), slog.String("command", command),
		slog.String("os", runtime.GOOS), slog.String("arch", runtime.GOARCH))
	return &log{file, slog.New(headed{text, &start, new(sync.Once)})}
}

// logPath is where the log of a home is, "" for the usual one.
func logPath(home string) (string, error) {
	if home != "" {
		return filepath.Join(home, logfile.Name), nil
	}
	return logfile.DefaultPath()
}

// inWords puts errors into the words that the log has for them.
func inWords(_ []string, attr slog.Attr) slog.Attr {
	if err, ok := attr.Value.Any().(error); ok {
		return slog.Attr{Value: slog.GroupValue(fault.LogAttrs(err)...)}
	}
	return attr
}

// told keeps an error that the user is told of, whoever made it.
func (l *log) told(err error) {
	if l != nil {
		l.records.Error("told", slog.Any("error", err))
	}
}

// path is where the log is, as people write it, or "" where nothing could be written.
func (l *log) path() string {
	if l == nil {
		return ""
	}
	path := l.file.Path()
	home, err := os.UserHomeDir()
	if err != nil || runtime.GOOS == "windows" {
		return path
	}
	if rest, ok := strings.CutPrefix(path, filepath.Clean(home)+"/"); ok {
		return "~/" + rest
	}
	return path
}

// headed writes a record of the start before the first one.
type headed struct {
	slog.Handler
	start *slog.Record
	once  *sync.Once
}

// Handle writes a record.
func (h headed) Handle(ctx context.Context, record slog.Record) error {
	h.once.Do(func() { _ = h.Handler.Handle(ctx, *h.start) })
	return h.Handler.Handle(ctx, record)
}

// WithAttrs keeps the start before what is written with these attributes.
func (h headed) WithAttrs(attrs []slog.Attr) slog.Handler {
	h.Handler = h.Handler.WithAttrs(attrs)
	return h
}

// WithGroup keeps the start before what is written in this group.
func (h headed) WithGroup(name string) slog.Handler {
	h.Handler = h.Handler.WithGroup(name)
	return h
}
