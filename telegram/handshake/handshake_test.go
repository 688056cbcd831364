package handshake

import (
	"context"
	"crypto/rsa"
	"encoding/binary"
	"errors"
	"math/big"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/crypto"
	"github.com/gotd/td/mt"
	"github.com/gotd/td/proto"
)

func (s *server) trusted(t testing.TB) Params {
	t.Helper()
	return Params{DC: 4, Keys: []*rsa.PublicKey{anotherKey(t), &s.key.PublicKey}}
}

func TestRun(t *testing.T) {
	s := newServer(t)
	p := s.trusted(t)
	p.Now = func() time.Time { return time.Now().Add(time.Hour) }
	got, err := Run(t.Context(), s, p)
	if err != nil {
		t.Fatal(err)
	}
	if got.Key != s.authKey.WithID() {
		t.Error("the keys differ")
	}
	if want := crypto.ServerSalt(s.newNonce, s.sn); got.Salt != want {
		t.Errorf("salt %d, want %d", got.Salt, want)
	}
	if (got.Ahead - time.Hour).Abs() > 5*time.Second {
		t.Errorf("ahead by %v", got.Ahead)
	}
	if s.dc != 4 {
		t.Errorf("data centre %d", s.dc)
	}
	if s.step != 3 {
		t.Errorf("%d round trips, want 3", s.step)
	}
	var last int64
	for i, q := range s.questions {
		id := int64(binary.LittleEndian.Uint64(q[8:]))
		if proto.MessageID(id).Type() != proto.MessageFromClient || id <= last {
			t.Errorf("question %d has id %x after %x", i+1, id, last)
		}
		last = id
	}
}

// TestClockStandsStill: ids of messages rise without the clock's help.
func TestClockStandsStill(t *testing.T) {
	s := newServer(t)
	p := s.trusted(t)
	now := time.Now()
	p.Now = func() time.Time { return now }
	if _, err := Run(t.Context(), s, p); err != nil {
		t.Fatal(err)
	}
	for i := range 2 {
		a, b := binary.LittleEndian.Uint64(s.questions[i][8:]), binary.LittleEndian.Uint64(s.questions[i+1][8:])
		if b != a+4 {
			t.Errorf("ids %x and %x", a, b)
		}
	}
}

// TestRetry: a key the server cannot use is replaced, and the next attempt names it.
func TestRetry(t *testing.T) {
	s := newServer(t)
	var refused []crypto.Key
	s.verdict = func(tries int) bin.Encoder {
		if tries < 3 {
			refused = append(refused, s.authKey)
			return s.retry()
		}
		return s.ok()
	}
	got, err := Run(t.Context(), s, s.trusted(t))
	if err != nil || got.Key.Value != s.authKey {
		t.Fatalf("keys equal: %v, %v", got.Key.Value == s.authKey, err)
	}
	if len(refused) != 2 || refused[0] == refused[1] || refused[1] == s.authKey {
		t.Error("a refused key came again")
	}
	for i, id := range s.retryIDs {
		var want int64
		if i > 0 {
			aux := refused[i-1].AuxHash()
			want = int64(binary.LittleEndian.Uint64(aux[:]))
		}
		if id != want {
			t.Errorf("attempt %d: retry_id %x, want %x", i+1, id, want)
		}
	}
}

// TestHostile: every lie is refused with its own error.
func TestHostile(t *testing.T) {
	other := bin.Int128{1}
	fails := func(step int, change func([]byte) []byte) func(*server) {
		return func(s *server) {
			s.frame = func(now int, frame []byte) []byte {
				if now == step {
					return change(frame)
				}
				return frame
			}
		}
	}
	plus := func(n int) func([]byte) []byte {
		return func(b []byte) []byte { return append(b, make([]byte, n)...) }
	}
	// inside appends to the message, not only to its frame.
	inside := func(n int) func([]byte) []byte {
		return func(b []byte) []byte {
			b = append(b, make([]byte, n)...)
			binary.LittleEndian.PutUint32(b[16:], uint32(len(b)-headerBytes))
			return b
		}
	}
	ga := func(f func(p *big.Int) *big.Int) func(*server) {
		return func(s *server) { s.inner = func(d *mt.ServerDHInnerData) { d.GA = f(s.prime).Bytes() } }
	}
	g := func(g int) func(*server) {
		return func(s *server) { s.inner = func(d *mt.ServerDHInnerData) { d.G = g } }
	}
	prime := func(f func(p *big.Int) []byte) func(*server) {
		return func(s *server) {
			// 4 fits any p, 3 and 7 do not.
			s.inner = func(d *mt.ServerDHInnerData) { d.DhPrime, d.G = f(s.prime), 4 }
		}
	}
	pq := func(n int64) func(*server) { return func(s *server) { s.pq = big.NewInt(n).Bytes() } }
	// filled fills an honest pq up to n bytes.
	filled := func(n int) func(*server) {
		return func(s *server) { s.pq = append(make([]byte, n-8), 0x14, 0x60, 0xE7, 0xD3, 0xFA, 0x72, 0x77, 0x91) }
	}
	low := new(big.Int).Lsh(big.NewInt(1), 2048-64)

	for _, test := range []struct {
		name string
		lie  func(*server)
		want error
	}{
		// The first answer.
		{"wrong nonce", func(s *server) { s.resPQ = func(r *mt.ResPQ) { r.Nonce = other } }, ErrNonce},
		{"unknown fingerprint", func(s *server) {
			s.resPQ = func(r *mt.ResPQ) { r.ServerPublicKeyFingerprints = []int64{1, 2} }
		}, ErrFingerprint},
		{"no fingerprint", func(s *server) {
			s.resPQ = func(r *mt.ResPQ) { r.ServerPublicKeyFingerprints = nil }
		}, ErrFingerprint},
		{"pq empty", func(s *server) { s.pq = []byte{} }, ErrPQ},
		{"pq 0", func(s *server) { s.pq = []byte{0} }, ErrPQ},
		{"pq 1", pq(1), ErrPQ},
		{"pq prime", pq(1<<61 - 1), ErrPQ},
		{"pq square", pq((1<<31 - 1) * (1<<31 - 1)), ErrPQ},
		{"pq even", pq(2 * (1<<61 - 1)), ErrPQ},
		{"pq of three primes", pq(1000003 * 1000033 * 1000037), ErrPQ},
		{"pq beyond 2^63", func(s *server) { s.pq = []byte{0x80, 0, 0, 0, 0, 0, 0, 1} }, ErrPQ},
		{"pq of 1000 bytes", func(s *server) { s.pq = append([]byte{1}, make([]byte, 999)...) }, ErrPQ},
		{"pq with a zero before it", filled(9), ErrPQ},
		{"pq with too many zeros for RSA_PAD", filled(100), ErrPQ},
		{"fingerprints without end", func(s *server) {
			s.resPQ = func(r *mt.ResPQ) {
				r.ServerPublicKeyFingerprints = append(make([]int64, maxFrame/8), r.ServerPublicKeyFingerprints...)
			}
		}, ErrGarbled},

		// The second answer.
		{"wrong nonce in params", func(s *server) {
			s.params = func(p *mt.ServerDHParamsOk) { p.Nonce = other }
		}, ErrNonce},
		{"wrong server nonce in params", func(s *server) {
			s.params = func(p *mt.ServerDHParamsOk) { p.ServerNonce = other }
		}, ErrNonce},
		{"answer empty", func(s *server) {
			s.params = func(p *mt.ServerDHParamsOk) { p.EncryptedAnswer = nil }
		}, ErrGarbled},
		{"answer of 16 MiB", func(s *server) {
			s.params = func(p *mt.ServerDHParamsOk) { p.EncryptedAnswer = make([]byte, 1<<24-16) }
		}, ErrGarbled},
		{"answer of no whole blocks", func(s *server) {
			s.params = func(p *mt.ServerDHParamsOk) { p.EncryptedAnswer = p.EncryptedAnswer[:len(p.EncryptedAnswer)-4] }
		}, ErrGarbled},
		{"answer of one block", func(s *server) {
			s.params = func(p *mt.ServerDHParamsOk) { p.EncryptedAnswer = p.EncryptedAnswer[:16] }
		}, ErrGarbled},
		{"answer cut", func(s *server) {
			s.params = func(p *mt.ServerDHParamsOk) { p.EncryptedAnswer = p.EncryptedAnswer[:len(p.EncryptedAnswer)-16] }
		}, ErrHash},
		{"answer with a block more", func(s *server) {
			s.params = func(p *mt.ServerDHParamsOk) { p.EncryptedAnswer = append(p.EncryptedAnswer, make([]byte, 16)...) }
		}, ErrHash},
		{"wrong hash", func(s *server) {
			s.params = func(p *mt.ServerDHParamsOk) { p.EncryptedAnswer[0] ^= 1 }
		}, ErrHash},
		{"changed byte", func(s *server) {
			s.params = func(p *mt.ServerDHParamsOk) { p.EncryptedAnswer[300] ^= 1 }
		}, ErrHash},
		{"trailing bytes under the hash", func(s *server) { s.plain = plus(4) }, ErrGarbled},
		{"inner data cut", func(s *server) { s.plain = func(b []byte) []byte { return b[:len(b)-4] } }, ErrGarbled},
		{"inner data of another kind", func(s *server) {
			s.plain = func(b []byte) []byte { b[0] ^= 1; return b }
		}, ErrUnexpected},
		{"wrong nonce inside", func(s *server) {
			s.inner = func(d *mt.ServerDHInnerData) { d.Nonce = other }
		}, ErrNonce},
		{"wrong server nonce inside", func(s *server) {
			s.inner = func(d *mt.ServerDHInnerData) { d.ServerNonce = other }
		}, ErrNonce},
		{"time zero", func(s *server) { s.inner = func(d *mt.ServerDHInnerData) { d.ServerTime = 0 } }, ErrServerTime},
		{"time before 1970", func(s *server) { s.inner = func(d *mt.ServerDHInnerData) { d.ServerTime = -1 } }, ErrServerTime},

		// The group.
		{"p empty", prime(func(*big.Int) []byte { return nil }), ErrPrimeSize},
		{"p of 2047 bits", prime(func(p *big.Int) []byte {
			return new(big.Int).Rsh(p, 1).FillBytes(make([]byte, groupBytes))
		}), ErrPrimeSize},
		{"p of 255 bytes", prime(func(p *big.Int) []byte { return p.Bytes()[1:] }), ErrPrimeSize},
		{"p with a zero before it", prime(func(p *big.Int) []byte { return append([]byte{0}, p.Bytes()...) }), ErrPrimeSize},
		{"p of 4096 bits", prime(func(p *big.Int) []byte { return append(p.Bytes(), p.Bytes()...) }), ErrPrimeSize},
		{"p even", prime(func(p *big.Int) []byte { return new(big.Int).Add(p, big.NewInt(1)).Bytes() }), ErrPrime},
		{"p composite", prime(func(p *big.Int) []byte { return new(big.Int).Add(p, big.NewInt(2)).Bytes() }), ErrPrime},
		{"p a square", prime(func(p *big.Int) []byte {
			root := new(big.Int).Sqrt(p)
			return root.Mul(root, root).Bytes()
		}), ErrPrime},
		{"(p-1)/2 composite", prime(func(p *big.Int) []byte { return new(big.Int).Add(p, big.NewInt(unsafeOffset)).Bytes() }), ErrSafePrime},
		{"g 0", g(0), ErrGenerator},
		{"g 1", g(1), ErrGenerator},
		{"g 8", g(8), ErrGenerator},
		{"g negative", g(-3), ErrGenerator},
		{"g 2 does not fit", g(2), ErrSubgroup},
		{"g 5 does not fit", g(5), ErrSubgroup},
		{"g 6 does not fit", g(6), ErrSubgroup},
		{"g_a 0", ga(func(*big.Int) *big.Int { return new(big.Int) }), ErrRange},
		{"g_a 1", ga(func(*big.Int) *big.Int { return big.NewInt(1) }), ErrRange},
		{"g_a p-1", ga(func(p *big.Int) *big.Int { return new(big.Int).Sub(p, big.NewInt(1)) }), ErrRange},
		{"g_a p", ga(func(p *big.Int) *big.Int { return p }), ErrRange},
		{"g_a p+2^1985", ga(func(p *big.Int) *big.Int { return new(big.Int).Add(p, new(big.Int).Lsh(low, 1)) }), ErrRange},
		{"g_a at the lower bound", ga(func(*big.Int) *big.Int { return low }), ErrRange},
		{"g_a at the upper bound", ga(func(p *big.Int) *big.Int { return new(big.Int).Sub(p, low) }), ErrRange},
		{"g_a of 257 bytes", func(s *server) {
			s.inner = func(d *mt.ServerDHInnerData) { d.GA = append([]byte{0}, d.GA...) }
		}, ErrRange},

		// The third answer.
		{"wrong nonce at last", func(s *server) {
			s.verdict = func(int) bin.Encoder { ok := s.ok(); ok.Nonce = other; return ok }
		}, ErrNonce},
		{"wrong server nonce at last", func(s *server) {
			s.verdict = func(int) bin.Encoder { ok := s.ok(); ok.ServerNonce = other; return ok }
		}, ErrNonce},
		{"wrong nonce hash", func(s *server) {
			s.verdict = func(int) bin.Encoder { ok := s.ok(); ok.NewNonceHash1[15] ^= 1; return ok }
		}, ErrNonceHash},
		{"ok with the hash of a retry", func(s *server) {
			s.verdict = func(int) bin.Encoder { ok := s.ok(); ok.NewNonceHash1 = s.hash(2); return ok }
		}, ErrNonceHash},
		{"retry with the hash of an ok", func(s *server) {
			s.verdict = func(int) bin.Encoder { r := s.retry(); r.NewNonceHash2 = s.hash(1); return r }
		}, ErrNonceHash},
		{"failure without a proof", func(s *server) {
			s.verdict = func(int) bin.Encoder { f := s.fail(); f.NewNonceHash3 = other; return f }
		}, ErrNonceHash},
		{"failure", func(s *server) { s.verdict = func(int) bin.Encoder { return s.fail() } }, ErrFailed},
		{"retries for ever", func(s *server) { s.verdict = func(int) bin.Encoder { return s.retry() } }, ErrRetries},
		{"the first verdict replayed", func(s *server) {
			var first *mt.DhGenRetry
			s.verdict = func(tries int) bin.Encoder {
				if tries == 1 {
					first = s.retry()
				}
				return first
			}
		}, ErrNonceHash},

		// What any answer can be.
		{"answer to the last question at first", fails(1, func([]byte) []byte { return framed(&mt.DhGenOk{}) }), ErrUnexpected},
		{"first answer replayed second", func(s *server) {
			var first []byte
			s.frame = func(step int, frame []byte) []byte {
				if step == 1 {
					first = frame
				}
				return first
			}
		}, ErrUnexpected},
		{"second answer replayed third", func(s *server) {
			var second []byte
			s.frame = func(step int, frame []byte) []byte {
				switch step {
				case 1:
					return frame
				case 2:
					second = frame
				}
				return second
			}
		}, ErrUnexpected},
		{"frame empty", fails(1, func([]byte) []byte { return nil }), ErrGarbled},
		{"frame of a header", fails(2, func(b []byte) []byte { return b[:headerBytes] }), ErrGarbled},
		{"message empty", fails(1, func(b []byte) []byte { clear(b[16:20]); return b[:headerBytes] }), ErrGarbled},
		{"object of two bytes", fails(1, func(b []byte) []byte { b[16], b = 2, b[:22]; return b }), ErrGarbled},
		{"encrypted", fails(2, func(b []byte) []byte { b[7] = 1; return b }), ErrGarbled},
		{"id of a client", fails(3, func(b []byte) []byte { b[8] &^= 3; return b }), ErrGarbled},
		{"id of no answer", fails(3, func(b []byte) []byte { b[8] |= 3; return b }), ErrGarbled},
		{"length beyond the frame", fails(1, func(b []byte) []byte { b[16] += 4; return b }), ErrGarbled},
		{"length of 2^32-4", fails(1, func(b []byte) []byte { copy(b[16:], "\xfc\xff\xff\xff"); return b }), ErrGarbled},
		{"object cut", fails(3, func(b []byte) []byte { b[16] -= 4; return b[:len(b)-4] }), ErrGarbled},
		{"bytes behind the message", fails(1, plus(maxFramePadding+1)), ErrGarbled},
		{"bytes behind the first object", fails(1, inside(maxPadding+4)), ErrGarbled},
		{"bytes behind the second object", fails(2, inside(maxPadding+4)), ErrGarbled},
		{"bytes behind the third object", fails(3, inside(maxPadding+4)), ErrGarbled},
		{"vector of another kind", fails(1, func(b []byte) []byte { b[len(b)-4*8+0] ^= 1; return b }), ErrGarbled},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newServer(t)
			test.lie(s)
			result, err := Run(t.Context(), s, s.trusted(t))
			if !errors.Is(err, test.want) {
				t.Fatalf("error %v, want %v", err, test.want)
			}
			if result != (Result{}) {
				t.Error("a key was handed out")
			}
		})
	}
}

// TestPadding: what real servers and transports append is passed over.
func TestPadding(t *testing.T) {
	s := newServer(t)
	s.frame = func(step int, frame []byte) []byte {
		frame = append(frame, make([]byte, 4*25*step)...)
		binary.LittleEndian.PutUint32(frame[16:], uint32(len(frame)-headerBytes))
		return append(frame, make([]byte, maxFramePadding)...)
	}
	if _, err := Run(t.Context(), s, s.trusted(t)); err != nil {
		t.Error(err)
	}
}

// TestParamsFail: the word for a failure that older servers say second is believed with its proof alone.
func TestParamsFail(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*mt.ServerDHParamsFail)
		want   error
	}{
		{"proved", func(*mt.ServerDHParamsFail) {}, ErrFailed},
		{"not proved", func(f *mt.ServerDHParamsFail) { f.NewNonceHash[0] ^= 1 }, ErrNonceHash},
		{"of another exchange", func(f *mt.ServerDHParamsFail) { f.Nonce[0] ^= 1 }, ErrNonce},
	} {
		s := newServer(t)
		s.frame = func(step int, frame []byte) []byte {
			if step != 2 {
				return frame
			}
			f := &mt.ServerDHParamsFail{Nonce: s.nonce, ServerNonce: s.sn}
			copy(f.NewNonceHash[:], lowHash(s.newNonce[:]))
			test.change(f)
			return framed(f)
		}
		if _, err := Run(t.Context(), s, s.trusted(t)); !errors.Is(err, test.want) {
			t.Errorf("%s: error %v", test.name, err)
		}
	}
}

// TestImpostor: a server that shows the fingerprint and does not have the key cannot go on.
func TestImpostor(t *testing.T) {
	s := newServer(t)
	s.resPQ = func(r *mt.ResPQ) { r.ServerPublicKeyFingerprints = []int64{crypto.RSAFingerprint(anotherKey(t))} }
	_, err := Run(t.Context(), s, s.trusted(t))
	if err == nil {
		t.Fatal("an impostor got through")
	}
	// It could answer all the same, with temporary keys of its own.
	s = newServer(t)
	s.params = func(p *mt.ServerDHParamsOk) {
		key, iv := crypto.TempAESKeys(new(big.Int), s.sn.BigInt())
		p.EncryptedAnswer, _ = crypto.EncryptExchangeAnswer(zeros{}, make([]byte, 564), key, iv)
	}
	if _, err := Run(t.Context(), s, s.trusted(t)); !errors.Is(err, ErrHash) {
		t.Errorf("error %v", err)
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

// TestKeySize: a key that RSA_PAD is not made for is refused, whatever its size.
func TestKeySize(t *testing.T) {
	for _, bits := range []uint{1024, 2047, 2049, 4096} {
		n := new(big.Int).Lsh(big.NewInt(1), bits-1)
		key := &rsa.PublicKey{N: n.SetBit(n, 0, 1), E: 65537}
		s := newServer(t)
		s.resPQ = func(r *mt.ResPQ) { r.ServerPublicKeyFingerprints = []int64{crypto.RSAFingerprint(key)} }
		_, err := Run(t.Context(), s, Params{DC: 2, Keys: []*rsa.PublicKey{key}})
		if !errors.Is(err, ErrKeySize) {
			t.Errorf("%d bits: %v", bits, err)
		}
	}
}

// TestSilence: a server that says nothing is waited for until the deadline, at every step.
func TestSilence(t *testing.T) {
	aKey(t)
	anotherKey(t)
	for step := 1; step <= 3; step++ {
		synctest.Test(t, func(t *testing.T) {
			s := newServer(t)
			s.silent = step
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			start := time.Now()
			_, err := Run(ctx, s, s.trusted(t))
			if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 30*time.Second {
				t.Errorf("step %d: %v after %v", step, err, time.Since(start))
			}
		})
	}
}

// lost is a connection whose n-th write or read fails.
type lost struct {
	*server
	sends, recvs int
}

func (l *lost) Send(ctx context.Context, b *bin.Buffer) error {
	if l.sends--; l.sends == 0 {
		return errLost
	}
	return l.server.Send(ctx, b)
}

func (l *lost) Recv(ctx context.Context, b *bin.Buffer) error {
	if l.recvs--; l.recvs == 0 {
		return errLost
	}
	return l.server.Recv(ctx, b)
}

var errLost = errors.New("connection lost")

// TestLostConnection: errors of the connection come out as they are, at every step.
func TestLostConnection(t *testing.T) {
	for step := 1; step <= 3; step++ {
		for _, l := range []*lost{{newServer(t), step, 0}, {newServer(t), 0, step}} {
			if _, err := Run(t.Context(), l, l.trusted(t)); !errors.Is(err, errLost) {
				t.Errorf("step %d: %v", step, err)
			}
		}
	}
}

// TestCancelBetweenSteps: a context that ends while an answer comes is noticed before the next question.
func TestCancelBetweenSteps(t *testing.T) {
	for step := 1; step <= 2; step++ {
		s := newServer(t)
		ctx, cancel := context.WithCancel(t.Context())
		s.frame = func(now int, frame []byte) []byte {
			if now == step {
				cancel()
			}
			return frame
		}
		if _, err := Run(ctx, s, s.trusted(t)); !errors.Is(err, context.Canceled) || len(s.questions) != step {
			t.Errorf("step %d: %v after %d questions", step, err, len(s.questions))
		}
		cancel()
	}
}

// TestWiped: nothing is left from which a recorded exchange could be opened.
func TestWiped(t *testing.T) {
	s := newServer(t)
	x := &exchange{Params: s.trusted(t), conn: s, random: readRandom}
	x.Primes, x.Now = new(Primes), time.Now
	if _, err := x.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if x.newNonce == (bin.Int256{}) || x.temp == (tempKeys{}) {
		t.Error("nothing was there to forget")
	}
	x.wipe()
	if x.newNonce != (bin.Int256{}) || x.temp != (tempKeys{}) {
		t.Error("not forgotten")
	}
	n := new(big.Int).Lsh(big.NewInt(1), 2000)
	words := n.Bits()
	wipe(n)
	for _, w := range words {
		if w != 0 {
			t.Error("a number is still there")
		}
	}
}
