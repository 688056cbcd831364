package child

import "io"

// copySize is how much of a child's output is read at a time, in bytes: what a pipe holds on Linux.
const copySize = 64 << 10

// copyOutput copies until the end. What is written is written at once.
func copyOutput(to io.Writer, from io.Reader) error {
	buf := make([]byte, copySize)
	for {
		n, err := from.Read(buf)
		if n > 0 {
			if _, err := to.Write(buf[:n]); err != nil {
				return err
			}
		}
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		}
	}
}
