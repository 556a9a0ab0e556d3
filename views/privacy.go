package views

import (
	"context"
	"net/url"
	"strconv"
	"strings"
	"time"

	"homeroom.dev/homeroom/identity"
)

// OwnDataPath shows what is kept about who asks, OwnDataFilePath is the same as a
// file.
const (
	OwnDataPath     = "/account/data"
	OwnDataFilePath = "/account/data.json"
)

// PrivacyPath is how long a school keeps things, the ledger and its exports.
func PrivacyPath(school identity.OrganizationID, parts ...string) string {
	return in(school, append([]string{"privacy"}, parts...)...)
}

// ExportArchivePath is where the archive of an export is fetched.
func ExportArchivePath(school identity.OrganizationID, id identity.ExportID) string {
	return PrivacyPath(school, "exports", string(id), "archive")
}

// BasisPath records on which basis somebody's account exists.
func BasisPath(school identity.OrganizationID, user identity.UserID) string {
	return in(school, "people", string(user), "basis")
}

// ErasePath erases a school for good.
func ErasePath(school identity.OrganizationID) string { return PlatformSchoolPath(school, "erase") }

// EraseExportsPath has the archive of a school made that is to be erased.
func EraseExportsPath(school identity.OrganizationID) string {
	return PlatformSchoolPath(school, "erase", "exports")
}

// EraseArchivePath is where an operator fetches it.
func EraseArchivePath(school identity.OrganizationID, id identity.ExportID) string {
	return PlatformSchoolPath(school, "erase", "exports", string(id), "archive")
}

// ErasuresPath lists schools that are being erased.
const ErasuresPath = "/platform/erasures"

// OwnDataView is what is kept about who reads it.
type OwnDataView struct {
	User        identity.User
	Places      []Place
	Credentials []identity.Credential
	Sessions    []SessionRow
	Basis       identity.AccountBasis
	Guardians   []identity.Guardian // contacts that are kept of them
	Records     []identity.AuditRecord
	More        bool // there are further records, in the file
}

// PrivacyView is the privacy page of a school.
type PrivacyView struct {
	Form    RetentionForm
	Bases   map[identity.Basis]int // "": students without one
	Unused  int                    // accounts past the retention
	Exports []identity.SchoolExport
}

// waiting reports whether an archive is being made.
func (v PrivacyView) waiting() bool {
	return len(v.Exports) > 0 && v.Exports[0].State == identity.ExportWaiting
}

// RetentionForm is the form of how long things are kept, as it was typed: months,
// 0 or nothing for good.
type RetentionForm struct{ Inactive, Invitations, Audit string }

// RetentionFormOf is the form filled in with what is in force.
func RetentionFormOf(r identity.Retention) RetentionForm {
	months := func(n int) string {
		if n == 0 {
			return ""
		}
		return strconv.Itoa(n)
	}
	return RetentionForm{months(r.Inactive), months(r.Invitations), months(r.Audit)}
}

// ReadRetentionForm reads the form as it was sent.
func ReadRetentionForm(values url.Values) RetentionForm {
	return RetentionForm{values.Get("inactive"), values.Get("invitations"), values.Get("audit")}
}

// Read is what the form means, or what is wrong with it.
func (f RetentionForm) Read() (identity.Retention, identity.Problems) {
	months := func(text string) int {
		if text = strings.TrimSpace(text); text == "" {
			return 0
		}
		n, err := strconv.Atoi(text)
		if err != nil {
			return -1 // out of range
		}
		return n
	}
	r := identity.Retention{Inactive: months(f.Inactive), Invitations: months(f.Invitations), Audit: months(f.Audit)}
	return r, r.Check()
}

// UnusedView is the list of accounts past the retention.
type UnusedView struct {
	Rows  []UnusedRow
	Total int
	Next  string
	Paged bool
}

// UnusedRow is one of them.
type UnusedRow struct {
	User       identity.UserID
	Name       string
	LastSeenAt time.Time
}

func (v UnusedView) next(school identity.OrganizationID) string {
	if v.Next == "" {
		return ""
	}
	return WithQuery(PrivacyPath(school, "unused"), Param{"after", v.Next})
}

func basisText(ctx context.Context, b identity.Basis) string {
	switch b {
	case identity.BasisSchool:
		return text(ctx, "basis.school")
	case identity.BasisParent:
		return text(ctx, "basis.parent")
	case identity.BasisNotNeeded:
		return text(ctx, "basis.not-needed")
	}
	return string(b)
}

func ageText(ctx context.Context, a identity.AgeBand) string {
	switch a {
	case identity.AgeUnder7:
		return text(ctx, "age.under-7")
	case identity.Age7To9:
		return text(ctx, "age.7-9")
	case identity.Age10To12:
		return text(ctx, "age.10-12")
	case identity.Age13To15:
		return text(ctx, "age.13-15")
	case identity.Age16To17:
		return text(ctx, "age.16-17")
	case identity.AgeGrownUp:
		return text(ctx, "age.adult")
	}
	return text(ctx, "privacy.age.none")
}

func basisOptions(ctx context.Context) []Option {
	var options []Option
	for _, b := range identity.Bases {
		options = append(options, Option{Value: string(b), Label: basisText(ctx, b)})
	}
	return options
}

func ageOptions(ctx context.Context) []Option {
	options := []Option{{Value: "", Label: ageText(ctx, "")}}
	for _, a := range identity.AgeBands {
		options = append(options, Option{Value: string(a), Label: ageText(ctx, a)})
	}
	return options
}

// BasisView is the ledger's line of one account.
type BasisView struct {
	Person identity.User
	Known  identity.AccountBasis
	Form   identity.AccountBasis
}

// size is how large a file is.
func size(ctx context.Context, bytes int64) string {
	switch {
	case bytes >= 10<<20:
		return text(ctx, "privacy.megabytes", "Number", Number(ctx, int(bytes>>20)))
	default:
		return text(ctx, "privacy.kilobytes", "Number", Number(ctx, int(bytes>>10)+1))
	}
}

// exportTag is how far an export has come.
func exportTag(ctx context.Context, state identity.ExportState) (TagKind, string) {
	switch state {
	case identity.ExportReady:
		return TagGood, text(ctx, "privacy.export.ready")
	case identity.ExportFailed:
		return TagBad, text(ctx, "privacy.export.failed")
	case identity.ExportOver:
		return TagOff, text(ctx, "privacy.export.over")
	}
	return TagWaiting, text(ctx, "privacy.export.waiting")
}

// EraseView is the page that erases a school.
type EraseView struct {
	School     identity.Organization
	Classrooms int
	People     int
	Exports    []identity.SchoolExport // that are ready
	Typed      string
	Without    bool // agreed to go without an archive
}
