package handshake

import (
	"bytes"
	"context"
	"crypto/rsa"
	"crypto/x509"
	"encoding/binary"
	"encoding/hex"
	"encoding/pem"
	"strings"
	"testing"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/crypto"
	"github.com/gotd/td/mt"
)

// The sample of core.telegram.org/mtproto/samples-auth_key, recorded with Telegram itself on 20 January 2024
// in data centre 2. What the client made up for it:
const (
	sampleNonce    = "15A084B3B9CA2A17F03925F44B78FE68"
	sampleNewNonce = "845FAD32D10A4C7967DA49A89FBE508AD24AA3150992B499B3B2C72CDC0F364C"
	// samplePadding fills data_with_padding; the temp_key that follows is not told.
	samplePadding = "5C3E7244F0896A34C58F66FC548B7A2D0A4153B5E703A8FF11FBF623B7E2F9BA" +
		"25E3539490DA77CEB9AB45A44F9D7D3CB5DE7C0F69F0D5819112F5CACF06C964" +
		"AE5D8BC3C727AC39A058681B8E80AAB76BF06CD90FCBC2B7CFBF8135"
	sampleB = "A521C97B9D210812C56055C62FE8C3CE7FC97A75E51D4428F78F7D5F7325FCE0" +
		"3FF70D99039502FB75059DC40E36CF4F4D7A073937CC6DBC86AB864E7B3F26EF" +
		"E833F766856033931BC41F031507DD571FCFEBB28F1B3DF1577A90C25B95C568" +
		"94AAB64C681961AC68AFA9AADF03752D0E26EADD645A02D7895B64846EB83B3D" +
		"DD458D856870CD8C0765B985C1ED50D5D802DDE67B159C899898A9B738D17802" +
		"F3D50B83A868738D8502BBE33B8D7FBC3348E3E444352816FD84D300A2A8E211" +
		"7CAC0EAEC654235183187D85548791BF25ABFD1AC97EAB7FA685F67A57E7BBE4" +
		"7B96A99B8F34B8EB523C18AEE074EABACB6FA9A28A41F4F961F41D86B19F4EC1"
	sampleLastPadding = "C320374A97C7BB863CFF9F97"
)

// What the client sends:
const (
	samplePQInner = "955FF5A9081460E7D3FA727791000000043C2357CF0000000456BFB29F000000" +
		"15A084B3B9CA2A17F03925F44B78FE68D6701FCD212CEB87C966E5318F5564A8" +
		"845FAD32D10A4C7967DA49A89FBE508AD24AA3150992B499B3B2C72CDC0F364C02000000"
	sampleClientInner = "54B6436615A084B3B9CA2A17F03925F44B78FE68D6701FCD212CEB87C966E5318F5564A8" +
		"0000000000000000FE000100" + sampleGB
	sampleGB = "A0BB357C5A5FBC4EC9D8B2171C030CB68A693A8024CD9E3630BAE4CE000A14A5" +
		"DBF8A40DFB322678A797ED3D591032D0A1C529BE4E76B7EBD5436E7BF7539A9A" +
		"B5A5FE9DD62F37CAE704EFE0C10DD608E5D9554F7B2F7198E99CE29A9A86CCE0" +
		"FBB1491EBA269DEB6AA20C5CB2134E75E5C70A7C0E7D47EE16F87189D135EDAE" +
		"37EAD992063C11AEA4AC660CF3EBE61B6C21ADAAC2A9317120A6F4D1DA65978F" +
		"A74BF94CC65A0CA2479D064906E78575049E7654D346CA576C6778F478CDB48F" +
		"CA2FD9202E6E5F95FEF623A206207AFB41619C419357B49F4F8825B37EF7E748" +
		"11FBA22BDF45730F423793C5049514363232F3358BC5F60A416BDCE7D7BBFB49"
	sampleSetParams = "1F5F04F515A084B3B9CA2A17F03925F44B78FE68D6701FCD212CEB87C966E5318F5564A8FE500100" +
		"79CA5B557095AD847C53D6308A38B62FC9A6F2356C07F298D21C9B0DB4002D90" +
		"C4C0FB9C72626F9F146B4E3A81F59ED5CC6A0B4F59BC7411CDCA6BDA8C27B6C3" +
		"B6DB548F076BB6CCB6791DB116E6368C7328BA21212121446CE754EC118CF380" +
		"ED0CB0D798418CE54D7F68FCAE7AF146F4F8DF31F98794FF6EE06C35DE10A865" +
		"18434A9F83CDC05FD5B151A50F63AD87D8529D7AA032498AF9C17C6F02E7EE1E" +
		"8733F5752186880FA475F2977C7F00E1D8384E20613971F98EFD81A3C6BFB3B8" +
		"F97969FB39D172527961341BBFDC9D2895306365A52F2CB9087C122E53990800" +
		"BD596E05AA25A5642996AFB43061178A580F21E3C47080418B4CF0B6B10FC0C7" +
		"8595D486B3A3DD401D1BF37257C2584BFD5D71A708B138A6E22F853E522696AA" +
		"6D1A8532461ABAEA7935A975E3C978A7A00C792CB3ADF688D0B1480C6C016B04" +
		"CD1BC36546CD9ACABAA0C84DB571749B"
)

// What the server answers. The lengths count bytes that are not shown; zeros stand for them here.
const (
	sampleResPQ = "000000000000000001C46FBEFCC0AB65B8000000" +
		"6324160515A084B3B9CA2A17F03925F44B78FE68D6701FCD212CEB87C966E5318F5564A8" +
		"081460E7D3FA72779100000015C4B51C03000000A5B7F709355FC30B216BE86C022BB4C385FD64DE851D9DD0"
	sampleParamsOk = "000000000000000001E09A64FDC0AB659C020000" +
		"5C07E8D015A084B3B9CA2A17F03925F44B78FE68D6701FCD212CEB87C966E5318F5564A8FE500200" +
		"FEF627AC3A88027BC6583F95D82E610066A87B839614EE343CD8D37F2B2C81FC" +
		"964561BA164F44E4B3C39A6CC74C6E2F2687C2E5872658E4301734B3814D420C" +
		"684D94C0B93C4B335DBB346266CDAD20B3EEC91AE49B59E130EAB877FD03C07B" +
		"A786DA8EFF7BDDCB773E0C4C1C7C66FE5C5A39D32A76400D71FBD2A09D5BFDF3" +
		"B3976F17C1DA7FD77349CBD97EBC5217181541F43D8DEDB3027DC3989623DCF8" +
		"49FF391832F409903E7620EBBF7675CEFA13CEC90570BB0EE196C5BB67DB169D" +
		"B902C1192F67D9A74B1B9782FF02FD4DB78C76117D6639A6ED87F5DEB37ED492" +
		"96F2C94EA835D0988A270749C3E6D1D0B0BE88F3985D683E48F2E2AC7648175E" +
		"E72BEA1B52641C23EC8EEFBD6025516E91CCE20C25CB5159B5C9D9CA19A15DD4" +
		"A44F422946B758EC4C968BDE0832E2389D5B9F3C3AC520AC58753747717F7276" +
		"A7DF3FF841A7ABD18524A3150F537471F73A9818097E82D9645A9CE38F858D51" +
		"0FFC79CE11D96173C22DDE2B0AE490B8CC7B10BCC7BB8879027872E724DCC648" +
		"DDF7AE6F14C3229E7D611463E513D38BE913D0D50E9D439337C0FD8D71C9EF70" +
		"C602A47173D699308216C7C44C40615BF8E9806A5DFA56F4529AD70E784C1904" +
		"A9488A019A6C7AB7D822A9A6926A1916891302C1827CE54E9D8829EE079D1973" +
		"0DFEBA218D317EB4F22A2418EF9343DA75131FC6F37A80D5EEB93309711244AE" +
		"3A1D4CA1906F10B4F06C8F9BF547A6FEA9A8D0CC910B15E7DA9A0ACF0C2E7934" +
		"F7A7DBA8EFFE4D135DBD207C609BFC3BAC89BA949DDF754879712F6B97C50A54" +
		"F560D0A75DA8A078A039F21BCA129FCB"
	sampleGenOk = "000000000000000001C0A6F6FDC0AB6570000000" +
		"34F7CB3B15A084B3B9CA2A17F03925F44B78FE68D6701FCD212CEB87C966E5318F5564A8677F483BB89FD206B244A2D1AC38CB31"
)

// What both agree on:
const (
	sampleTempKey = "D32E4A7F18252AE2B0406B84633E1117833ED75BDA40011D1E1700E3E08A8AE7"
	sampleTempIV  = "4FFC40D969D49934ED3740FF66D9179947A5E1D85C4C7F15555920C1845FAD32"
	sampleTime    = 1705754877
	sampleKey     = "77379866D71627E6C3635361F9681B03C9EE8A7AAB9552EF513A13315EABC18A" +
		"118ED649614AE1F01DAB8F71D83341309C5999AD4889E5D9F3E911AAAD00D9DD" +
		"C24273D7B97DD92151F969242F347C8F9D5DE44E8D7E87A69C2AE1757F5ECD20" +
		"AAFC586EDD34C89AC8D5B8F7C9EB33A0C7F06A69632BCEB8DE03E336E5AF0332" +
		"D4B1F52BA73FBE7A3A6FE8C2268C10B9357E5474A7CCEB0E39FE3B4A92900CD0" +
		"9AF3C307D8FA90CB9DA2AD35643FB0335BD0B7E6D30D1038741EB632E6A97B69" +
		"2A1F76F418AF74337D05539B59DF1D4E16B7E0C87240595DDFD26037CDB7E70D" +
		"B4B6C5CAE532F49BC6974F6F46FD3CBDCD90EBB6795FD9A43421BCDF893D5C46"
)

// telegramKey is the one whose fingerprint the sample chooses: that of Telegram's production servers.
const telegramKey = `-----BEGIN RSA PUBLIC KEY-----
MIIBCgKCAQEA6LszBcC1LGzyr992NzE0ieY+BSaOW622Aa9Bd4ZHLl+TuFQ4lo4g
5nKaMBwK/BIb9xUfg0Q29/2mgIR6Zr9krM7HjuIcCzFvDtr+L0GQjae9H0pRB2OO
62cECs5HKhT5DZ98K33vmWiLowc621dQuwKWSQKjWf50XYFw42h21P2KXUGyp2y/
+aEyZ+uVgLLQbRA1dEjSDZ2iGRy12Mk5gpYc397aYp438fsJoHIgJ2lgMv5h7WY9
t6N/byY9Nw9p21Og3AoXSL2q/2IJ1WRUhebgAdGVMlV1fkuOQoEzR7EdpqtQD9Cs
5+bfo3Nhmcyvk5ftB0WkJ9z6bNZ7yxrP8wIDAQAB
-----END RSA PUBLIC KEY-----`

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// recorded answers with frames, one after the other, whatever it is asked.
type recorded struct {
	frames    [][]byte
	questions [][]byte
}

func (r *recorded) Send(_ context.Context, b *bin.Buffer) error {
	r.questions = append(r.questions, b.Copy())
	return nil
}

func (r *recorded) Recv(_ context.Context, b *bin.Buffer) error {
	b.ResetTo(r.frames[0])
	r.frames = r.frames[1:]
	return nil
}

func (r *recorded) Close() error { return nil }

// sampleFrame fills a frame up to the length it says.
func sampleFrame(t testing.TB, s string) []byte {
	t.Helper()
	frame := unhex(t, s)
	missing := int(binary.LittleEndian.Uint32(frame[16:])) - (len(frame) - headerBytes)
	return append(frame, make([]byte, missing)...)
}

// TestSample has the specification's own exchange again, with the numbers that its client made up.
func TestSample(t *testing.T) {
	block, _ := pem.Decode([]byte(telegramKey))
	key, err := x509.ParsePKCS1PublicKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	conn := &recorded{frames: [][]byte{
		sampleFrame(t, sampleResPQ), sampleFrame(t, sampleParamsOk), sampleFrame(t, sampleGenOk),
	}}
	// The sample does not tell temp_key; with zeros for it, what is encrypted is below the modulus at once.
	numbers := unhex(t, sampleNonce+sampleNewNonce+samplePadding+strings.Repeat("00", 32)+sampleB+sampleLastPadding)
	x := &exchange{
		Params: Params{
			DC: 2, Keys: []*rsa.PublicKey{key}, Primes: new(Primes),
			Now: func() time.Time { return time.Unix(sampleTime+60, 0) },
		},
		conn: conn,
		random: func(b []byte) {
			if copy(b, numbers) != len(b) {
				t.Fatalf("%d more random bytes wanted, %d are left", len(b), len(numbers))
			}
			numbers = numbers[len(b):]
		},
	}
	got, err := x.run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(numbers) != 0 {
		t.Errorf("%d random bytes too many", len(numbers))
	}
	if !bytes.Equal(got.Key.Value[:], unhex(t, sampleKey)) {
		t.Error("another key")
	}
	if got.Ahead != time.Minute {
		t.Errorf("ahead by %v", got.Ahead)
	}
	if want := int64(binary.LittleEndian.Uint64(unhex(t, "845FAD32D10A4C79")) ^
		binary.LittleEndian.Uint64(unhex(t, "D6701FCD212CEB87"))); got.Salt != want {
		t.Errorf("salt %x, want %x", got.Salt, want)
	}
	if !bytes.Equal(x.temp.key[:], unhex(t, sampleTempKey)) || !bytes.Equal(x.temp.iv[:], unhex(t, sampleTempIV)) {
		t.Error("other temporary keys")
	}
	if q := conn.questions[0]; !bytes.Equal(q[headerBytes:], unhex(t, "F18E7EBE"+sampleNonce)) {
		t.Errorf("first question %x", q)
	}
	if q := conn.questions[2]; !bytes.Equal(q[headerBytes:], unhex(t, sampleSetParams)) {
		t.Errorf("third question %x", q)
	}
	wantSecondQuestion(t, conn.questions[1], key)
}

// wantSecondQuestion wants all of the sample's but what is encrypted, whose temp_key the sample does not tell.
func wantSecondQuestion(t *testing.T, frame []byte, key *rsa.PublicKey) {
	t.Helper()
	var q mt.ReqDHParamsRequest
	if err := q.Decode(&bin.Buffer{Buf: frame[headerBytes:]}); err != nil {
		t.Fatal(err)
	}
	if binary.BigEndian.Uint32(q.P) != 1008949199 || binary.BigEndian.Uint32(q.Q) != 1455403679 ||
		uint64(q.PublicKeyFingerprint) != 0xd09d1d85de64fd85 || len(q.EncryptedData) != rsaBytes {
		t.Errorf("second question %+v", q)
	}
	// The inner data are encrypted again with the same random bytes.
	filling := unhex(t, samplePadding+strings.Repeat("00", 32))
	want, err := rsaPad(unhex(t, samplePQInner), key, func(b []byte) { filling = filling[copy(b, filling):] })
	if err != nil || !bytes.Equal(q.EncryptedData, want) {
		t.Errorf("encrypted data %x, want %x (%v)", q.EncryptedData, want, err)
	}
}

// TestSampleParts compares the sample's parts one by one, with gotd's functions too.
func TestSampleParts(t *testing.T) {
	var newNonce bin.Int256
	copy(newNonce[:], unhex(t, sampleNewNonce))
	temp := tempKeys{key: [32]byte(unhex(t, sampleTempKey)), iv: [32]byte(unhex(t, sampleTempIV))}

	padding := unhex(t, sampleLastPadding)
	sealed := temp.seal(unhex(t, sampleClientInner), func(b []byte) { padding = padding[copy(b, padding):] })
	if !bytes.Equal(sealed, unhex(t, sampleSetParams)[4+16+16+4:]) || len(padding) != 0 {
		t.Errorf("sealed %x", sealed)
	}
	opened, err := temp.open(bytes.Clone(sealed))
	if err != nil || !bytes.Equal(opened, unhex(t, sampleClientInner)) {
		t.Errorf("opened %x, %v", opened, err)
	}
	key := crypto.Key(unhex(t, sampleKey))
	if got := nonceHash(newNonce, verdictOK, key); hex.EncodeToString(got) != "677f483bb89fd206b244a2d1ac38cb31" {
		t.Errorf("new_nonce_hash1 %x", got)
	}
	if got := crypto.NonceHash1(newNonce, key); !bytes.Equal(got[:], nonceHash(newNonce, verdictOK, key)) {
		t.Errorf("gotd's new_nonce_hash1 %x", got)
	}
}
