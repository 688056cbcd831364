package fleet

import (
	"strconv"
	"strings"

	"botring/fleet/radar"
	"botring/telegram"
)

// Limits of what can be a bot token.
const (
	maxBotID     = 1 << 54 // exclusive
	apiHashChars = 32
)

// CheckToken says what is wrong with a bot token, nil if nothing is. A warning (InputError.Warning) does
// not stand in the way. It returns the bot id as far as it can be read.
//
// It refuses only what cannot be a token, and takes the text as it is: what was typed or pasted goes
// through ReadPaste or Trim first.
func CheckToken(token string) (id int64, problem *InputError) {
	wrong := func(p Problem) *InputError { return &InputError{Field: FieldToken, Problem: p} }
	digits, rest, colon := strings.Cut(token, ":")
	if isDigits(digits) {
		// Out of range reads as the largest number, which the range check below refuses.
		id, _ = strconv.ParseInt(digits, 10, 64)
	}
	switch {
	case token == "":
		return 0, wrong(ProblemEmpty)
	case isPhone(token):
		return 0, wrong(ProblemPhone)
	case strings.Contains(token, "/"):
		return 0, wrong(ProblemSlash)
	case len(token) > radar.MaxToken:
		return 0, wrong(ProblemTooLong)
	case !colon:
		return 0, wrong(ProblemNoColon)
	case !isDigits(digits):
		return 0, wrong(ProblemNoDigits)
	case id == 0 || id >= maxBotID:
		return 0, wrong(ProblemIDRange)
	case !isSecret(rest):
		return id, wrong(ProblemCharacters)
	case radar.IsSample(token):
		return id, wrong(ProblemSample)
	case len(rest) != radar.TokenSecret:
		problem := wrong(ProblemSecretLength)
		problem.Got, problem.Want = strconv.Itoa(len(rest)), strconv.Itoa(radar.TokenSecret)
		return id, problem
	}
	return id, nil
}

// CheckAPIID reads an api_id as typed: blanks and quotes around it do not count. A published one comes back
// with a warning.
func CheckAPIID(text string) (id int, problem *InputError) {
	text = Trim(text)
	wrong := func(p Problem) *InputError { return &InputError{Field: FieldAPIID, Problem: p} }
	if text == "" {
		return 0, wrong(ProblemEmpty)
	}
	if !isDigits(strings.TrimPrefix(text, "-")) {
		return 0, wrong(ProblemNotANumber)
	}
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil || n < 1 {
		return 0, wrong(ProblemRange)
	}
	if telegram.PublishedAPIID(int(n)) {
		problem := wrong(ProblemPublished)
		problem.Got, problem.Want = strconv.FormatInt(n, 10), telegram.PublishedBy(int(n))
		return int(n), problem
	}
	return int(n), nil
}

// CheckAPIHash says what is wrong with an api_hash as typed: blanks and quotes around it do not count, so
// what is kept must be Trim of it.
func CheckAPIHash(text string) *InputError {
	text = Trim(text)
	if text == "" {
		return &InputError{Field: FieldAPIHash, Problem: ProblemEmpty}
	}
	if len(text) != apiHashChars || strings.Trim(text, "0123456789abcdefABCDEF") != "" {
		return &InputError{Field: FieldAPIHash, Problem: ProblemNotHex, Got: strconv.Itoa(len([]rune(text))), Want: strconv.Itoa(apiHashChars)}
	}
	return nil
}

// isPhone recognises a phone number: a plus sign before the first digit, or 7 to 15 digits with nothing but
// blanks, dashes, dots and brackets between them.
func isPhone(text string) bool {
	digits := 0
	for _, r := range text {
		switch {
		case isDigit(byte(r)) && r < 128:
			digits++
		case r != '+' && r != ' ' && r != '-' && r != '(' && r != ')' && r != '.':
			return false
		}
	}
	if strings.HasPrefix(text, "+") {
		return digits > 0 && digits <= 15
	}
	return digits >= 7 && digits <= 15 && !strings.Contains(text, "+")
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isDigits(s string) bool {
	for i := range len(s) {
		if !isDigit(s[i]) {
			return false
		}
	}
	return s != ""
}

func isSecret(s string) bool {
	for i := range len(s) {
		if !radar.IsSecretByte(s[i]) {
			return false
		}
	}
	return true
}
