package child

import (
	"bytes"
	"io"
)

// An attendant is the process between this one and a program with a terminal of its own.
type attendant struct {
	last  []byte    // its last words, after which there is no more output
	stays io.Closer // it ends when this is closed
}

// An untilLast reads until an attendant's last words, and lets it go.
type untilLast struct {
	r    io.Reader
	a    *attendant
	held []byte // was read, and may be the beginning of the last words
	end  error
}

func (u *untilLast) Read(p []byte) (int, error) {
	for u.end == nil {
		n := copy(p, u.held)
		more, err := u.r.Read(p[n:])
		data := p[:n+more]
		u.held = u.held[:0]
		if at := bytes.Index(data, u.a.last); at >= 0 {
			data, err = data[:at], io.EOF
		}
		if err != nil {
			u.end = err
			_ = u.a.stays.Close()
			return len(data), nil // and then the end
		}
		if keep := beginning(data, u.a.last); keep > 0 {
			u.held = append(u.held, data[len(data)-keep:]...)
			data = data[:len(data)-keep]
		}
		if len(data) > 0 {
			return len(data), nil
		}
	}
	return 0, u.end
}

// beginning is how many bytes at the end of data are the beginning of a text that is not in it.
func beginning(data, text []byte) int {
	for n := min(len(data), len(text)-1); n > 0; n-- {
		if bytes.HasSuffix(data, text[:n]) {
			return n
		}
	}
	return 0
}
