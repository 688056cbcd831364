package fault

import (
	"errors"
	"time"

	"botring/fleet"
	"botring/telegram"
)

// AddressWait says that nothing this computer sends is heard for so long, without a period: what waits for it
// says more.
func AddressWait(left time.Duration) string {
	return "Telegram asks this address to wait " + Duration(left)
}

func ofFlood(e *fleet.FloodError, now time.Time) Fault {
	if e.BotAPI != "" {
		return ofBotAPIFlood(e, now)
	}
	var answer *telegram.Error
	f := Fault{}
	if errors.As(e.Err, &answer) {
		f = wordsOf(answer)
	}
	f.Kind = telegram.FloodWait.String()
	f.Until = e.Until
	f.What = "Telegram asks to wait " + Duration(e.Until.Sub(now)) + " before this bot logs in."
	if e.Address {
		f.What = AddressWait(e.Until.Sub(now)) + "."
	}
	switch {
	case e.Address && f.Why == "":
		f.Why = "Too many connections came from it in a short time."
	case f.Why == "" || f.Code >= 0:
		f.Why = "Too many logins in a short time; trying sooner may make it longer."
	}
	f.Next = "Save it without logging in; nothing logs it in before then, restarts included."
	f.NotSaved = notSavedKept
	if e.Remembered {
		f.NotSaved = notSent
	}
	f.Actions = []Action{SaveOnly, Keep}
	return f
}
