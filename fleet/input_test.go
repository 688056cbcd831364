package fleet

import (
	"strings"
	"testing"

	"botring/fleet/radar"
)

const goodToken = "7123456789:AAHfakefakefakefakefakefakefakefake"

func TestCheckToken(t *testing.T) {
	if len(goodToken) != 11+radar.TokenSecret {
		t.Fatalf("the good token has %d bytes", len(goodToken))
	}
	secret35 := goodToken[11:]
	const none = Problem(-1)
	for _, c := range []struct {
		name, token string
		id          int64
		want        Problem
		got         string
	}{
		{"good", goodToken, 7123456789, none, ""},
		{"short id", "1:" + secret35, 1, none, ""},
		{"largest id", "18014398509481983:" + secret35, 1<<54 - 1, none, ""},
		{"empty", "", 0, ProblemEmpty, ""},
		{"phone", "+49 151 2345678", 0, ProblemPhone, ""},
		{"phone without a plus", "0151 234-5678", 0, ProblemPhone, ""},
		{"phone in brackets", "(415) 555-0100", 0, ProblemPhone, ""},
		{"no colon", "7123456789AAHfake", 0, ProblemNoColon, ""},
		{"few digits", "123456", 0, ProblemNoColon, ""},
		{"many digits", "1234567890123456", 0, ProblemNoColon, ""},
		{"nothing before the colon", ":" + secret35, 0, ProblemNoDigits, ""},
		{"a word before the colon", "bot7123456789:" + secret35, 0, ProblemNoDigits, ""},
		{"negative", "-5:" + secret35, 0, ProblemNoDigits, ""},
		{"arabic digits", "١٢٣:" + secret35, 0, ProblemNoDigits, ""},
		{"id 0", "0:" + secret35, 0, ProblemIDRange, ""},
		{"id 2^54", "18014398509481984:" + secret35, 0, ProblemIDRange, ""},
		{"id beyond int64", "99999999999999999999999:" + secret35, 0, ProblemIDRange, ""},
		{"slash", "7123456789:AAH/fake", 0, ProblemSlash, ""},
		{"URL", "https://api.telegram.org/bot" + goodToken + "/getMe", 0, ProblemSlash, ""},
		{"80 bytes", "1:" + strings.Repeat("a", 78), 1, ProblemSecretLength, "78"},
		{"81 bytes", "1:" + strings.Repeat("a", 79), 0, ProblemTooLong, ""},
		{"1 MB", strings.Repeat("7", 1<<20), 0, ProblemTooLong, ""},
		{"newline", goodToken + "\n", 7123456789, ProblemCharacters, ""},
		{"nul", "7123456789:AAH\x00", 7123456789, ProblemCharacters, ""},
		{"quotes", "\"" + goodToken + "\"", 0, ProblemNoDigits, ""},
		{"two colons", "7123456789:AAH:x", 7123456789, ProblemCharacters, ""},
		{"cyrillic a", strings.Replace(goodToken, "fak", "fаk", 1), 7123456789, ProblemCharacters, ""},
		{"sample of the API page", "123456:ABC-DEF1234ghIkl-zyx57W2v1u123ew11", 123456, ProblemSample, ""},
		{"sample of the features page", "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw", 110201543, ProblemSample, ""},
		{"sample of the tutorial", "4839574812:AAFD39kkdpWt3ywyRZergyOLMaJhac60qc", 4839574812, ProblemSample, ""},
		{"34 characters", goodToken[:len(goodToken)-1], 7123456789, ProblemSecretLength, "34"},
		{"nothing after the colon", "7123456789:", 7123456789, ProblemSecretLength, "0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			id, problem := CheckToken(c.token)
			if id != c.id && c.want != ProblemSlash && c.want != ProblemTooLong && c.want != ProblemIDRange {
				t.Errorf("id %d, want %d", id, c.id)
			}
			checkProblem(t, problem, FieldToken, c.want, c.got)
		})
	}
}

func checkProblem(t *testing.T, problem *InputError, field Field, want Problem, got string) {
	t.Helper()
	switch {
	case problem == nil && want >= 0:
		t.Errorf("no problem, want %v", want)
	case problem != nil && (problem.Problem != want || problem.Field != field || problem.Got != got):
		t.Errorf("%+v, want %s %v with %q", problem, field, want, got)
	}
}

func TestCheckAPIID(t *testing.T) {
	const none = Problem(-1)
	for _, c := range []struct {
		text string
		id   int
		want Problem
		got  string
	}{
		{"10001", 10001, none, ""},
		{" \"10001\"\r\n", 10001, none, ""},
		{"'10001'", 10001, none, ""},
		{"\u200b10001\u00a0", 10001, none, ""},
		{"2147483647", 1<<31 - 1, none, ""},
		{"", 0, ProblemEmpty, ""},
		{" \"\" ", 0, ProblemEmpty, ""},
		{"abc", 0, ProblemNotANumber, ""},
		{"10 001", 0, ProblemNotANumber, ""},
		{"1e5", 0, ProblemNotANumber, ""},
		{"+5", 0, ProblemNotANumber, ""},
		{"0", 0, ProblemRange, ""},
		{"-7", 0, ProblemRange, ""},
		{"2147483648", 0, ProblemRange, ""},
		{"99999999999999999999", 0, ProblemRange, ""},
		{"17349", 17349, ProblemPublished, "17349"},
		{"2040", 2040, ProblemPublished, "2040"},
	} {
		t.Run(c.text, func(t *testing.T) {
			id, problem := CheckAPIID(c.text)
			if id != c.id {
				t.Errorf("id %d, want %d", id, c.id)
			}
			checkProblem(t, problem, FieldAPIID, c.want, c.got)
		})
	}
}

func TestCheckAPIHash(t *testing.T) {
	const none, hash = Problem(-1), "0123456789abcdef0123456789abcdef"
	for _, c := range []struct {
		text string
		want Problem
		got  string
	}{
		{hash, none, ""},
		{" '" + hash + "'\r\n", none, ""},
		{strings.ToUpper(hash), none, ""},
		{"", ProblemEmpty, ""},
		{hash[1:], ProblemNotHex, "31"},
		{hash + "0", ProblemNotHex, "33"},
		{"g" + hash[1:], ProblemNotHex, "32"},
		{"ä" + hash[1:], ProblemNotHex, "32"},
	} {
		t.Run(c.text, func(t *testing.T) {
			checkProblem(t, CheckAPIHash(c.text), FieldAPIHash, c.want, c.got)
		})
	}
	if got := Trim(" '" + hash + "'\r\n"); got != hash {
		t.Errorf("Trim left %q", got)
	}
}

func TestWarnings(t *testing.T) {
	for p := ProblemEmpty; p <= ProblemSyntax; p++ {
		want := p == ProblemSecretLength || p == ProblemPublished
		if got := (&InputError{Problem: p}).Warning(); got != want {
			t.Errorf("problem %d: warning %v", p, got)
		}
	}
}
