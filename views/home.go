package views

import (
	"context"
	"time"

	"homeroom.dev/homeroom/identity"
)

// Place is a school or a classroom the reader holds a role in.
type Place struct {
	Organization identity.Organization
	Role         identity.Role // the highest held there
	State        identity.RoleAssignmentState
	Students     int
	Teachers     int // co-teachers included
	Waiting      int // invitations neither accepted nor over
	Requests     int // people who ask to join, for those who decide
	// Until is when the reader's access ends by itself; zero if it does not.
	Until time.Time
}

// suspended places are shown and lead nowhere: the role gives no access.
func (p Place) suspended() bool { return p.State == identity.AssignmentSuspended }

// teaches reports whether the reader sees the place as one who looks after it.
func (p Place) teaches() bool { return p.Role.Rank() > identity.RoleStudent.Rank() }

// path is the page a place leads to: the roster for those who keep it.
func (p Place) path() string {
	if p.teaches() && p.Organization.Kind == identity.KindClassroom {
		return RosterPath(p.Organization.ID)
	}
	return OrganizationPath(p.Organization.ID)
}

// facts are the numbers that matter to the reader's role.
func (p Place) facts(ctx context.Context) string {
	if !p.teaches() || p.suspended() {
		return ""
	}
	if p.Organization.Kind == identity.KindSchool {
		return text(ctx, "home.staff", "Count", p.Teachers)
	}
	return text(ctx, "home.students", "Count", p.Students)
}

// Offer is an invitation to the reader's own verified address.
type Offer struct {
	Organization string
	School       string // empty if there is none above it
	Inviter      string
	Role         identity.Role
	ExpiresAt    time.Time
	Path         string // AcceptPath of its token
}

// AskedPlace is a classroom the reader asked to join by its code, and waits.
type AskedPlace struct {
	Name, School string
	At           time.Time
}

// HomeView is what the reader is part of.
type HomeView struct {
	Schools    []Place
	Classrooms []Place
	Archived   []Place // classrooms that can be read alone
	Offers     []Offer
	Asked      []AskedPlace
	// Opens leads to the form for a classroom that stands alone; empty where the
	// reader may not.
	Opens string
}

// empty reports whether there is nothing to show at all.
func (v HomeView) empty() bool {
	return len(v.Schools) == 0 && len(v.Classrooms) == 0 && len(v.Archived) == 0 && len(v.Offers) == 0 &&
		len(v.Asked) == 0
}

// studies reports whether the reader is nowhere more than a student.
func (v HomeView) studies() bool {
	for _, places := range [][]Place{v.Schools, v.Classrooms, v.Archived} {
		for _, p := range places {
			if p.teaches() {
				return false
			}
		}
	}
	return len(v.Classrooms) > 0
}

// lead sums up what a page of places holds.
func (v HomeView) lead(ctx context.Context) string {
	if len(v.Classrooms) == 0 {
		return ""
	}
	students := 0
	for _, p := range v.Classrooms {
		if p.teaches() {
			students += p.Students
		}
	}
	if students == 0 {
		return ""
	}
	return text(ctx, "home.lead", "Classrooms", text(ctx, "home.classrooms", "Count", len(v.Classrooms)),
		"Students", text(ctx, "home.students", "Count", students))
}

// homeTitle greets the reader, so that on a shared computer they see at once
// whose page it is.
func homeTitle(ctx context.Context, page Page) string {
	return text(ctx, "home.greeting", "Name", page.Actor.Name)
}
