package telegram_test

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"

	"botring/telegram"
	"botring/telegram/telegramtest"
)

// TestContact: a whole exchange of keys, which tells the time and logs nobody in.
func TestContact(t *testing.T) {
	const skew = 10 * time.Minute
	server := serve(t, telegramtest.Options{Skew: -skew})
	client := telegram.New(server.Network(), telegram.Options{})
	for _, dc := range server.Network().DCs {
		contact, err := client.Contact(t.Context(), dc.ID, dc.Addrs[0])
		if err != nil || contact.Connecting <= 0 || contact.Securing <= 0 || (contact.Ahead-skew).Abs() > 2*time.Second {
			t.Errorf("DC %d: %+v, %v", dc.ID, contact, err)
		}
	}
	if seen := server.Stats(); seen.Exchanges != len(server.Network().DCs) || seen.Logins != 0 || seen.Calls != 0 {
		t.Errorf("%+v", seen)
	}
}

func TestContactFails(t *testing.T) {
	server := serve(t, telegramtest.Options{})
	stranger, err := telegramtest.Start(telegramtest.Options{}) // with a key of its own
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = stranger.Close() })
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := taken.Addr().String()
	_ = taken.Close()
	network := server.Network()
	own := network.DCs[0].Addrs[0]
	network.DCs = []telegram.DC{{ID: 1, Addrs: []string{own, closed}}, {ID: 2, Addrs: stranger.Network().DCs[1].Addrs}}
	client := telegram.New(network, telegram.Options{Timeout: 10 * time.Second})
	over, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range []struct {
		name string
		ctx  context.Context
		dc   int
		addr string
		want telegram.Kind
	}{
		{"nobody there", t.Context(), 1, closed, telegram.Unreachable},
		{"somebody in between", t.Context(), 2, network.DCs[1].Addrs[0], telegram.NotTelegram},
		{"an address of nobody's", t.Context(), 1, "127.0.0.1:1", telegram.WrongDC},
		{"another data centre's", t.Context(), 2, own, telegram.WrongDC},
		{"over", over, 1, own, telegram.Cancelled},
	} {
		if _, err := client.Contact(c.ctx, c.dc, c.addr); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}
