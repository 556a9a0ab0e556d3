package views

import (
	"context"
	"strconv"

	"github.com/a-h/templ"

	"homeroom.dev/homeroom/identity"
)

// ButtonKind is the emphasis of a button or a link that looks like one.
type ButtonKind string

// The kinds of buttons. A page has one primary button.
const (
	ButtonPlain   ButtonKind = ""
	ButtonPrimary ButtonKind = "primary"
	ButtonDanger  ButtonKind = "danger" // says what will be gone
	ButtonQuiet   ButtonKind = "quiet"  // no border, for rows and corners
)

// Action is a button, or a link that looks like one.
type Action struct {
	Label string
	// For says to whom or what, for those who do not see the row the button is
	// in: "Resend" "to sam@example.org". It is not shown.
	For   string
	Kind  ButtonKind
	Icon  IconName
	Small bool
	// Name and Value are sent with the form.
	Name, Value string
	Disabled    bool
	// Href is where a [LinkButton] leads; Dialog the ID of a [Dialog] on the
	// same page that answers instead where script runs.
	Href   string
	Dialog string
	// ID keeps the focus on the button when the region around it is refreshed.
	ID string
}

func (a Action) classes() string {
	c := "button"
	if a.Kind != "" {
		c += " " + string(a.Kind)
	}
	if a.Small {
		c += " small"
	}
	return c
}

// NoticeKind is what a notice is about.
type NoticeKind string

// The kinds of notices, each with its own shape and colour.
const (
	NoticeInfo    NoticeKind = "info"
	NoticeGood    NoticeKind = "good"
	NoticeWarning NoticeKind = "warning"
	NoticeBad     NoticeKind = "bad"
)

func (k NoticeKind) icon() IconName {
	switch k {
	case NoticeGood:
		return IconCircleCheck
	case NoticeWarning:
		return IconTriangleAlert
	case NoticeBad:
		return IconCircleAlert
	}
	return IconInfo
}

// TagKind is the colour and the shape of a state.
type TagKind string

// The kinds of tags. Each has its own shape, so that colour says nothing alone.
const (
	TagGood    TagKind = "good"    // in force
	TagWaiting TagKind = "waiting" // somebody else's turn
	TagSeen    TagKind = "seen"    // under way
	TagWarning TagKind = "warning" // needs somebody
	TagBad     TagKind = "bad"     // failed
	TagOff     TagKind = "off"     // over, or not counting
)

func (k TagKind) icon() IconName {
	switch k {
	case TagGood:
		return IconCircleCheck
	case TagWaiting:
		return IconCircleDashed
	case TagSeen:
		return IconCircleDot
	case TagWarning:
		return IconTriangleAlert
	case TagBad:
		return IconCircleX
	}
	return IconCirclePause
}

func assignmentTag(ctx context.Context, state identity.RoleAssignmentState) (TagKind, string) {
	if state == identity.AssignmentSuspended {
		return TagOff, text(ctx, "state.suspended")
	}
	return TagGood, text(ctx, "state.active")
}

func invitationTag(ctx context.Context, state identity.InvitationState) (TagKind, string) {
	switch state {
	case identity.InvitationPending:
		return TagWaiting, text(ctx, "state.pending")
	case identity.InvitationOpened:
		return TagSeen, text(ctx, "state.opened")
	case identity.InvitationAccepted:
		return TagGood, text(ctx, "state.accepted")
	case identity.InvitationExpired:
		return TagWarning, text(ctx, "state.expired")
	case identity.InvitationLapsed:
		return TagWarning, text(ctx, "state.lapsed")
	}
	return TagOff, text(ctx, "state.revoked")
}

func mailTag(ctx context.Context, state identity.MailState) (TagKind, string) {
	switch state {
	case identity.MailSent:
		return TagGood, text(ctx, "state.mail-sent")
	case identity.MailFailed:
		return TagBad, text(ctx, "state.mail-failed")
	case identity.MailNone:
		return TagOff, text(ctx, "state.mail-none")
	}
	return TagWaiting, text(ctx, "state.mail-queued")
}

// Field is one control of a form, with all that is said around it.
type Field struct {
	Name  string
	Label string
	Hint  string
	Value string
	// Problems are what is wrong with this field: problems.On(name).
	Problems []identity.Message
	Optional bool
	Type     string // text if empty
	// Autocomplete is a token of the HTML standard, such as "email" or "off".
	Autocomplete string
	// InputMode chooses a keyboard on phones.
	InputMode string
	MaxLength int
	Rows      int // of a TextArea; 0 for four
	Short     bool
	// ID is that of the control; FieldID(Name) if empty. Two forms of one page
	// with equal names need it.
	ID string
	// Code marks what is not prose, such as user names: no spelling, no
	// capitals.
	Code bool
}

// FieldID is the ID of the control named name, where error summaries link to.
func FieldID(name string) string { return "f-" + name }

func (f Field) id() string {
	if f.ID != "" {
		return f.ID
	}
	return FieldID(f.Name)
}

// describedBy names the elements that explain the control.
func (f Field) describedBy() string {
	var ids string
	if f.Hint != "" {
		ids = f.id() + "-hint"
	}
	if len(f.Problems) > 0 {
		if ids != "" {
			ids += " "
		}
		ids += f.id() + "-error"
	}
	return ids
}

func (f Field) wrong() bool { return len(f.Problems) > 0 }

func (f Field) inputType() string {
	if f.Type == "" {
		return "text"
	}
	return f.Type
}

func (f Field) rows() int {
	if f.Rows == 0 {
		return 4
	}
	return f.Rows
}

func (f Field) classes() string {
	c := "field"
	if f.wrong() {
		c += " wrong"
	}
	if f.Short {
		c += " short"
	}
	return c
}

// Option is a choice of a [Select] or of [Radios].
type Option struct {
	Value    string
	Label    string
	Hint     string // for radios
	Disabled bool
}

// Search is a form that finds as one types, and by its button without script.
// Its children are further controls, such as selects; their change searches
// too.
type Search struct {
	Path   string // GET
	Region string // the region that holds what was found; not around the form
	Label  string
	Value  string
	Hidden []Param // further parameters that stay as they are
}

// Sort is a column header that sorts.
type Sort struct {
	Label      string
	Href       string
	Active     bool
	Descending bool
	Numeric    bool
}

func (s Sort) aria() string {
	switch {
	case !s.Active:
		return "none"
	case s.Descending:
		return "descending"
	}
	return "ascending"
}

func (s Sort) classes() string {
	if s.Numeric {
		return "number"
	}
	return ""
}

// Confirmation asks before something is done, on a page of its own or in a
// [Dialog].
type Confirmation struct {
	Path   string // POST
	Button string // what happens, with its object: "Remove Sam from Biology 7B"
	Danger bool
	Back   string // where Cancel leads
}

func (c Confirmation) action() Action {
	a := Action{Label: c.Button, Kind: ButtonPrimary}
	if c.Danger {
		a.Kind = ButtonDanger
	}
	return a
}

// attributes are those that inputs, text areas and selects have in common.
func (f Field) attributes() templ.Attributes {
	a := templ.Attributes{}
	if by := f.describedBy(); by != "" {
		a["aria-describedby"] = by
	}
	if f.wrong() {
		a["aria-invalid"] = "true"
	}
	if f.Autocomplete != "" {
		a["autocomplete"] = f.Autocomplete
	}
	if f.InputMode != "" {
		a["inputmode"] = f.InputMode
	}
	if f.MaxLength > 0 {
		a["maxlength"] = strconv.Itoa(f.MaxLength)
	}
	if f.Code {
		a["spellcheck"] = "false"
		a["autocapitalize"] = "none"
		a["autocorrect"] = "off"
	}
	return a
}
