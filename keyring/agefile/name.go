package agefile

import (
	"fmt"
	"path"
	"strconv"
	"strings"
)

const (
	itemSuffix = ".age"
	// maxComponent is the longest file name that stands for a part of a name, in bytes. File systems
	// allow 255 with the suffix.
	maxComponent = 240
	// maxPath is the longest path of an item within the store, in bytes.
	maxPath = 1024
)

// itemPath returns the path of an item's file below the store's directory. Parts of the name are
// directories.
func itemPath(name string) (string, error) {
	parts := strings.Split(name, "/")
	for i, part := range parts {
		file, err := FileName(part)
		if err != nil {
			return "", err
		}
		parts[i] = file
	}
	joined := path.Join(itemsDir, path.Join(parts...)) + itemSuffix
	if len(joined) > maxPath {
		return "", fmt.Errorf("%w: a path of %d bytes, at most %d", ErrBadName, len(joined), maxPath)
	}
	return joined, nil
}

// itemName returns the name of the item whose file has this path; ok is false for a file that itemPath
// would not have named.
func itemName(file string) (name string, ok bool) {
	inner, found := strings.CutPrefix(file, itemsDir+"/")
	inner, isItem := strings.CutSuffix(inner, itemSuffix)
	if !found || !isItem {
		return "", false
	}
	parts := strings.Split(inner, "/")
	for i, part := range parts {
		if parts[i], ok = unescape(part); !ok {
			return "", false
		}
	}
	name = strings.Join(parts, "/")
	again, err := itemPath(name)
	return name, err == nil && again == file
}

// FileName returns the file name that stands for one part of a name, without a suffix. What some file
// system takes for special, or does not tell apart, such as capitals, is written as %XX. It refuses,
// with ErrBadName, parts that are empty, begin with a dot, hold a separator or a control character, or
// are too long.
func FileName(part string) (string, error) {
	switch {
	case part == "":
		return "", fmt.Errorf("%w: a part of it is empty", ErrBadName)
	case part[0] == '.':
		return "", fmt.Errorf("%w: %q begins with a dot", ErrBadName, part)
	case strings.ContainsFunc(part, func(r rune) bool { return r == '/' || r == '\\' || r < ' ' || r == 0x7f }):
		return "", fmt.Errorf("%w: %q has a separator or a control character", ErrBadName, part)
	}
	var b strings.Builder
	for i := range len(part) {
		if plain(part, i) {
			b.WriteByte(part[i])
		} else {
			fmt.Fprintf(&b, "%%%02X", part[i])
		}
	}
	if b.Len() > maxComponent {
		return "", fmt.Errorf("%w: a file name of %d bytes, at most %d", ErrBadName, b.Len(), maxComponent)
	}
	return b.String(), nil
}

// plain reports whether the byte at i stands for itself in a file name.
func plain(part string, i int) bool {
	switch c := part[i]; {
	case i == 0 && reserved(part), i == 0 && c == '-':
		return false
	case c == '.':
		// Windows drops a dot at the end, and a directory must not look like an item.
		return i != len(part)-1 && part[i:] != itemSuffix
	default:
		return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || strings.IndexByte("-_@+=,", c) >= 0
	}
}

// reserved reports whether Windows takes a file of this name, whatever follows its dot, for a device.
func reserved(part string) bool {
	base, _, _ := strings.Cut(part, ".")
	switch base {
	case "con", "prn", "aux", "nul":
		return true
	}
	return len(base) == 4 && (strings.HasPrefix(base, "com") || strings.HasPrefix(base, "lpt")) && '0' <= base[3] && base[3] <= '9'
}

// unescape reads a file name of FileName's.
func unescape(file string) (part string, ok bool) {
	var b strings.Builder
	for i := 0; i < len(file); i++ {
		if file[i] != '%' {
			b.WriteByte(file[i])
			continue
		}
		if i+2 >= len(file) {
			return "", false
		}
		code, err := strconv.ParseUint(file[i+1:i+3], 16, 8)
		if err != nil {
			return "", false
		}
		b.WriteByte(byte(code))
		i += 2
	}
	return b.String(), true
}
