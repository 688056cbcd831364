package radar

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"math/bits"
	"strconv"

	"botring/internal/secret"
	"botring/telegram/sessionstring"
)

// All that is looked for holds a run of characters that base64 and URLs are made of, MinSecret or more in a row. Most
// text has none, and is passed over by looking at one byte in MinSecret and a few before it.

// Sizes of runs, in bytes.
const (
	hashChars = 32
	// leastWrapped is the shortest base64 that is looked into: that of an api_hash.
	leastWrapped = 43
	// leastSession is shorter than any session string: base64 of an authorization key has 342 characters.
	leastSession = 320
	// mostRun is the longest run that is looked at as a whole, and a little more than the longest session string.
	mostRun = 17 << 10
	// mostPadding is how much "=" base64 ends with.
	mostPadding = 2
	authKeySize = 256
)

// What is seen around a run. Before it: digits and "/bot", or the name of what follows. After it: padding, or a letter
// that makes it something else.
const (
	backward = 160
	forward  = 4
)

// inRun tells the characters of runs.
var inRun = func() (in [256]bool) {
	for c := range 256 {
		in[c] = IsSecretByte(byte(c)) || c == '+' || c == '/'
	}
	return in
}()

// An encoding is what a secret was wrapped in.
const (
	encodedBase64 = "base64"
	encodedURL    = "url"
	encodedUTF16  = "utf-16"
)

// A hit is a secret at a place of a text.
type hit struct {
	at       int
	secret   Secret
	encoding string
	// held is the token, where tokens are held.
	held secret.Secret
	// sum tells it from other secrets, for as long as the scan goes on.
	sum Hash
}

// A detector finds secrets in text. It is one worker's.
type detector struct {
	marks  *Marks
	hasher *hasher
	hits   []hit
	hold   bool
	// inside: the text that comes next goes on with a run that is too long to be looked at.
	inside bool
	// unwrapped is room for what base64 holds; wrapped: that is being looked through.
	unwrapped []byte
	wrapped   bool
}

func newDetector(marks *Marks) *detector { return &detector{marks: marks, hasher: marks.Key.hasher()} }

// scan looks through text from a place before which there is no part of a run, and adds to hits. It returns where it has to go on
// when there is more of the text: nothing that begins before that is left to be looked at. At the text's end, which
// final says it is, that is its length.
func (d *detector) scan(text []byte, from int, final bool) (done int) {
	i := from
	for d.inside && i < len(text) {
		d.inside = inRun[text[i]]
		i++
	}
	for i+MinSecret <= len(text) {
		p := i + MinSecret - 1
		for p >= i && inRun[text[p]] {
			p--
		}
		if p >= i {
			i = p + 1
			continue
		}
		end := i + MinSecret
		for end < len(text) && inRun[text[end]] {
			end++
		}
		if !final && end+forward > len(text) && end-i <= mostRun {
			return i
		}
		d.run(text, i, end)
		d.inside = end == len(text)
		i = end
	}
	if final {
		d.inside = false
		return len(text)
	}
	return i
}

// run looks at a run.
func (d *detector) run(text []byte, start, end int) {
	if colon, width := colonBefore(text, start); width > 0 {
		d.token(text, colon, width)
	}
	if end-start > mostRun {
		return
	}
	// A run may begin with what belongs to an escape, such as the 3D of "%3D".
	from := start
	if start > 0 {
		from += max(0, escapeLen(text[start-1:end], true)-1)
	}
	d.apiHashes(text, start, from, end)
	for {
		if end-start >= leastSession && d.session(text, start, end) {
			return
		}
		if end-start >= leastWrapped && !d.wrapped {
			d.unwrap(text[start:end], start)
		}
		if start == from {
			return
		}
		start = from
	}
}

// colonBefore finds the colon that a run follows, or, where a URL has escaped it, begins in. The width is 0 where there is none.
func colonBefore(text []byte, start int) (at, width int) {
	switch {
	case start == 0:
	case text[start-1] == ':':
		return start - 1, 1
	case text[start-1] == '%' && text[start] == '3' && text[start+1]|0x20 == 'a':
		return start - 1, 3
	}
	return 0, 0
}

func (d *detector) found(at int, s Secret, encoding string, sum Hash) {
	d.hits = append(d.hits, hit{at: at, secret: s, encoding: encoding, sum: sum})
}

// know looks a secret up among the marks.
func (d *detector) know(s Secret, value []byte) (Secret, Hash) {
	sum := d.hasher.of(s.Kind, value)
	s.Owner, s.Known = d.marks.owners[sum]
	return s, sum
}

// leastID is how many digits a bot's number has at least, in a token that nothing but its shape tells of.
const leastID = 6

func (d *detector) token(text []byte, colon, width int) {
	start, end, ok := TokenAt(text, colon, width)
	if !ok || end-colon-width < MinSecret || end-start > MaxToken {
		return
	}
	id, err := strconv.ParseInt(string(text[start:colon]), 10, 64)
	if err != nil {
		return
	}
	body := text[colon+width : end]
	shaped := len(body) == TokenSecret && colon-start >= leastID && isVaried(body)
	if !shaped && !d.marks.bots[id] {
		return
	}
	var room [MaxToken]byte
	value := append(append(append(room[:0], text[start:colon]...), ':'), body...)
	if shaped && IsSample(value) {
		return
	}
	s, sum := d.know(Secret{Kind: Token, ID: id}, value)
	if !s.Known && !shaped {
		return
	}
	encoding := ""
	if width > 1 {
		encoding = encodedURL
	}
	d.found(start, s, encoding, sum)
	if d.hold {
		d.hits[len(d.hits)-1].held = secret.New(string(value))
	}
}

// leastVaried is how many different characters a secret has at least, of those that are not placeholders such as XXXX.
const leastVaried = 8

func isVaried(value []byte) bool {
	var seen [4]uint64
	for _, c := range value {
		seen[c/64] |= 1 << (c % 64)
	}
	n := 0
	for _, word := range seen {
		n += bits.OnesCount64(word)
	}
	return n >= leastVaried
}

// apiHashes looks for 32 hexadecimal digits in a run. Too many other things are as long: what is on no mark counts
// only where its name stands before it. escaped is where the run begins if that is in an escape.
func (d *detector) apiHashes(text []byte, start, escaped, end int) {
	if !d.marks.hashes && !nameOfHash(text[max(0, start-backward):end]) {
		return
	}
	for from := start; from < end; {
		to := from
		for to < end && isHex(text[to]) {
			to++
		}
		if from == start && to-from != hashChars && escaped > start {
			from, start = escaped, end // once
			continue
		}
		if to-from == hashChars && (to == end || !isAlphanumeric(text[to])) {
			d.apiHash(text, from)
		}
		for to < end && isAlphanumeric(text[to]) {
			to++
		}
		from = to + 1
	}
}

func (d *detector) apiHash(text []byte, from int) {
	named := nameOfHash(text[max(0, from-backward):from])
	if !named && !d.marks.hashes {
		return
	}
	var lower [hashChars]byte
	for i := range lower {
		lower[i] = text[from+i]
		if lower[i] <= 'Z' && lower[i] >= 'A' {
			lower[i] |= 0x20
		}
	}
	s, sum := d.know(Secret{Kind: APIHash}, lower[:])
	if s.Known || named && isVaried(lower[:]) && !isCounting(lower[:]) {
		d.found(from, s, "", sum)
	}
}

// isCounting reports whether a value is one that people write in examples: each digit the one after the one before.
func isCounting(value []byte) bool {
	steps := 0
	for i := 1; i < len(value); i++ {
		if value[i] == value[i-1]+1 {
			steps++
		}
	}
	return steps > len(value)*3/4
}

// nameOfHash reports whether the line that ends here names an api_hash.
func nameOfHash(before []byte) bool {
	before = before[bytes.LastIndexByte(before, '\n')+1:]
	for {
		at := bytes.IndexAny(before, "hH")
		if at < 0 {
			return false
		}
		if len(before) >= at+4 && bytes.EqualFold(before[at:at+4], []byte("hash")) && endsWithAPI(before[:at]) {
			return true
		}
		before = before[at+1:]
	}
}

func endsWithAPI(text []byte) bool {
	text = bytes.TrimRight(text, "_- ")
	return len(text) >= 3 && bytes.EqualFold(text[len(text)-3:], []byte("api"))
}

func isHex(c byte) bool { return isDigit(c) || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F' }

func isAlphanumeric(c byte) bool { return IsSecretByte(c) && c != '_' && c != '-' }

// session looks whether a run is a session string, or the key of a session.
func (d *detector) session(text []byte, start, end int) bool {
	padded := end
	for padded < len(text) && padded-end < mostPadding && text[padded] == '=' {
		padded++
	}
	parsed, kind, err := sessionstring.Parse(secret.New(string(text[start:padded])))
	var refused *sessionstring.Error
	switch {
	case err == nil:
		s, sum := d.know(Secret{Kind: Session, Format: kind.String(), ID: parsed.UserID}, []byte(parsed.Key.Reveal()))
		d.found(start, s, "", sum)
		return true
	case errors.As(err, &refused) && refused.Reason == sessionstring.UserAccount:
		s, sum := d.know(Secret{Kind: Session, Format: kind.String(), User: true}, text[start:end])
		d.found(start, s, "", sum)
		return true
	}
	key := keyOf(text[start:end])
	if key == nil {
		return false
	}
	s, sum := d.know(Secret{Kind: Session}, key)
	if !s.Known && !bytes.HasSuffix(text[:start], []byte(`"AuthKey":"`)) {
		return false
	}
	if !s.Known {
		s.Format = sessionstring.Gotd.String()
	}
	d.found(start, s, "", sum)
	return true
}

// keyOf is the authorization key that a run is, in base64 or hexadecimal, or nil.
func keyOf(run []byte) []byte {
	key, err := make([]byte, authKeySize+2), error(nil)
	n := 0
	switch len(run) {
	case hex.EncodedLen(authKeySize):
		n, err = hex.Decode(key, run)
	case base64.RawStdEncoding.EncodedLen(authKeySize):
		n, err = alphabetOf(run).Decode(key, run)
	}
	if err != nil || n != authKeySize {
		return nil
	}
	return key[:n]
}

// alphabetOf is the base64 that a run can be.
func alphabetOf(run []byte) *base64.Encoding {
	if bytes.IndexByte(run, '-') >= 0 || bytes.IndexByte(run, '_') >= 0 {
		return base64.RawURLEncoding
	}
	return base64.RawStdEncoding
}

// unwrap looks into base64, as Kubernetes keeps its secrets in. What is found stands where the base64 begins.
func (d *detector) unwrap(run []byte, start int) {
	if !isText(run) {
		return
	}
	encoding := alphabetOf(run)
	if need := encoding.DecodedLen(len(run)); cap(d.unwrapped) < need {
		d.unwrapped = make([]byte, need)
	}
	n, err := encoding.Decode(d.unwrapped[:cap(d.unwrapped)], run)
	if err != nil {
		return
	}
	first, inside := len(d.hits), d.inside
	d.wrapped = true
	d.scan(d.unwrapped[:n], 0, true)
	d.wrapped, d.inside = false, inside
	for i := first; i < len(d.hits); i++ {
		d.hits[i].at, d.hits[i].encoding = start, encodedBase64
	}
}

// isText reports whether base64 begins like that of ASCII, of which each first of three bytes has a 0 in front: what it
// stands for are the letters up to f.
func isText(run []byte) bool {
	for i := 0; i < 24; i += 4 {
		if c := run[i]; (c < 'A' || c > 'Z') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}
