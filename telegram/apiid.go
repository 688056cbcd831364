package telegram

// PublishedAPIID reports whether an api_id is a published sample or shipped in an application, so that
// Telegram may refuse logins with it (API_ID_PUBLISHED_FLOOD).
func PublishedAPIID(id int) bool { return PublishedBy(id) != "" }

// PublishedBy names where an api_id was published, "" when it is not known to be.
func PublishedBy(id int) string {
	switch id {
	case 4:
		return "Telegram for Android, early sources"
	case 6:
		return "Telegram for Android"
	case 2040:
		return "Telegram Desktop"
	case 2496:
		return "Telegram Web"
	case 17349:
		return "the samples of Telegram Desktop and gotd"
	case 94575:
		return "the examples of TDLib"
	case 611335:
		return "the snap of Telegram Desktop"
	}
	return ""
}
