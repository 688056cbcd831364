package ui

import (
	"time"

	"botring/fleet"
	"botring/keyring"
)

// ended has an errand end with what became of each bot, as the shell takes it.
func ended(sh *shell, outcomes ...outcome) {
	events := make([]event, len(outcomes))
	for i := range outcomes {
		events[i].outcome = &outcomes[i]
	}
	sh.update(errandMsg{task: sh.errand.task.id, events: events, last: true})
	delete(sh.tasks, sh.lastTask)
}

// mixed are outcomes of every sort, of the bots of someBots.
func mixed() []outcome {
	bots := someBots()
	flood := &fleet.FloodError{Key: bots[2].Key, Until: noon().Add(31 * time.Minute)}
	return []outcome{
		{key: bots[0].Key, bot: bots[0]},
		{key: bots[1].Key, bot: bots[1], err: fleet.ErrSessionWorks},
		{key: bots[2].Key, bot: bots[2], err: flood},
		{key: bots[3].Key, bot: bots[3], err: fleet.ErrSecretMissing},
		{key: bots[4].Key, bot: bots[4], err: keyring.ErrReadBack},
		{key: bots[5].Key, bot: bots[5], err: fleet.ErrSessionBusy},
		{key: bots[6].Key, bot: bots[6], err: fleet.ErrItemDamaged},
	}
}

// sumUp is the summary of an errand with these outcomes.
func sumUp(sh *shell, d deed, outcomes ...outcome) screen {
	bots := make([]fleet.Bot, len(outcomes))
	for i, out := range outcomes {
		bots[i] = out.bot
	}
	sh.run(order{deed: d, bots: bots})
	ended(sh, outcomes...)
	return newSummary(sh)
}

// manyOf opens the screens of what is done to several bots.
func manyOf(on func(string, []fleet.Bot, func(*shell) screen)) {
	on("login many", someBots(), func(sh *shell) screen { return newLoginMany(sh, sh.bots, 2) })
	on("login many anew", someBots(), func(sh *shell) screen { return drive(newLoginMany(sh, sh.bots, 2), "l") })
	on("rotate many", someBots(), func(sh *shell) screen { return newRotateMany(sh, sh.bots, 2) })
	on("rotate many, summary", someBots(), func(sh *shell) screen { return sumUp(sh, rotatingMany, mixed()...) })
	on("leak of many, summary", someBots(), func(sh *shell) screen { return sumUp(sh, makingSafe, leaked(sh)...) })
	on("logout", someBots(), func(sh *shell) screen { return newLogOut(sh, sh.bots, nil) })
	on("another app", someBots(), func(sh *shell) screen { return drive(newPickApp(sh, sh.bots, 1, nil), "j") })
	on("another app, moving", someBots(), func(sh *shell) screen { return drive(newPickApp(sh, sh.bots, 1, nil), "j", "enter") })
	on("app card", someBots(), func(sh *shell) screen { return newAppCard(sh, 10001, "") })
	on("app card without bots", fineBots(3), func(sh *shell) screen { return newAppCard(sh, 10002, "") })
	on("summary", someBots(), func(sh *shell) screen { return sumUp(sh, loggingInMany, mixed()...) })
	on("summary, all well", someBots(), func(sh *shell) screen { return sumUp(sh, checking, mixed()[0]) })
	on("summary to a file", someBots(), func(sh *shell) screen { return drive(sumUp(sh, checking, mixed()...), "e") })
	on("bots while something runs", someBots(), func(sh *shell) screen {
		sh.run(order{deed: loggingInMany, bots: sh.bots})
		return newBots(sh)
	})
	on("bots after a removal", someBots(), func(sh *shell) screen {
		sumUp(sh, removing, mixed()[0])
		sh.keep([]fleet.Removed{{Bot: someBots()[1]}})
		return newBots(sh)
	})
}
