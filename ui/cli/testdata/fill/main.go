// Fill puts bots into the catalogue of a home, for tests of what the program does with many.
//
//	fill HOME BOTS
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"botring/fleet/store"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: fill HOME BOTS")
		os.Exit(2)
	}
	bots, err := strconv.Atoi(os.Args[2])
	if err == nil {
		err = fill(filepath.Join(os.Args[1], "catalogue.db"), bots)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func fill(file string, bots int) error {
	s, err := store.Open(context.Background(), file)
	if err != nil {
		return err
	}
	now := time.Now()
	all := store.Snapshot{Apps: []store.App{{Name: "main", APIID: 10001}}}
	for i := range bots {
		all.Bots = append(all.Bots, store.Bot{
			Key: store.Key{Environment: "production", ID: int64(7000000000 + i)}, APIID: 10001, Tags: []string{"prod"},
			Profile:  store.Profile{FirstName: fmt.Sprintf("Bot number %05d", i), Username: fmt.Sprintf("number_%05d_bot", i), DC: 2},
			Health:   store.Health{Status: store.OK, CheckedAt: now, Since: now},
			Sessions: []store.Session{{Name: store.DefaultSession, DC: 2, Runs: store.Here, APIID: 10001, MadeAt: now}},
			AddedAt:  now,
		})
	}
	return errors.Join(s.Merge(context.Background(), all), s.Close())
}
