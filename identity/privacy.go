package identity

import (
	"slices"
	"time"
)

// Basis is on which an account of a student exists, in the words of the laws
// about children's data (COPPA, GDPR Art. 8): the school authorised it, a parent
// agreed, or neither is needed.
type Basis string

// The bases.
const (
	BasisSchool    Basis = "school"
	BasisParent    Basis = "parent"
	BasisNotNeeded Basis = "not-needed"
)

// Bases lists them in the order in which they are offered.
var Bases = []Basis{BasisSchool, BasisParent, BasisNotNeeded}

// AgeBand is about how old somebody is. A birth date is never kept.
type AgeBand string

// The age bands; empty is not recorded.
const (
	AgeUnder7  AgeBand = "under-7"
	Age7To9    AgeBand = "7-9"
	Age10To12  AgeBand = "10-12"
	Age13To15  AgeBand = "13-15"
	Age16To17  AgeBand = "16-17"
	AgeGrownUp AgeBand = "adult"
)

// AgeBands lists them, youngest first.
var AgeBands = []AgeBand{AgeUnder7, Age7To9, Age10To12, Age13To15, Age16To17, AgeGrownUp}

// AccountBasis is a line of the ledger: on which basis somebody's account exists,
// who recorded it and when. The newest one counts, older ones stay on the audit
// log.
type AccountBasis struct {
	User       UserID
	Basis      Basis
	AgeBand    AgeBand
	Recorder   Actor
	RecordedAt time.Time
}

// Check finds what is wrong with a line that somebody wrote.
func (b AccountBasis) Check() Problems {
	var p Problems
	if !slices.Contains(Bases, b.Basis) {
		p.Add("basis", "privacy.basis.choose")
	}
	if b.AgeBand != "" && !slices.Contains(AgeBands, b.AgeBand) {
		p.Add("age-band", "privacy.age.choose")
	}
	return p
}

// Retention is how long a school keeps what nobody uses, in months; 0 is for
// good. The log has its own, because it is a chain.
type Retention struct {
	Inactive    int // accounts of students that nobody signed in to
	Invitations int // those that ended, with their addresses
	Audit       int
}

// Bounds of a retention in months.
const (
	MinRetention = 3
	MaxRetention = 240
)

// Check finds what is wrong with clocks that somebody set.
func (r Retention) Check() Problems {
	var p Problems
	for _, clock := range []struct {
		field  string
		months int
	}{{"inactive", r.Inactive}, {"invitations", r.Invitations}, {"audit", r.Audit}} {
		if clock.months != 0 && (clock.months < MinRetention || clock.months > MaxRetention) {
			p.Add(clock.field, "privacy.retention.range", "Least", MinRetention, "Most", MaxRetention)
		}
	}
	return p
}

// Before is the moment before which what was last used counts as too old; zero if
// it is kept for good.
func Before(now time.Time, months int) time.Time {
	if months == 0 {
		return time.Time{}
	}
	return now.AddDate(0, -months, 0)
}

// ExportID is the portal's own ID of a school's export.
type ExportID string

// ExportState is how far an export has come.
type ExportState string

// States of an export. The file of one that is over is gone.
const (
	ExportWaiting ExportState = "waiting"
	ExportReady   ExportState = "ready"
	ExportFailed  ExportState = "failed"
	ExportOver    ExportState = "over"
)

// ExportKept is how long the file of an export can be fetched.
const ExportKept = 7 * 24 * time.Hour

// SchoolExport is an archive of all that a school owns, made or being made.
type SchoolExport struct {
	ID         ExportID
	State      ExportState
	Asker      Actor
	AskedAt    time.Time
	FinishedAt time.Time // zero while it waits
	Bytes      int64
	SHA256     string // of the file, hexadecimal
	Rows       int
	ExpiresAt  time.Time
}

// Erasure is a school that is being erased, or a step of it that waits.
type Erasure struct {
	School     OrganizationID
	Name       string
	Operator   Actor
	Export     SchoolExport // that the school left with; zero for none
	Classrooms int          // at the beginning
	People     int
	BegunAt    time.Time
	Trouble    Message // why it waits; zero while it goes on
}
