// Package handshake is the client's side of making an MTProto 2.0 authorization key with a server, as
// core.telegram.org/mtproto/auth_key specifies it: three questions and three answers over a fresh connection.
//
//	result, err := handshake.Run(ctx, conn, handshake.Params{DC: 2, Keys: keys, Primes: primes})
//
// Who the other end is rests on one thing: new_nonce, 32 random bytes, travels under the server's RSA key,
// and everything the server says from then on is encrypted with it or holds a hash of it. What comes before
// that moment is anybody's word and is only checked for what it could do to this computer.
//
// It does the work of two exponentiations with 2,048 bits and little else: Telegram's prime is recognised
// instead of being proved again (see Primes), and the proof of work is done in 64-bit arithmetic. No check of
// the specification is left out; docs/security/handshake.md goes through them one by one.
package handshake

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/crypto"
	"github.com/gotd/td/mt"
	"github.com/gotd/td/transport"
)

// maxAttempts is how often a key is tried that the server cannot use (dh_gen_retry). It happens when two
// keys have the same 64-bit hash, which is to say never.
const maxAttempts = 5

// Params say what key is wanted, of whom.
type Params struct {
	// DC is the data centre's id as it travels: 10000 more in Telegram's test environment.
	DC int
	// Keys are the servers' keys, of which one must be the server's. Only those of 2048 bits can be used.
	Keys []*rsa.PublicKey
	// Primes remembers primes other than Telegram's across exchanges. Without it, each is proved anew.
	Primes *Primes
	// Now is this computer's clock, time.Now when nil.
	Now func() time.Time
}

// A Result is what both ends have agreed on.
type Result struct {
	Key crypto.AuthKey
	// Salt is the first server salt of the key.
	Salt int64
	// Ahead is how far this computer's clock was ahead of the server's when its answer came (negative:
	// behind). The server's word on this is authenticated; it is cut to whole seconds.
	Ahead time.Duration
}

// Run makes a key over a connection on which nothing was said yet. The context's deadline bounds each wait
// for the server, and its end is noticed within milliseconds while there is something to compute; to end a
// wait before the deadline, close the connection. Errors of conn are wrapped, all others are the package's.
func Run(ctx context.Context, conn transport.Conn, p Params) (Result, error) {
	if p.Now == nil {
		p.Now = time.Now
	}
	if p.Primes == nil {
		p.Primes = new(Primes)
	}
	x := &exchange{Params: p, conn: conn, random: readRandom}
	defer x.wipe()
	return x.run(ctx)
}

// readRandom fills a slice from crypto/rand, which ends the program rather than fail.
func readRandom(b []byte) { _, _ = rand.Read(b) }

// An exchange is one making of a key. Its fields are filled as it goes on.
type exchange struct {
	Params
	conn   transport.Conn
	random func([]byte)
	lastID int64

	nonce, serverNonce bin.Int128
	newNonce           bin.Int256
	temp               tempKeys
	ahead              time.Duration
}

func (x *exchange) run(ctx context.Context) (Result, error) {
	question, err := x.askPQ(ctx)
	if err != nil {
		return Result{}, fmt.Errorf("ask for pq: %w", err)
	}
	g, err := x.askGroup(ctx, question)
	if err != nil {
		return Result{}, fmt.Errorf("ask for the group: %w", err)
	}
	result, err := x.agree(ctx, g)
	if err != nil {
		return Result{}, fmt.Errorf("agree on a key: %w", err)
	}
	return result, nil
}

// wipe forgets what opens the exchange to somebody who recorded it: both powers of g and the first salt. The
// key itself takes one of the secret exponents, which attempt forgets.
func (x *exchange) wipe() {
	clear(x.newNonce[:])
	x.temp.wipe()
}

// A challenge is what the server asks for before it proves itself: the factors of pq, sealed for one of
// its keys.
type challenge struct {
	pq, p, q    []byte
	key         *rsa.PublicKey
	fingerprint int64
}

// askPQ is items 1 to 3 of the specification.
func (x *exchange) askPQ(ctx context.Context) (challenge, error) {
	x.random(x.nonce[:])
	if err := x.send(ctx, &mt.ReqPqMultiRequest{Nonce: x.nonce}); err != nil {
		return challenge{}, err
	}
	body, err := x.receive(ctx)
	if err != nil {
		return challenge{}, err
	}
	var answer mt.ResPQ
	if err := decode(body, &answer, maxPadding); err != nil {
		return challenge{}, err
	}
	if answer.Nonce != x.nonce {
		return challenge{}, ErrNonce
	}
	x.serverNonce = answer.ServerNonce

	key, fingerprint, err := choose(x.Keys, answer.ServerPublicKeyFingerprints)
	if err != nil {
		return challenge{}, err
	}
	p, q, err := split(answer.Pq)
	if err != nil {
		return challenge{}, err
	}
	return challenge{answer.Pq, p, q, key, fingerprint}, nil
}

// askGroup is items 4 to 6: it proves that the work was done, and the answer that the server has the key.
func (x *exchange) askGroup(ctx context.Context, c challenge) (*group, error) {
	x.random(x.newNonce[:])
	sealed, err := x.seal(c)
	if err != nil {
		return nil, err
	}
	if err := x.send(ctx, &mt.ReqDHParamsRequest{
		Nonce: x.nonce, ServerNonce: x.serverNonce,
		P: c.p, Q: c.q, PublicKeyFingerprint: c.fingerprint, EncryptedData: sealed,
	}); err != nil {
		return nil, err
	}
	x.temp = deriveTempKeys(x.newNonce, x.serverNonce)
	body, err := x.receive(ctx)
	if err != nil {
		return nil, err
	}
	received := x.Now()
	answer, err := x.openAnswer(body)
	if err != nil {
		return nil, err
	}
	g, err := newGroup(answer)
	if err != nil {
		return nil, err
	}
	if err := x.Primes.check(ctx, g.p); err != nil {
		return nil, err
	}
	x.ahead = received.Sub(time.Unix(int64(answer.ServerTime), 0))
	return g, nil
}

// seal is p_q_inner_data_dc, encrypted for the server alone.
func (x *exchange) seal(c challenge) ([]byte, error) {
	// A buffer that grew would leave copies of new_nonce behind.
	b := bin.Buffer{Buf: make([]byte, 0, maxDataBytes)}
	inner := &mt.PQInnerDataDC{
		Pq: c.pq, P: c.p, Q: c.q, Nonce: x.nonce, ServerNonce: x.serverNonce, NewNonce: x.newNonce, DC: x.DC,
	}
	defer func() {
		clear(inner.NewNonce[:])
		clear(b.Buf[:cap(b.Buf)])
	}()
	if err := inner.Encode(&b); err != nil {
		return nil, fmt.Errorf("encode inner data: %w", err)
	}
	return rsaPad(b.Buf, c.key, x.random)
}

// openAnswer reads what the server proves itself with: server_DH_inner_data, encrypted with new_nonce.
func (x *exchange) openAnswer(body []byte) (*mt.ServerDHInnerData, error) {
	var box mt.ServerDHParamsBox
	if err := decode(body, &box, maxPadding); err != nil {
		return nil, err
	}
	answer := box.Server_DH_Params
	if answer.GetNonce() != x.nonce || answer.GetServerNonce() != x.serverNonce {
		return nil, ErrNonce
	}
	switch answer := answer.(type) {
	case *mt.ServerDHParamsFail:
		if !equal(answer.NewNonceHash[:], lowHash(x.newNonce[:])) {
			return nil, ErrNonceHash
		}
		return nil, ErrFailed
	case *mt.ServerDHParamsOk:
		return x.openInner(answer.EncryptedAnswer)
	}
	return nil, ErrUnexpected
}

// openInner decrypts, and parses nothing before its hash is found right.
func (x *exchange) openInner(encrypted []byte) (*mt.ServerDHInnerData, error) {
	data, err := x.temp.open(encrypted)
	if err != nil {
		return nil, err
	}
	var inner mt.ServerDHInnerData
	if err := decode(data, &inner, 0); err != nil {
		return nil, err
	}
	switch {
	case inner.Nonce != x.nonce || inner.ServerNonce != x.serverNonce:
		return nil, ErrNonce
	case inner.ServerTime <= 0:
		return nil, ErrServerTime
	}
	return &inner, nil
}

// agree is items 7 to 9, as often as the server asks for another key.
func (x *exchange) agree(ctx context.Context, g *group) (Result, error) {
	var retryID int64
	var key crypto.Key
	defer clear(key[:])
	for range maxAttempts {
		var again bool
		var err error
		if key, again, err = x.attempt(ctx, g, retryID); err != nil {
			return Result{}, err
		}
		if !again {
			return Result{
				Key:   key.WithID(),
				Salt:  crypto.ServerSalt(x.newNonce, x.serverNonce),
				Ahead: x.ahead,
			}, nil
		}
		retryID = auxHash(key)
	}
	return Result{}, ErrRetries
}

// attempt makes one key and hears what the server says of it.
func (x *exchange) attempt(ctx context.Context, g *group, retryID int64) (key crypto.Key, again bool, err error) {
	if err := ctx.Err(); err != nil {
		return key, false, err
	}
	var secret [groupBytes]byte
	defer clear(secret[:])
	x.random(secret[:])
	gb, err := g.public(secret[:])
	if err != nil {
		return key, false, err
	}
	sealed, err := x.sealPublic(gb, retryID)
	if err != nil {
		return key, false, err
	}
	if err := x.send(ctx, &mt.SetClientDHParamsRequest{
		Nonce: x.nonce, ServerNonce: x.serverNonce, EncryptedData: sealed,
	}); err != nil {
		return key, false, err
	}
	// The server computes the key at this moment as well.
	key = g.shared(secret[:])
	body, err := x.receive(ctx)
	if err == nil {
		again, err = x.judge(body, key)
	}
	if err != nil {
		clear(key[:])
	}
	return key, again, err
}

// sealPublic is client_DH_inner_data, encrypted.
func (x *exchange) sealPublic(gb []byte, retryID int64) ([]byte, error) {
	var b bin.Buffer
	inner := &mt.ClientDHInnerData{Nonce: x.nonce, ServerNonce: x.serverNonce, RetryID: retryID, GB: gb}
	if err := inner.Encode(&b); err != nil {
		return nil, fmt.Errorf("encode inner data: %w", err)
	}
	return x.temp.seal(b.Buf, x.random), nil
}

// judge reads the last answer: the hash in it shows that the server has computed the same key.
func (x *exchange) judge(body []byte, key crypto.Key) (again bool, err error) {
	var box mt.SetClientDHParamsAnswerBox
	if err := decode(body, &box, maxPadding); err != nil {
		return false, err
	}
	answer := box.Set_client_DH_params_answer
	if answer.GetNonce() != x.nonce || answer.GetServerNonce() != x.serverNonce {
		return false, ErrNonce
	}
	var hash bin.Int128
	var verdict byte
	switch answer := answer.(type) {
	case *mt.DhGenOk:
		hash, verdict = answer.NewNonceHash1, verdictOK
	case *mt.DhGenRetry:
		hash, verdict = answer.NewNonceHash2, verdictRetry
	case *mt.DhGenFail:
		hash, verdict = answer.NewNonceHash3, verdictFail
	}
	switch {
	case !equal(hash[:], nonceHash(x.newNonce, verdict, key)):
		return false, ErrNonceHash
	case verdict == verdictFail:
		return false, ErrFailed
	}
	return verdict == verdictRetry, nil
}
