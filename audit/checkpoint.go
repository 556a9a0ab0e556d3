package audit

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"homeroom.dev/homeroom/identity"
)

// checkpointFormat is the first line of a checkpoint.
const checkpointFormat = "homeroom audit checkpoint 1"

// PublicKey is what a checkpoint's signature is verified with.
type PublicKey [ed25519.PublicKeySize]byte

// String is the key in base64.
func (k PublicKey) String() string { return base64.StdEncoding.EncodeToString(k[:]) }

// ParsePublicKey reads what String wrote.
func ParsePublicKey(text string) (k PublicKey, err error) {
	raw, err := base64.StdEncoding.Strict().DecodeString(strings.TrimSpace(text))
	if err != nil || len(raw) != len(k) {
		return PublicKey{}, errors.New("a checkpoint's key is 32 bytes in base64")
	}
	return PublicKey(raw), nil
}

// PublicOf is the public half of a signing key.
func PublicOf(key ed25519.PrivateKey) PublicKey {
	return PublicKey(key.Public().(ed25519.PublicKey))
}

// Checkpoint is what the logs of all homes looked like at a moment, signed. It
// names the ends of those that moved since the checkpoint before it, whose hash
// it has in it. Kept elsewhere, it proves that nothing before it was changed or
// cut off, even to someone who does not trust the database.
type Checkpoint struct {
	Number    int64
	At        time.Time
	Position  int64     // of the newest record of the installation
	Previous  string    // [Checkpoint.Hash] of the one before; empty for the first
	Key       PublicKey // it was signed with
	Heads     []Head    // ordered by position
	Signature []byte
}

// Body is what is signed: lines of a name, a colon and a value.
func (c Checkpoint) Body() string {
	var b strings.Builder
	fmt.Fprintln(&b, checkpointFormat)
	fmt.Fprintln(&b, "number:", c.Number)
	fmt.Fprintln(&b, "time:", c.At.UTC().Format(time.RFC3339Nano))
	fmt.Fprintln(&b, "position:", c.Position)
	if c.Previous != "" {
		fmt.Fprintln(&b, "previous:", c.Previous)
	}
	fmt.Fprintln(&b, "key:", c.Key)
	for _, h := range c.Heads {
		fmt.Fprintln(&b, "head:", h.Home, h.Number, h.Position, h.Hash)
	}
	return b.String()
}

// Text is the whole checkpoint, as it is printed and kept: the body and a last
// line with the signature.
func (c Checkpoint) Text() string {
	return c.Body() + "signature: " + base64.StdEncoding.EncodeToString(c.Signature) + "\n"
}

// Hash is the SHA-256 of the body, in hexadecimal digits.
func (c Checkpoint) Hash() string {
	sum := sha256.Sum256([]byte(c.Body()))
	return hex.EncodeToString(sum[:])
}

// Signed is c with the key and its signature.
func (c Checkpoint) Signed(key ed25519.PrivateKey) Checkpoint {
	c.Key = PublicOf(key)
	c.Signature = ed25519.Sign(key, []byte(c.Body()))
	return c
}

// Verify says what is wrong with the signature, or nothing: the key has to be one
// of trusted.
func (c Checkpoint) Verify(trusted []PublicKey) error {
	if !slices.Contains(trusted, c.Key) {
		return fmt.Errorf("checkpoint %d was signed with the key %s, which is not trusted", c.Number, c.Key)
	}
	if !ed25519.Verify(c.Key[:], []byte(c.Body()), c.Signature) {
		return fmt.Errorf("checkpoint %d was changed since it was signed", c.Number)
	}
	return nil
}

// ParseCheckpoint reads what [Checkpoint.Text] wrote, byte for byte: another way
// of writing the same is an error.
func ParseCheckpoint(text string) (c Checkpoint, err error) {
	lines := strings.Split(text, "\n")
	if lines[0] != checkpointFormat {
		return Checkpoint{}, errors.New("this is no checkpoint of an audit log")
	}
	for _, line := range lines[1:] {
		name, value, _ := strings.Cut(line, ": ") // a line without is found out when all is written again
		switch name {
		case "number":
			c.Number, err = strconv.ParseInt(value, 10, 64)
		case "time":
			c.At, err = time.Parse(time.RFC3339Nano, value)
		case "position":
			c.Position, err = strconv.ParseInt(value, 10, 64)
		case "previous":
			c.Previous = value
		case "key":
			c.Key, err = ParsePublicKey(value)
		case "head":
			err = c.parseHead(value)
		case "signature":
			c.Signature, err = base64.StdEncoding.DecodeString(value)
		}
		if err != nil {
			return Checkpoint{}, fmt.Errorf("read the line %q of a checkpoint: %w", name, err)
		}
	}
	if c.Text() != text {
		return Checkpoint{}, errors.New("this checkpoint is not whole, or was written anew")
	}
	return c, nil
}

func (c *Checkpoint) parseHead(value string) error {
	fields := strings.Fields(value)
	if len(fields) != 4 {
		return errors.New("not an ID, two numbers and a hash")
	}
	number, err := strconv.ParseInt(fields[1], 10, 64)
	if err != nil {
		return err
	}
	position, err := strconv.ParseInt(fields[2], 10, 64)
	if err != nil {
		return err
	}
	c.Heads = append(c.Heads, Head{
		Home: identity.OrganizationID(fields[0]), Number: number, Position: position, Hash: fields[3],
	})
	return nil
}
