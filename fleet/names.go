package fleet

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The longest names, in characters. What all of them take in an item's 1,200 bytes is of no matter:
// the item drops what does not fit, the catalogue has it.
const (
	maxLabel   = 64
	maxTag     = 32
	maxAppName = 64
)

// checkName says what is wrong with a name that commands have to tell from ids and usernames.
func checkName(field Field, name string, limit int) *InputError {
	wrong := func(p Problem) *InputError { return &InputError{Field: field, Problem: p, Got: name} }
	switch {
	case !isText(name):
		// Not repeated: what cannot be shown cannot be named.
		return &InputError{Field: field, Problem: ProblemCharacters}
	case utf8.RuneCountInString(name) > limit:
		return &InputError{Field: field, Problem: ProblemTooLong, Got: fmt.Sprint(utf8.RuneCountInString(name)), Want: fmt.Sprint(limit)}
	case isNumber(name), strings.HasPrefix(name, "@"), isKey(name):
		return wrong(ProblemReserved)
	}
	return nil
}

// isText reports whether a terminal can show name as it is: no control characters, and none that reorder
// what stands around them.
func isText(name string) bool {
	return utf8.ValidString(name) && !strings.ContainsFunc(name, func(r rune) bool {
		return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == utf8.RuneError || r == '\u2028' || r == '\u2029'
	})
}

func isNumber(text string) bool { return text != "" && strings.Trim(text, "0123456789") == "" }

// isKey reports whether text reads as "environment/id".
func isKey(text string) bool {
	environment, id, found := strings.Cut(text, "/")
	return found && isEnvironmentName(environment) && isNumber(id)
}

// CheckTags says what is wrong with tags that are typed, nil if nothing is.
func CheckTags(tags []string) *InputError {
	_, err := cleanTags(tags)
	return asInput(err)
}

// cleanTags are tags as they are kept: in the order given, each once.
func cleanTags(tags []string) ([]string, error) {
	var clean []string
	for _, tag := range tags {
		tag = strings.TrimSpace(tag)
		switch {
		case tag == "":
			return nil, &InputError{Field: FieldTag, Problem: ProblemEmpty}
		case !isText(tag):
			return nil, &InputError{Field: FieldTag, Problem: ProblemCharacters}
		case strings.ContainsFunc(tag, func(r rune) bool { return unicode.IsSpace(r) || r == ',' }):
			return nil, &InputError{Field: FieldTag, Problem: ProblemSyntax, Got: tag}
		case utf8.RuneCountInString(tag) > maxTag:
			return nil, &InputError{Field: FieldTag, Problem: ProblemTooLong, Got: fmt.Sprint(utf8.RuneCountInString(tag)), Want: fmt.Sprint(maxTag)}
		}
		if !slices.Contains(clean, tag) {
			clean = append(clean, tag)
		}
	}
	return clean, nil
}
