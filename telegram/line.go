package telegram

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/mt"
	"github.com/gotd/td/mtproto"
	"github.com/gotd/td/tgerr"
	"github.com/gotd/td/transport"
)

// maxRetries is how often a fault of Telegram's is answered by asking again, the first time after
// firstPause, then after twice as long each.
const (
	maxRetries = 3
	firstPause = 500 * time.Millisecond
)

// never is longer than any call.
const never = 24 * time.Hour

// A line is a secured link: everything on it is encrypted with one authorization key.
type line struct {
	*link
	auth  authorization
	clock *serverClock
	dc    int
	addr  string
	// untie frees the link from the call's context.
	untie func()
}

// close ends the connection and forgets the key.
func (l *line) close() {
	l.untie()
	_ = l.raw.Close()
	l.auth.wipe()
}

// ask makes one call over the line, which is of no use afterwards. With again, faults of Telegram's are
// retried. It returns when the connection is closed and all its goroutines have ended.
func (l *line) ask(ctx context.Context, query bin.Object, answer bin.Decoder, again bool) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	w := newWitness(l.link, l.clock)
	conn := mtproto.New(
		func(context.Context) (transport.Conn, error) { return l.link, nil },
		mtproto.Options{
			Key:       l.auth.key,
			Salt:      l.auth.salt,
			Cipher:    w,
			Handler:   w,
			Clock:     l.clock,
			MessageID: l.clock,
			// Requests hold secrets: this keeps them out of gotd's pool of buffers.
			CompressThreshold: -1,
			// TCP loses nothing, so what was sent is never sent again, and the call's deadline is enough.
			RetryInterval:  never,
			PingInterval:   never,
			RequestTimeout: requestTimeout,
		})
	var err error
	asked := false
	// Run ends with an error in any case: the callback cancels it. What counts is err.
	runErr := conn.Run(ctx, func(ctx context.Context) error {
		defer cancel()
		asked = true
		// The reason is sought here: in a moment the link will be closed, and broken for that.
		err = l.reason(l.invoke(ctx, conn, w, query, answer, again))
		return nil
	})
	l.auth.salt = w.lastSalt(l.auth.salt)
	if !asked {
		return runErr
	}
	return err
}

// reached reports whether a request that ended with e may have been read: a message id that was refused and a key
// that is not known leave the rest unread.
func (l *line) reached(e *Error) bool {
	return l.wroteAny() && e.Kind != ClockWrong && e.Code != -404
}

// invoke sends a request and sends it again where that is safe: Telegram has not looked at a request
// whose message id it refused.
func (l *line) invoke(ctx context.Context, conn *mtproto.Conn, w *witness, query bin.Object, answer bin.Decoder, again bool) error {
	corrected := false
	for retries := 0; ; {
		err := conn.Invoke(ctx, query, answer)
		rpc, answered := tgerr.As(err)
		refusal := w.takeRefusal()
		switch {
		case err == nil:
			return nil
		case answered && again && isServerCode(rpc.Code):
			if err := pause(ctx, retries, err); err != nil {
				return err
			}
			retries++
		case answered:
			return err
		case isClockRefusal(refusal) && !corrected:
			corrected = true
		case isClockRefusal(refusal):
			return &Error{Kind: ClockWrong, Skew: l.clock.lastMeasured(), Err: refusedError(refusal)}
		case refusal != 0:
			return refusedError(refusal)
		default:
			return err
		}
	}
}

// reason finds out why a call failed: Telegram's own answer first, then what broke the link.
func (l *line) reason(err error) error {
	if err == nil {
		return nil
	}
	if rpc, ok := tgerr.As(err); ok {
		return answered(rpc.Code, rpc.Message)
	}
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	if cause := l.broken(); cause != nil {
		return cause
	}
	return err
}

// requestTimeout bounds gotd's own requests in bookkeeping. It drops the answer of a request whose
// context has ended, and waits for the receipt: nobody is left to hear of it.
func requestTimeout(id uint32) time.Duration {
	if id == mt.RPCDropAnswerRequestTypeID {
		return 0
	}
	return DefaultTimeout
}

// A refusedError is the code of a bad_msg_notification
// (core.telegram.org/mtproto/service_messages_about_messages#notice-of-ignored-error-message).
type refusedError int

func (e refusedError) Error() string { return fmt.Sprintf("message refused with code %d", int(e)) }

// isClockRefusal reports whether a message id was refused for its time: too low or too high.
func isClockRefusal(code int) bool { return code == 16 || code == 17 }

// pause waits before retry n, counted from 0, of what failed with err. It returns why there must be none:
// err itself when there were enough or the time is up, and the caller's cancel.
func pause(ctx context.Context, n int, err error) error {
	if n == maxRetries {
		return err
	}
	timer := time.NewTimer(firstPause << n)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		if errors.Is(ctx.Err(), context.Canceled) {
			return ctx.Err()
		}
		return err
	}
}
