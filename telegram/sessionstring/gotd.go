package sessionstring

import (
	"bytes"
	"encoding/base64"
	"strconv"

	"botring/internal/secret"
)

// gotd's is the JSON that its session.Loader writes. Of it gotd needs the data centre, the key and its id: the
// configuration beside them, most of it, is fetched anew with every connection, so it is not written here.
// GoTGProto wraps it: base64 of a JSON object with gotd's JSON in base64 inside.
// Sources: gotd/td, session/session.go; celestix/gotgproto, functions/sessionHelpers.go.
const (
	gotdVersion = 1
)

func parseGotd(text string) (Session, *Error) {
	var data gotdData
	version := int64(0)
	j := scanner{text: text}
	for more := j.enter('{', '}'); more; more = j.another('}') {
		switch j.name() {
		case "Version":
			version = j.integer()
		case "Data":
			data.read(&j)
		default:
			j.skip()
		}
	}
	if err := j.end(version); err != nil {
		return Session{}, err
	}
	return data.session()
}

// gotdData is what is wanted of gotd's session.Data.
type gotdData struct {
	test          bool
	dc            int64
	salt          int64
	addr, key, id string
}

func (d *gotdData) read(j *scanner) {
	for more := j.enter('{', '}'); more; more = j.another('}') {
		switch j.name() {
		case "Config":
			d.readConfig(j)
		case "DC":
			d.dc = j.integer()
		case "Addr":
			d.addr = j.string()
		case "AuthKey":
			d.key = j.string()
		case "AuthKeyID":
			d.id = j.string()
		case "Salt":
			d.salt = j.integer()
		default:
			j.skip()
		}
	}
}

// readConfig takes the one thing that a session wants to know of the configuration.
func (d *gotdData) readConfig(j *scanner) {
	for more := j.enter('{', '}'); more; more = j.another('}') {
		if j.name() == "TestMode" {
			d.test = j.boolean()
		} else {
			j.skip()
		}
	}
}

func (d *gotdData) session() (Session, *Error) {
	key, err := decode(d.key)
	if err != nil || len(key) != keyBytes {
		return Session{}, implausible(FieldKey)
	}
	want := keyID(key)
	if id, err := decode(d.id); err != nil || !bytes.Equal(id, want[:]) {
		return Session{}, &Error{Reason: WrongKeyID}
	}
	if !isDC(d.dc) {
		return Session{}, implausible(FieldDC)
	}
	s := Session{DC: int(d.dc), Key: secret.New(string(key)), Test: d.test, Salt: d.salt}
	if d.addr != "" {
		var ok bool
		if s.Host, s.Port, ok = splitHostPort(d.addr); !ok {
			return Session{}, implausible(FieldAddress)
		}
	}
	return s, nil
}

func appendGotd(b []byte, s Session) []byte {
	b = append(b, `{"Version":1,"Data":{"DC":`...)
	b = strconv.AppendInt(b, int64(s.DC), 10)
	if s.Host != "" {
		b = append(b, `,"Addr":"`...)
		b = append(appendHostPort(b, s.Host, s.Port), '"')
	}
	key := []byte(s.Key.Reveal())
	id := keyID(key)
	b = append(b, `,"AuthKey":"`...)
	b = stdPadded.AppendEncode(b, key)
	b = append(b, `","AuthKeyID":"`...)
	b = append(stdPadded.AppendEncode(b, id[:]), '"')
	if s.Salt != 0 {
		b = append(b, `,"Salt":`...)
		b = strconv.AppendInt(b, s.Salt, 10)
	}
	return append(b, "}}"...)
}

func parseGoTGProto(text string) (Session, *Error) {
	body, err := decode(text)
	if err != nil {
		return Session{}, err
	}
	version, data := int64(0), ""
	j := scanner{text: string(body)}
	for more := j.enter('{', '}'); more; more = j.another('}') {
		switch j.name() {
		case "Version":
			version = j.integer()
		case "Data":
			data = j.string()
		default:
			j.skip()
		}
	}
	if err := j.end(version); err != nil {
		return Session{}, err
	}
	inner, err := decode(data)
	if err != nil {
		return Session{}, err
	}
	return parseGotd(string(inner))
}

func appendGoTGProto(b []byte, s Session) []byte {
	var space [maxGotd]byte
	b = append(b, `{"Version":1,"Data":"`...)
	b = base64.StdEncoding.AppendEncode(b, appendGotd(space[:0], s))
	return append(b, "\"}\n"...)
}

// maxGotd is room for what appendGotd writes, a long host name and a salt included.
const maxGotd = 768
