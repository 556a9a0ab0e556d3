package audit

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strconv"
	"time"

	"homeroom.dev/homeroom/identity"
)

// format names the order of the fields in [Canonical]. Another order gets
// another name, so that the same bytes never mean two things.
const format = "homeroom.audit/1"

// Canonical is a record as bytes, the same for the same record wherever it was
// kept meanwhile: everything of it but its hash. Each field is its length in
// bytes in decimal digits, a colon, its bytes and a comma. Numbers are in decimal
// digits, times in microseconds since 1970 and 0 for never, and Before and After
// are the number of their entries and then each key and value, ordered by key.
func Canonical(r identity.AuditRecord) []byte { return appendCanonical(nil, r) }

func appendCanonical(b []byte, r identity.AuditRecord) []byte {
	b = text(b, format)
	b = text(b, string(r.Home))
	b = number(b, r.Number)
	b = number(b, r.Position)
	b = text(b, r.ID)
	b = text(b, string(r.Organization))
	b = number(b, micros(r.At))
	b = number(b, micros(r.ClosedAt))
	b = text(b, string(r.Actor.User))
	b = text(b, r.Actor.Name)
	b = text(b, string(r.ActorRole))
	b = text(b, string(r.Action))
	b = text(b, string(r.Outcome))
	b = text(b, string(r.Source))
	b = text(b, r.Target)
	b = text(b, r.TargetName)
	for _, values := range []map[string]string{r.Before, r.After} {
		b = number(b, int64(len(values)))
		for _, key := range slices.Sorted(maps.Keys(values)) {
			b = text(b, key)
			b = text(b, values[key])
		}
	}
	b = text(b, r.RequestID)
	b = text(b, r.Address)
	b = text(b, r.Device)
	b = text(b, r.Event.Type)
	b = text(b, r.Event.Aggregate)
	return text(b, strconv.FormatUint(r.Event.Sequence, 10))
}

func text(b []byte, value string) []byte {
	b = strconv.AppendInt(b, int64(len(value)), 10)
	b = append(b, ':')
	b = append(b, value...)
	return append(b, ',')
}

func number(b []byte, value int64) []byte { return text(b, strconv.FormatInt(value, 10)) }

func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// Hash chains a record to the one before it of the same home: SHA-256, in
// hexadecimal digits, of the previous hash, written as a field of [Canonical],
// and the record. The first record of a home has no previous hash.
func Hash(previous string, r identity.AuditRecord) string {
	sum := sha256.Sum256(appendCanonical(text(make([]byte, 0, 1024), previous), r))
	return hex.EncodeToString(sum[:])
}

// Head is a place in a chain: the record of a home with this number.
type Head struct {
	Home     identity.OrganizationID
	Number   int64
	Position int64
	Hash     string
}

// Next is the place of the record that follows h, which r becomes: it is given
// its number, position and hash.
func (h Head) Next(position int64, r *identity.AuditRecord) Head {
	r.Home, r.Number, r.Position = h.Home, h.Number+1, position
	r.Hash = Hash(h.Hash, *r)
	return Head{Home: h.Home, Number: r.Number, Position: r.Position, Hash: r.Hash}
}

// headOf is the place of a record.
func headOf(r identity.AuditRecord) Head {
	return Head{Home: r.Home, Number: r.Number, Position: r.Position, Hash: r.Hash}
}

// Keys of [identity.AuditRecord.After] in records that say where a chain was cut
// off on purpose: by retention, or with the school it was of.
const (
	ValueNumber   = "number"
	ValuePosition = "position"
	ValueHash     = "hash"
	ValueRecords  = "records" // how many were removed
)

// RemovedValues are what a record says about the records that were removed up to
// and including h.
func RemovedValues(h Head, records int64) map[string]string {
	return map[string]string{
		ValueNumber: strconv.FormatInt(h.Number, 10), ValuePosition: strconv.FormatInt(h.Position, 10),
		ValueHash: h.Hash, ValueRecords: strconv.FormatInt(records, 10),
	}
}

// saysRemoved reports whether values are those of [RemovedValues] about h.
func saysRemoved(values map[string]string, h Head) bool {
	return values[ValueNumber] == strconv.FormatInt(h.Number, 10) &&
		values[ValuePosition] == strconv.FormatInt(h.Position, 10) && values[ValueHash] == h.Hash
}
