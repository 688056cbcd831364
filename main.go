// Botring keeps Telegram bots: their tokens in the keyring, each one logged in, named and checked.
package main

import (
	"context"
	"os"
	"runtime/debug"

	"botring/ui/cli"
)

func main() {
	os.Exit(cli.Run(context.Background(), cli.Process{
		Args:    os.Args[1:],
		In:      os.Stdin,
		Out:     os.Stdout,
		Err:     os.Stderr,
		Environ: cli.OSEnviron{},
		Version: version(),
	}))
}

// version is that of the module, as go install or a tag of the repository tells it, or the commit.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "dev"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" && len(setting.Value) >= 12 {
			return "dev-" + setting.Value[:12]
		}
	}
	return "dev"
}
