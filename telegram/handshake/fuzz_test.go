package handshake

import (
	"bytes"
	"errors"
	"testing"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/crypto"
	"github.com/gotd/td/mt"
)

// refusals are all errors that a server can cause.
func refusals() []error {
	return []error{
		ErrGarbled, ErrUnexpected, ErrNonce, ErrFingerprint, ErrKeySize, ErrPQ, ErrHash, ErrServerTime, ErrPrimeSize,
		ErrPrime, ErrSafePrime, ErrGenerator, ErrSubgroup, ErrRange, ErrNonceHash, ErrFailed, ErrRetries,
	}
}

func wantRefusal(t *testing.T, err error) {
	t.Helper()
	for _, known := range refusals() {
		if errors.Is(err, known) {
			return
		}
	}
	t.Errorf("error %v", err)
}

func FuzzUnwrap(f *testing.F) {
	f.Add(sampleFrame(f, sampleResPQ))
	f.Add(framed(&mt.DhGenOk{}))
	f.Add([]byte{})
	f.Add(make([]byte, headerBytes))
	f.Fuzz(func(t *testing.T, frame []byte) {
		body, err := unwrap(frame)
		if err != nil {
			wantRefusal(t, err)
			return
		}
		if len(body) == 0 || len(frame) > maxFrame || len(frame)-headerBytes-len(body) > maxFramePadding {
			t.Errorf("%d bytes of %d", len(body), len(frame))
		}
	})
}

func FuzzDecode(f *testing.F) {
	for _, s := range []string{sampleResPQ, sampleParamsOk, sampleGenOk} {
		f.Add(sampleFrame(f, s)[headerBytes:])
	}
	for _, o := range []bin.Encoder{&mt.ServerDHParamsFail{}, &mt.DhGenRetry{}, &mt.DhGenFail{}, &mt.ServerDHInnerData{}} {
		var b bin.Buffer
		_ = o.Encode(&b)
		f.Add(b.Buf)
	}
	// A vector that says it has 2^31-1 elements.
	f.Add(append(unhex(f, sampleResPQ)[headerBytes:headerBytes+52], 0xff, 0xff, 0xff, 0x7f))
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, into := range []bin.Decoder{
			new(mt.ResPQ), new(mt.ServerDHParamsBox), new(mt.ServerDHInnerData), new(mt.SetClientDHParamsAnswerBox),
		} {
			if err := decode(bytes.Clone(body), into, maxPadding); err != nil {
				wantRefusal(t, err)
			}
		}
	})
}

// FuzzOpen has a server that knows new_nonce send whatever it likes as its answer.
func FuzzOpen(f *testing.F) {
	temp := tempKeys{key: [32]byte(unhex(f, sampleTempKey)), iv: [32]byte(unhex(f, sampleTempIV))}
	x := exchange{temp: temp}
	copy(x.nonce[:], unhex(f, sampleNonce))
	copy(x.serverNonce[:], unhex(f, "D6701FCD212CEB87C966E5318F5564A8"))
	inner, err := temp.open(unhex(f, sampleParamsOk)[headerBytes+4+16+16+4:])
	if err != nil {
		f.Fatal(err)
	}
	f.Add(bytes.Clone(inner), false)
	f.Add(unhex(f, sampleParamsOk)[headerBytes+4+16+16+4:], true)
	f.Add([]byte{}, true)
	f.Fuzz(func(t *testing.T, data []byte, encrypted bool) {
		data = bytes.Clone(data)
		if !encrypted {
			data = temp.seal(data, readRandom)
		}
		answer, err := x.openInner(data)
		if err != nil {
			wantRefusal(t, err)
			return
		}
		g, err := newGroup(answer)
		if err != nil {
			wantRefusal(t, err)
			return
		}
		if g.p.BitLen() != 2048 || g.ga.Cmp(g.low) <= 0 || g.ga.Cmp(g.high) >= 0 || answer.G < 2 || answer.G > 7 {
			t.Errorf("a group with g = %d, g_a = %x", answer.G, g.ga)
		}
	})
}

// FuzzJudge has anybody send whatever they like as the last answer: without new_nonce none is believed.
func FuzzJudge(f *testing.F) {
	var x exchange
	copy(x.nonce[:], unhex(f, sampleNonce))
	copy(x.serverNonce[:], unhex(f, "D6701FCD212CEB87C966E5318F5564A8"))
	copy(x.newNonce[:], unhex(f, sampleNewNonce))
	genuine := sampleFrame(f, sampleGenOk)[headerBytes:]
	f.Add(bytes.Clone(genuine))
	f.Add(genuine[:51])
	f.Fuzz(func(t *testing.T, body []byte) {
		again, err := x.judge(bytes.Clone(body), crypto.Key(unhex(t, sampleKey)))
		if err == nil && (again || !bytes.HasPrefix(body, genuine[:52])) {
			t.Errorf("believed %x", body)
		}
		if err != nil {
			wantRefusal(t, err)
		}
	})
}
