package sessionstring

// A Kind is one library's form of a session string.
type Kind int

// The kinds, named for the library that writes them.
const (
	// Unknown is none of them.
	Unknown Kind = iota
	// Telethon is version 1, with an IPv4 or IPv6 address.
	Telethon
	// Pyrogram is that of Pyrogram 2 and of Kurigram.
	Pyrogram
	// PyrogramOld64 is that of Pyrogram before 2, with user ids of 64 bits.
	PyrogramOld64
	// PyrogramOld32 is still older. It is only read: user ids of today do not fit.
	PyrogramOld32
	// GramJS is that of GramJS and of teleproto.
	GramJS
	// Mtcute is version 3 of mtcute's.
	Mtcute
	// MTKruto is what MTKruto writes today.
	MTKruto
	// MTKrutoLegacy ends after the key.
	MTKrutoLegacy
	// Gotd is gotd's JSON, which it keeps in a file.
	Gotd
	// GoTGProto wraps gotd's.
	GoTGProto
)

// Kinds returns all of them, in the order they are to be listed in.
func Kinds() []Kind {
	return []Kind{
		Telethon, Pyrogram, PyrogramOld64, PyrogramOld32, GramJS, Mtcute, MTKruto, MTKrutoLegacy, Gotd, GoTGProto,
	}
}

// KindOf finds a kind by its name; libraries that share one have a name each.
func KindOf(name string) (kind Kind, ok bool) {
	switch name {
	case "kurigram":
		return Pyrogram, true
	case "teleproto":
		return GramJS, true
	}
	for _, kind := range Kinds() {
		if kind.String() == name {
			return kind, true
		}
	}
	return Unknown, false
}

// String is the name, as commands and JSON have it.
func (k Kind) String() string {
	switch k {
	case Unknown:
		return "unknown"
	case Telethon:
		return "telethon"
	case Pyrogram:
		return "pyrogram"
	case PyrogramOld64:
		return "pyrogram-old"
	case PyrogramOld32:
		return "pyrogram-old-32"
	case GramJS:
		return "gramjs"
	case Mtcute:
		return "mtcute"
	case MTKruto:
		return "mtkruto"
	case MTKrutoLegacy:
		return "mtkruto-legacy"
	case Gotd:
		return "gotd"
	case GoTGProto:
		return "gotgproto"
	}
	return "unknown"
}

// Library is the name of the library as its authors write it, "" for Unknown.
func (k Kind) Library() string {
	switch k {
	case Unknown:
		return ""
	case Telethon:
		return "Telethon"
	case Pyrogram, PyrogramOld64, PyrogramOld32:
		return "Pyrogram"
	case GramJS:
		return "GramJS"
	case Mtcute:
		return "mtcute"
	case MTKruto, MTKrutoLegacy:
		return "MTKruto"
	case Gotd:
		return "gotd"
	case GoTGProto:
		return "GoTGProto"
	}
	return ""
}

// A Field is a part of a Session.
type Field int

// The fields. FieldBot is the flag that tells bots from users, which a Session does not have: it is a bot's.
const (
	FieldKey Field = iota + 1
	FieldDC
	FieldAddress
	FieldAPIID
	FieldUserID
	FieldBot
	FieldTest
	FieldSalt
)

// Fields returns all of them.
func Fields() []Field {
	return []Field{FieldKey, FieldDC, FieldAddress, FieldAPIID, FieldUserID, FieldBot, FieldTest, FieldSalt}
}

// String is the name, as JSON has it.
func (f Field) String() string {
	switch f {
	case FieldKey:
		return "key"
	case FieldDC:
		return "dc"
	case FieldAddress:
		return "address"
	case FieldAPIID:
		return "api_id"
	case FieldUserID:
		return "user_id"
	case FieldBot:
		return "bot"
	case FieldTest:
		return "test"
	case FieldSalt:
		return "salt"
	}
	return "unknown"
}

// Writable reports whether Format writes the kind.
func (k Kind) Writable() bool { return k != Unknown && k != PyrogramOld32 }

// Keeps reports whether the kind has room for a field.
func (k Kind) Keeps(field Field) bool {
	switch field {
	case FieldKey, FieldDC:
		return k != Unknown
	case FieldAddress:
		return k == Telethon || k == GramJS || k == Mtcute || k == Gotd || k == GoTGProto
	case FieldAPIID:
		return k == Pyrogram || k == MTKruto
	case FieldUserID, FieldBot:
		return k == Pyrogram || k == PyrogramOld64 || k == PyrogramOld32 || k == Mtcute || k == MTKruto
	case FieldTest:
		return k.Keeps(FieldUserID) || k == MTKrutoLegacy
	case FieldSalt:
		return k == Gotd || k == GoTGProto
	}
	return false
}

// Needs reports whether a session without the field cannot be written as the kind. mtcute does without the user
// id, and gotd without the address.
func (k Kind) Needs(field Field) bool {
	switch field {
	case FieldAddress:
		return k == Telethon || k == GramJS || k == Mtcute
	case FieldUserID:
		return k.Keeps(FieldUserID) && k != Mtcute
	case FieldKey, FieldDC, FieldAPIID:
		return k.Keeps(field)
	case FieldBot, FieldTest, FieldSalt:
		return false
	}
	return false
}

// Loses lists the fields that the kind has no room for.
func (k Kind) Loses() []Field {
	var lost []Field
	for _, field := range Fields() {
		if !k.Keeps(field) {
			lost = append(lost, field)
		}
	}
	return lost
}
