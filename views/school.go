package views

import (
	"context"
	"time"

	"homeroom.dev/homeroom/identity"
)

// Figure is a number of an overview that leads to what was counted.
type Figure struct {
	Label string
	Count int
	Href  string
}

// Attention is something that needs looking after, with the way to its mend.
type Attention struct {
	What identity.Message
	Mend identity.Message // the label of the link
	Path string
	Bad  bool // it keeps somebody from working; else it is about to
}

// SchoolView is what the front page of a school shows those who manage it.
type SchoolView struct {
	Students, Teachers, Classrooms, Waiting int
	Days                                    []SignInDay // each of the last days, the oldest first
	Attention                               []Attention
}

// SignInDay is how many signed in on one day.
type SignInDay struct {
	Day             time.Time
	People, SignIns int
}

func (v SchoolView) figures(ctx context.Context, school identity.OrganizationID) []Figure {
	role := func(r identity.Role) string {
		return WithQuery(PeoplePath(school), Param{"role", string(r)})
	}
	return []Figure{
		{text(ctx, "classroom.students"), v.Students, role(identity.RoleStudent)},
		{text(ctx, "classroom.teachers"), v.Teachers, role(identity.RoleTeacher)},
		{text(ctx, "classroom.list"), v.Classrooms, ClassroomsPath(school)},
		{text(ctx, "school.waiting"), v.Waiting, WithQuery(ClassroomsPath(school), Param{"show", string(ShowWaiting)})},
	}
}

// chart is the sign-ins of the last days.
func (v SchoolView) chart(ctx context.Context) Chart {
	c := Chart{
		ID: "sign-ins", Title: text(ctx, "school.sign-ins", "Days", len(v.Days)), Of: text(ctx, "school.sign-ins.day"),
		Columns: []string{text(ctx, "school.sign-ins.count"), text(ctx, "school.sign-ins.people")},
	}
	total := 0
	var most SignInDay
	for _, d := range v.Days {
		if total += d.SignIns; d.SignIns > most.SignIns {
			most = d
		}
		// At noon a day is the same one wherever the page is read.
		c.Bars = append(c.Bars, Bar{Label: ExactDay(ctx, d.Day.Add(12*time.Hour)), Values: []int{d.SignIns, d.People}})
	}
	if total == 0 {
		c.Summary = text(ctx, "school.sign-ins.none")
	} else {
		c.Summary = text(ctx, "school.sign-ins.all", "Count", total, "Most", Number(ctx, most.SignIns), "Day", ExactDay(ctx, most.Day.Add(12*time.Hour)))
	}
	return c
}
