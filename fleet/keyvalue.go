package fleet

import (
	"strings"

	"botring/internal/secret"
)

// findApp finds an api_id and an api_hash by their names: API_ID=…, "api_hash": "…", TG_APP_ID …, or the
// lines of my.telegram.org/apps, where the value stands below its name. The first of each counts.
func findApp(text string) (id int, hash secret.Secret) {
	pending := ""
	for line := range strings.SplitSeq(text, "\n") {
		if id != 0 && !hash.Empty() {
			break
		}
		if strings.TrimSpace(line) == "" {
			continue
		}
		key, value, ok := keyValue(line)
		if !ok && pending != "" {
			key, value = pending, unquote(line)
		}
		pending = ""
		if ok && value == "" {
			pending = key
			continue
		}
		switch {
		case id == 0 && isAPIIDKey(key):
			id, _ = CheckAPIID(value)
		case hash.Empty() && isAPIHashKey(key) && CheckAPIHash(value) == nil:
			hash = secret.New(Trim(value))
		}
	}
	return id, hash
}

// keyValue splits a line of .env, YAML, JSON or a shell script at its first = or colon. The key comes
// normalised, the value without quotes, a comma or a comment after it.
func keyValue(line string) (key, value string, ok bool) {
	at := strings.IndexAny(line, "=:")
	if at < 0 || at > maxBack {
		return "", "", false
	}
	key, ok = normalKey(line[:at])
	value = unquote(strings.TrimLeft(line[at+1:min(len(line), at+1+maxBack)], "="))
	if cut := strings.IndexAny(value, " ,;\"'#"); cut >= 0 {
		value = value[:cut]
	}
	return key, value, ok
}

// keyBefore is the key of a line that ends where its value begins: `export BOT_TOKEN="`.
func keyBefore(line string) (key string, ok bool) {
	line = strings.TrimRight(line, " \"'`")
	if !strings.HasSuffix(line, "=") && !strings.HasSuffix(line, ":") {
		return "", false
	}
	line = strings.TrimRight(line, "=: ")
	if strings.IndexByte(line, ':') >= 0 && !strings.HasPrefix(line, "$env:") {
		return "", false
	}
	return normalKey(line)
}

// normalKey writes a key in capitals without anything between its words, so that apiId, API_ID and
// "App api_id" end alike. A sentence is no key.
func normalKey(text string) (string, bool) {
	text = strings.Trim(text, " \t-{,\"'`*")
	text = strings.TrimPrefix(text, "export ")
	text = strings.TrimPrefix(text, "set ")
	text = strings.TrimPrefix(text, "$env:")
	var b strings.Builder
	for _, r := range text {
		switch {
		case r >= 'a' && r <= 'z':
			b.WriteRune(r - 'a' + 'A')
		case r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
			b.WriteRune(r)
		case r != '_' && r != '-' && r != '.' && r != ' ':
			return "", false
		}
	}
	return b.String(), b.Len() > 0 && strings.Count(text, " ") < 3
}

func isAPIIDKey(key string) bool {
	return strings.HasSuffix(key, "APIID") || key == "APPID" || key == "TGAPPID" || key == "TELEGRAMAPPID"
}

func isAPIHashKey(key string) bool {
	return strings.HasSuffix(key, "APIHASH") || key == "APPHASH" || key == "TGAPPHASH" || key == "TELEGRAMAPPHASH"
}
