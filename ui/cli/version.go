package cli

import (
	"fmt"
	"io"
	"runtime"

	"github.com/spf13/cobra"
)

func newVersion(s *shell) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Say which version this is",
		Long:  "Says which version of botring this is, and what it was built with.",
		Example: `  botring version
  botring version --json`,
		Args: args(0, 0, ""),
		RunE: func(*cobra.Command, []string) error { return s.version() },
	}
}

func (s *shell) version() error {
	object := versionObject{Version: s.Version, Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH}
	return s.answer(object, func(w io.Writer) {
		fmt.Fprintf(w, "botring %s (%s, %s/%s)\n", s.Version, object.Go, object.OS, object.Arch)
	})
}
