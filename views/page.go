package views

import (
	"time"

	"homeroom.dev/homeroom/identity"
)

// Page is what the frame around every page says: who reads it, where they are,
// and what has just happened. The zero Page is a page for somebody signed out.
type Page struct {
	Actor   identity.Actor // zero: signed out
	Account string         // the user name or address they sign in with
	Here    string         // path and query of this page, to come back to
	// Notice is what the last change did, told once; zero for nothing.
	Notice identity.Message
	// Trouble says that something is away, such as Zitadel; zero for nothing.
	Trouble identity.Message
	// KnownAt is set when what the page shows may be out of date: the last time
	// it was known to be true.
	KnownAt time.Time
	// Operates leads to the platform: the reader is one of its operators.
	Operates bool
	// Look is set while an operator looks into a school.
	Look LookBanner

	branded identity.Organization // whose colours and logo the page has, see Branded
	styles  []string              // style sheets beside the portal's own, see Styled
}

// Styled is the page with further style sheets, named as in package static: what
// is for paper of one size belongs to no other page.
func (p Page) Styled(files ...string) Page {
	p.styles = append(p.styles[:len(p.styles):len(p.styles)], files...)
	return p
}

// Branded is the page in the colours and with the logo of an organization's
// school.
func (p Page) Branded(organization identity.Organization) Page {
	p.branded = organization
	return p
}

// SignedIn reports whether somebody is signed in.
func (p Page) SignedIn() bool { return p.Actor.User != "" }

// Section is a part of an organization's pages, for the tab that is current.
type Section string

// The sections of a school or a classroom. SectionNone is a page of none.
const (
	SectionNone        Section = ""
	SectionFront       Section = "front"
	SectionClassrooms  Section = "classrooms"
	SectionPeople      Section = "people"
	SectionRoster      Section = "roster"
	SectionLesson      Section = "lesson"
	SectionCode        Section = "code"
	SectionInvitations Section = "invitations"
	SectionSignIn      Section = "sign-in"
	SectionActivity    Section = "activity"
	SectionSettings    Section = "settings"
)

// Tab is a link of [Tabs].
type Tab struct {
	Label   string
	Href    string
	Current bool
	Count   string // empty: no number
	ID      string // keeps the focus on the tab when the region around it is refreshed
}

// sectionTab is a tab of the organization's pages, with what it needs.
type sectionTab struct {
	section Section
	label   string
	path    func(identity.OrganizationID) string
	needs   identity.Permission
}

var (
	classroomTabs = []sectionTab{
		{SectionRoster, "section.roster", RosterPath, identity.SeeRoster},
		{SectionLesson, "section.lesson", LessonPath, identity.ManageStudents},
		{SectionCode, "section.code", CodePath, identity.ManageStudents},
		{SectionInvitations, "section.invitations", InvitationsPath, identity.ManageStudents},
		{SectionActivity, "section.activity", ActivityPath, identity.ReadAudit},
		{SectionSettings, "section.settings", SettingsPath, identity.ManageClassroom},
	}
	schoolTabs = []sectionTab{
		{SectionFront, "section.overview", OrganizationPath, identity.Visit},
		{SectionClassrooms, "section.classrooms", ClassroomsPath, identity.ManageSchool},
		{SectionPeople, "section.people", PeoplePath, identity.ManageSchool},
		{SectionRoster, "section.staff", RosterPath, identity.SeeRoster},
		{SectionInvitations, "section.invitations", InvitationsPath, identity.ManageStudents},
		{SectionSignIn, "section.sign-in", signInPath, identity.ConnectSignIn},
		{SectionActivity, "section.activity", ActivityPath, identity.ReadAudit},
		{SectionSettings, "section.settings", SettingsPath, identity.ManageClassroom},
	}
)

// signInPath leads to how the school's people sign in.
func signInPath(school identity.OrganizationID) string { return InPortal(school).Overview() }

// sectionTabs are the tabs the actor may follow. A single one is no choice.
func sectionTabs(org identity.Opened) []sectionTab {
	all := classroomTabs
	if org.Organization().Kind == identity.KindSchool {
		all = schoolTabs
	}
	var tabs []sectionTab
	for _, tab := range all {
		if org.Permits(tab.needs) {
			tabs = append(tabs, tab)
		}
	}
	if len(tabs) < 2 {
		return nil
	}
	return tabs
}

// htmxConfig are htmx's settings. No pupil's data stays in browser storage, the
// Content-Security-Policy stays strict, and answers that tell of a failure are
// shown like any other.
const htmxConfig = `{"historyCacheSize":0,"refreshOnHistoryMiss":true,"historyRestoreAsHxRequest":false,` +
	`"allowEval":false,"includeIndicatorStyles":false,"selfRequestsOnly":true,"defaultSettleDelay":0,` +
	`"responseHandling":[{"code":"204","swap":false},{"code":"[23]..","swap":true},{"code":"[45]..","swap":true,"error":true}]}`
