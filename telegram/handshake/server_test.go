package handshake

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"math/big"
	"sync"
	"testing"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/crypto"
	"github.com/gotd/td/mt"
	"github.com/gotd/td/proto"
)

// serverKeys are two RSA keys for all tests: making one takes long.
var serverKeys = sync.OnceValues(func() (keys [2]*rsa.PrivateKey, err error) {
	for i := range keys {
		if keys[i], err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
			return keys, err
		}
	}
	return keys, nil
})

func aKey(t testing.TB) *rsa.PrivateKey {
	t.Helper()
	keys, err := serverKeys()
	if err != nil {
		t.Fatal(err)
	}
	return keys[0]
}

func anotherKey(t testing.TB) *rsa.PublicKey {
	t.Helper()
	aKey(t)
	keys, _ := serverKeys()
	return &keys[1].PublicKey
}

// A server is the other side of an exchange, built on gotd's functions, that can be told to lie. It is the
// connection at the same time: what is sent is answered when the answer is asked for.
type server struct {
	key   *rsa.PrivateKey
	prime *big.Int
	g     int
	// pq is put in place of a fresh one.
	pq []byte

	// What a test may change of an answer before it is encoded, of what is encrypted in it, and of the
	// frame it travels in: steps count from 1.
	resPQ   func(*mt.ResPQ)
	params  func(*mt.ServerDHParamsOk)
	inner   func(*mt.ServerDHInnerData)
	plain   func(data []byte) []byte
	verdict func(tries int) bin.Encoder
	frame   func(step int, frame []byte) []byte
	silent  int // the step that is never answered

	step         int
	asked        []byte
	dc           int
	questions    [][]byte
	nonce, sn    bin.Int128
	newNonce     bin.Int256
	tempKey, tIV []byte
	a            *big.Int
	authKey      crypto.Key
	retryIDs     []int64
}

func newServer(t testing.TB) *server {
	t.Helper()
	return &server{key: aKey(t), prime: number(t, telegramPrime), g: 3}
}

func number(t testing.TB, hex string) *big.Int {
	t.Helper()
	n, ok := new(big.Int).SetString(hex, 16)
	if !ok {
		t.Fatalf("not a number: %s", hex)
	}
	return n
}

func (s *server) Send(_ context.Context, b *bin.Buffer) error {
	s.asked = b.Copy()
	s.questions = append(s.questions, s.asked)
	return nil
}

func (s *server) Close() error { return nil }

func (s *server) Recv(ctx context.Context, b *bin.Buffer) error {
	s.step++
	if s.step == s.silent {
		<-ctx.Done()
		return ctx.Err()
	}
	var question proto.UnencryptedMessage
	if err := question.Decode(&bin.Buffer{Buf: s.asked}); err != nil {
		return err
	}
	answer, err := s.answer(&bin.Buffer{Buf: question.MessageData})
	if err != nil {
		return err
	}
	frame := framed(answer)
	if s.frame != nil {
		frame = s.frame(s.step, frame)
	}
	b.ResetTo(frame)
	return nil
}

// framed is an answer as a server's message in plain text.
func framed(answer bin.Encoder) []byte {
	var body, b bin.Buffer
	_ = answer.Encode(&body)
	_ = proto.UnencryptedMessage{
		MessageID:   int64(proto.NewMessageID(time.Now(), proto.MessageServerResponse)),
		MessageData: body.Buf,
	}.Encode(&b)
	return b.Buf
}

func (s *server) answer(question *bin.Buffer) (bin.Encoder, error) {
	id, err := question.PeekID()
	if err != nil {
		return nil, err
	}
	switch id {
	case mt.ReqPqMultiRequestTypeID:
		return s.answerPQ(question)
	case mt.ReqDHParamsRequestTypeID:
		return s.answerParams(question)
	case mt.SetClientDHParamsRequestTypeID:
		return s.answerKey(question)
	}
	return nil, errors.New("unknown question")
}

func (s *server) answerPQ(question *bin.Buffer) (bin.Encoder, error) {
	var ask mt.ReqPqMultiRequest
	if err := ask.Decode(question); err != nil {
		return nil, err
	}
	s.nonce = ask.Nonce
	_, _ = rand.Read(s.sn[:])
	res := &mt.ResPQ{
		Nonce: s.nonce, ServerNonce: s.sn, Pq: s.pq,
		ServerPublicKeyFingerprints: []int64{1, crypto.RSAFingerprint(&s.key.PublicKey), 2},
	}
	if s.pq == nil {
		p, _ := rand.Prime(rand.Reader, 31)
		q, _ := rand.Prime(rand.Reader, 31)
		res.Pq = p.Mul(p, q).Bytes()
	}
	if s.resPQ != nil {
		s.resPQ(res)
	}
	return res, nil
}

func (s *server) answerParams(question *bin.Buffer) (bin.Encoder, error) {
	var ask mt.ReqDHParamsRequest
	if err := ask.Decode(question); err != nil {
		return nil, err
	}
	data, err := crypto.DecodeRSAPad(ask.EncryptedData, s.key)
	if err != nil {
		return nil, err
	}
	var sealed mt.PQInnerDataDC
	if err := sealed.Decode(&bin.Buffer{Buf: data}); err != nil {
		return nil, err
	}
	if sealed.Nonce != s.nonce || sealed.ServerNonce != s.sn || ask.Nonce != s.nonce || ask.ServerNonce != s.sn {
		return nil, errors.New("client's nonces are wrong")
	}
	p, q := new(big.Int).SetBytes(ask.P), new(big.Int).SetBytes(ask.Q)
	if new(big.Int).Mul(p, q).Cmp(new(big.Int).SetBytes(sealed.Pq)) != 0 || p.Cmp(q) >= 0 {
		return nil, errors.New("client's p and q are wrong")
	}
	s.newNonce, s.dc = sealed.NewNonce, sealed.DC
	s.tempKey, s.tIV = crypto.TempAESKeys(s.newNonce.BigInt(), s.sn.BigInt())

	s.a, _ = rand.Int(rand.Reader, s.prime)
	inner := &mt.ServerDHInnerData{
		Nonce: s.nonce, ServerNonce: s.sn, G: s.g, DhPrime: s.prime.Bytes(),
		GA:         new(big.Int).Exp(big.NewInt(int64(s.g)), s.a, s.prime).Bytes(),
		ServerTime: int(time.Now().Unix()),
	}
	if s.inner != nil {
		s.inner(inner)
	}
	var b bin.Buffer
	if err := inner.Encode(&b); err != nil {
		return nil, err
	}
	if s.plain != nil {
		b.Buf = s.plain(b.Buf)
	}
	encrypted, err := crypto.EncryptExchangeAnswer(rand.Reader, b.Buf, s.tempKey, s.tIV)
	if err != nil {
		return nil, err
	}
	params := &mt.ServerDHParamsOk{Nonce: s.nonce, ServerNonce: s.sn, EncryptedAnswer: encrypted}
	if s.params != nil {
		s.params(params)
	}
	return params, nil
}

func (s *server) answerKey(question *bin.Buffer) (bin.Encoder, error) {
	var ask mt.SetClientDHParamsRequest
	if err := ask.Decode(question); err != nil {
		return nil, err
	}
	data, err := crypto.DecryptExchangeAnswer(ask.EncryptedData, s.tempKey, s.tIV)
	if err != nil {
		return nil, err
	}
	var inner mt.ClientDHInnerData
	if err := inner.Decode(&bin.Buffer{Buf: data}); err != nil {
		return nil, err
	}
	if inner.Nonce != s.nonce || inner.ServerNonce != s.sn || ask.Nonce != s.nonce || ask.ServerNonce != s.sn {
		return nil, errors.New("client's nonces are wrong")
	}
	new(big.Int).Exp(new(big.Int).SetBytes(inner.GB), s.a, s.prime).FillBytes(s.authKey[:])
	s.retryIDs = append(s.retryIDs, inner.RetryID)
	if s.verdict != nil {
		return s.verdict(len(s.retryIDs)), nil
	}
	return s.ok(), nil
}

// The verdicts, each with its proof.

func (s *server) ok() *mt.DhGenOk {
	return &mt.DhGenOk{Nonce: s.nonce, ServerNonce: s.sn, NewNonceHash1: crypto.NonceHash1(s.newNonce, s.authKey)}
}

func (s *server) retry() *mt.DhGenRetry {
	return &mt.DhGenRetry{Nonce: s.nonce, ServerNonce: s.sn, NewNonceHash2: s.hash(2)}
}

func (s *server) fail() *mt.DhGenFail {
	return &mt.DhGenFail{Nonce: s.nonce, ServerNonce: s.sn, NewNonceHash3: s.hash(3)}
}

func (s *server) hash(n byte) (sum bin.Int128) {
	aux := s.authKey.AuxHash()
	copy(sum[:], lowHash(s.newNonce[:], []byte{n}, aux[:]))
	return sum
}
