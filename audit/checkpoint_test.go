package audit

import (
	"crypto/ed25519"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func signingKey(b byte) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed([]byte(strings.Repeat(string(rune(b)), ed25519.SeedSize)))
}

func checkpoint() Checkpoint {
	return Checkpoint{
		Number: 2, At: noon, Position: 70, Previous: strings.Repeat("ab", 32),
		Heads: []Head{
			{Home: "birch", Number: 3, Position: 69, Hash: strings.Repeat("01", 32)},
			{Home: "linden", Number: 40, Position: 70, Hash: strings.Repeat("02", 32)},
		},
	}.Signed(signingKey('a'))
}

func TestACheckpointIsReadAsItWasWritten(t *testing.T) {
	got, err := ParseCheckpoint(checkpoint().Text())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(checkpoint(), got); diff != "" {
		t.Error(diff)
	}
	if err := got.Verify([]PublicKey{PublicOf(signingKey('b')), PublicOf(signingKey('a'))}); err != nil {
		t.Error(err)
	}
	if err := got.Verify([]PublicKey{PublicOf(signingKey('b'))}); err == nil {
		t.Error("a key that nobody trusts will do")
	}
	if key, err := ParsePublicKey(got.Key.String()); err != nil || key != got.Key {
		t.Errorf("key = %v, %v", key, err)
	}
}

func TestACheckpointThatWasChangedDoesNotVerify(t *testing.T) {
	text := checkpoint().Text()
	trusted := []PublicKey{PublicOf(signingKey('a'))}
	for i := range len(text) {
		changed := text[:i] + string(text[i]^1) + text[i+1:]
		c, err := ParseCheckpoint(changed)
		if err == nil {
			err = c.Verify(trusted)
		}
		if err == nil {
			t.Errorf("byte %d can be changed unnoticed:\n%s", i, changed)
		}
	}
	for i := range len(text) {
		if _, err := ParseCheckpoint(text[:i]); err == nil {
			t.Errorf("a checkpoint cut off at %d is read", i)
		}
	}
}

func FuzzParseCheckpoint(f *testing.F) {
	f.Add(checkpoint().Text())
	f.Add(checkpoint().Body())
	f.Add(checkpointFormat + "\nhead: a 1 2 c\n")
	trusted := []PublicKey{PublicOf(signingKey('a'))}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := ParseCheckpoint(text)
		if err != nil {
			return
		}
		if c.Text() != text {
			t.Error("what was read is not what is written")
		}
		if c.Verify(trusted) == nil && c.Body() != checkpoint().Body() {
			t.Error("something else has the signature")
		}
	})
}
