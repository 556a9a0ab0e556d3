package rollover_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store"
)

// before is the school before anything happens.
var before = map[string]string{
	"7B Biology active":  "guest:student:active jon:co_teacher:active lee:teacher:active s0:student:active s1:student:active s2:student:active s4:student:suspended",
	"8A History active":  "priya:teacher:active s3:student:active s4:student:active",
	"13C Physics active": "lee:teacher:active s5:student:active s6:student:active",
	"Choir active":       "s0:student:active s5:student:active",
}

// after is the school in the next term.
var after = map[string]string{
	"7B Biology inactive":  "guest:student:suspended jon:co_teacher:active lee:teacher:active s0:student:suspended s1:student:suspended s2:student:suspended s4:student:suspended",
	"8B Biology active":    "guest:student:active jon:co_teacher:active lee:teacher:active s0:student:active s1:student:active s2:student:active",
	"8A History inactive":  "priya:teacher:active s3:student:suspended s4:student:suspended",
	"9A History active":    "priya:teacher:active s3:student:active s4:student:active",
	"13C Physics inactive": "lee:teacher:active s5:student:suspended s6:student:suspended",
	"Choir active":         "s0:student:active s5:student:active",
}

func TestARolloverIsPlannedAppliedAndUndone(t *testing.T) {
	t.Parallel()
	s := newPlace(t).site()
	ctx, school := t.Context(), s.as(s.school.ID)
	if diff := cmp.Diff(before, s.rosters()); diff != "" {
		t.Fatal(diff)
	}
	s.check(s.as(s.classes[biology].ID).SetSettings(ctx, identity.OrganizationSettings{StudentsSeeNames: true}))

	id := s.plan()
	page, err := school.RolloverItems(ctx, id, store.RolloverItemQuery{})
	s.check(err)
	var planned []store.RolloverItem
	for _, item := range page.Items {
		planned = append(planned, store.RolloverItem{
			Name: item.Name, RolloverPlan: item.RolloverPlan, Students: item.Students, Teachers: item.Teachers,
		})
	}
	if diff := cmp.Diff([]store.RolloverItem{
		{Name: physics, RolloverPlan: store.RolloverPlan{Year: 13, Action: identity.RolloverArchive}, Students: 2, Teachers: 1},
		{Name: biology, RolloverPlan: store.RolloverPlan{Year: 7, Action: identity.RolloverPromote, NewName: "8B Biology"}, Students: 4, Teachers: 2},
		{Name: history, RolloverPlan: store.RolloverPlan{Year: 8, Action: identity.RolloverPromote, NewName: "9A History"}, Students: 2, Teachers: 1},
		{Name: choir, RolloverPlan: store.RolloverPlan{Year: -1, Action: identity.RolloverKeep}, Students: 2},
	}, planned); diff != "" {
		t.Fatal(diff)
	}
	s.apply(id)
	one, err := school.Rollover(ctx, id)
	s.check(err)
	if one.Figures.Without != 1 { // s6; s5 has the choir
		t.Errorf("%d are without a class", one.Figures.Without)
	}
	without, err := school.RolloverWithout(ctx, id, "")
	if err != nil || len(without.People) != 1 || without.People[0].Person.ID != "s6" {
		t.Errorf("without a class: %+v, %v", without, err)
	}
	s.check(s.work())
	if diff := cmp.Diff(after, s.rosters()); diff != "" {
		t.Error(diff)
	}
	if one, err = school.Rollover(ctx, id); err != nil || one.State != store.RolloverDone || one.Done != 4 || one.Refused != 0 {
		t.Errorf("the receipt says %+v, %v", one, err)
	}
	items, err := school.RolloverItems(ctx, id, store.RolloverItemQuery{Search: "biology"})
	s.check(err)
	follower := s.as(items.Items[0].NewClassroom)
	if term, err := follower.TermHere(ctx); err != nil || term.Name != "2027/28" {
		t.Errorf("the new class is of the term %+v, %v", term, err)
	}
	opened, err := s.store.OpenFor(ctx, s.admin, items.Items[0].NewClassroom)
	if err != nil || !opened.Organization().Settings.StudentsSeeNames {
		t.Errorf("the settings were not taken along: %v", err)
	}
	if got := [2]int{items.Items[0].Assigned, items.Items[0].Missing}; got != [2]int{6, 0} {
		t.Errorf("taken along and not: %v", got)
	}
	s.sync(s.store) // what the events tell is what is known
	if diff := cmp.Diff(after, s.rosters()); diff != "" {
		t.Error(diff)
	}
	records, err := s.as(s.classes[biology].ID).Audit(ctx, store.AuditQuery{Action: identity.ActionClassroomFollowed})
	if err != nil || len(records.Records) != 1 || records.Records[0].TargetName != "8B Biology" || records.Records[0].Actor != s.admin {
		t.Errorf("on record: %+v, %v", records.Records, err)
	}

	s.check(school.UndoRollover(ctx, id))
	s.check(s.work())
	if diff := cmp.Diff(before, s.rosters()); diff != "" {
		t.Error(diff)
	}
	if one, err = school.Rollover(ctx, id); err != nil || one.State != store.RolloverUndone || one.Undone != 4 {
		t.Errorf("the receipt says %+v, %v", one, err)
	}
	if term, err := s.as(s.classes[choir].ID).TermHere(ctx); err != nil || term.ID != "" {
		t.Errorf("the choir is of the term %+v, %v", term, err)
	}
	s.sync(s.store)
	if diff := cmp.Diff(before, s.rosters()); diff != "" {
		t.Error(diff)
	}
}

func TestANewClassThatPeopleChangedIsKeptByAnUndo(t *testing.T) {
	t.Parallel()
	s := newPlace(t).site()
	ctx, school := t.Context(), s.as(s.school.ID)
	id := s.plan()
	// Lee does not go along in biology, where priya takes over, and comes to history,
	// which starts anew; physics goes on.
	plans := map[string]store.RolloverPlan{
		biology: {Year: 7, Action: identity.RolloverPromote, NewName: "Biology, year 8"},
		history: {Year: 8, Action: identity.RolloverCopy, NewName: history},
		physics: {Year: 13, Action: identity.RolloverKeep},
	}
	page, err := school.RolloverItems(ctx, id, store.RolloverItemQuery{})
	s.check(err)
	for _, item := range page.Items {
		if plan, changed := plans[item.Name]; changed {
			var teachers store.RolloverTeachers
			if item.Name == biology {
				teachers = store.RolloverTeachers{Stay: []identity.UserID{"lee"}, Come: []identity.UserID{"priya"}}
			}
			s.check(school.PlanRolloverItem(ctx, id, item.Position, plan, teachers))
			if item.Name == history {
				s.check(school.AddRolloverTeacher(ctx, id, item.Position, "lee"))
			}
		}
		for _, nobody := range []identity.UserID{"s0", "guest"} { // neither is of the staff
			if err := school.AddRolloverTeacher(ctx, id, item.Position, nobody); !identity.IsKind(err, identity.KindNotFound) {
				t.Errorf("%s comes to teach: %v", nobody, err)
			}
		}
	}
	s.apply(id)
	s.check(s.work())
	want := map[string]string{
		"7B Biology inactive":    after["7B Biology inactive"],
		"Biology, year 8 active": "guest:student:active jon:co_teacher:active priya:teacher:active s0:student:active s1:student:active s2:student:active",
		"8A History inactive":    after["8A History inactive"],
		"8A History active":      "lee:teacher:active priya:teacher:active",
		"13C Physics active":     before["13C Physics active"],
		"Choir active":           before["Choir active"],
	}
	if diff := cmp.Diff(want, s.rosters()); diff != "" {
		t.Error(diff)
	}
	// Somebody is removed from the new class.
	items, err := school.RolloverItems(ctx, id, store.RolloverItemQuery{Search: "biology"})
	s.check(err)
	opened, err := s.store.OpenFor(ctx, s.admin, items.Items[0].NewClassroom)
	s.check(err)
	s.check(identity.RemoveFromRoster(ctx, opened, s.store.In(opened), s.gateway.In(opened), "s1"))

	s.check(school.UndoRollover(ctx, id))
	s.check(s.work())
	want = map[string]string{
		"7B Biology active":        before["7B Biology active"],
		"Biology, year 8 inactive": "guest:student:suspended jon:co_teacher:active priya:teacher:active s0:student:suspended s2:student:suspended",
		"8A History active":        before["8A History active"],
		"13C Physics active":       before["13C Physics active"],
		"Choir active":             before["Choir active"],
	}
	if diff := cmp.Diff(want, s.rosters()); diff != "" {
		t.Error(diff)
	}
	kept, err := school.RolloverItemsBack(ctx, id, store.BackKept)
	if err != nil || len(kept) != 1 || kept[0].Name != biology || kept[0].UndoReason.ID != "rollover.back.changed" {
		t.Errorf("kept: %+v, %v", kept, err)
	}
}

func TestWhatARolloverDoesNotDo(t *testing.T) {
	t.Parallel()
	s := newPlace(t).site()
	ctx, school := t.Context(), s.as(s.school.ID)
	id := s.plan()
	position := map[string]int64{}
	page, err := school.RolloverItems(ctx, id, store.RolloverItemQuery{})
	s.check(err)
	for _, item := range page.Items {
		position[item.Name] = item.Position
	}
	for _, tt := range []struct {
		name string
		do   func() error
		why  string
	}{
		{"a plan that nobody checked", func() error { return school.ApplyRollover(ctx, id, false) }, "rollover.unchecked"},
		{"a plan that was changed since", func() error {
			s.check(school.CheckRollover(ctx, id))
			s.check(school.PlanRolloverItem(ctx, id, position[biology], store.RolloverPlan{
				Year: 7, Action: identity.RolloverPromote, NewName: " 9a  HISTORY",
			}, store.RolloverTeachers{}))
			return school.ApplyRollover(ctx, id, false)
		}, "rollover.unchecked"},
		{"two classes of one name that are not meant", func() error {
			s.check(school.CheckRollover(ctx, id))
			return school.ApplyRollover(ctx, id, false)
		}, "rollover.doubled"},
		{"another one beside it", func() error {
			second, err := school.BeginRollover(ctx, store.NewRollover{
				Submission: identity.NewSubmission(), Term: firstTerm(s), Leaving: 13,
			})
			s.check(err)
			s.check(s.engine.Plan(ctx, school, second))
			s.check(school.CheckRollover(ctx, second))
			s.check(school.ApplyRollover(ctx, id, true))
			return school.ApplyRollover(ctx, second, false)
		}, "rollover.busy"},
		{"a change of what is under way", func() error {
			return school.PlanRolloverItem(ctx, id, position[choir], store.RolloverPlan{Action: identity.RolloverArchive}, store.RolloverTeachers{})
		}, "rollover.not-planned"},
		{"to undo what is under way", func() error { return school.UndoRollover(ctx, id) }, "rollover.undo-over"},
		{"to undo after 30 days", func() error {
			s.check(school.CancelRollover(ctx, id))
			s.clock = s.clock.Add(store.RolloverUndoFor)
			return school.UndoRollover(ctx, id)
		}, "rollover.undo-over"},
		{"to delete a term with a rollover into it", func() error { return school.DeleteTerm(ctx, firstTerm(s)) }, "term.in-use"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.do()
			var known *identity.Error
			if !asError(err, &known) || known.Message.ID != tt.why {
				t.Errorf("error = %v, want %s", err, tt.why)
			}
		})
	}
	if diff := cmp.Diff(before, s.rosters()); diff != "" {
		t.Error(diff)
	}
}

func TestWhatIsGoneOrArchivedMeanwhileIsNamed(t *testing.T) {
	t.Parallel()
	s := newPlace(t).site()
	ctx, school := t.Context(), s.as(s.school.ID)
	id := s.plan()
	s.apply(id)
	opened, err := s.store.OpenFor(ctx, s.admin, s.classes[physics].ID)
	s.check(err)
	s.check(identity.Archive(ctx, opened, s.store.In(opened), s.gateway.In(opened)))
	s.check(s.work())
	refused, err := school.RefusedRolloverItems(ctx, id)
	if err != nil || len(refused) != 1 || refused[0].Name != physics || refused[0].Reason.ID != "rollover.class-archived" {
		t.Errorf("refused: %+v, %v", refused, err)
	}
	// In use again, it is tried again.
	opened, err = s.store.OpenFor(ctx, s.admin, s.classes[physics].ID)
	s.check(err)
	s.check(identity.RestoreClassroom(ctx, opened, s.store.In(opened), s.gateway.In(opened)))
	s.check(school.RetryRollover(ctx, id))
	s.check(s.work())
	if diff := cmp.Diff(after, s.rosters()); diff != "" {
		t.Error(diff)
	}
	if one, err := school.Rollover(ctx, id); err != nil || one.Done != 4 || one.Refused != 0 {
		t.Errorf("the receipt says %+v, %v", one, err)
	}
}

func TestWhoLostTheSchoolRollsNothingOver(t *testing.T) {
	t.Parallel()
	s := newPlace(t).site()
	ctx := t.Context()
	id := s.plan()
	s.apply(id)
	_, err := s.in(s.school).DeleteRoleAssignment(ctx, s.admin.User)
	s.check(err)
	s.user(s.school, "ada")
	s.assign(s.school, "ada", identity.RoleSchoolAdmin)
	s.sync(s.store)
	s.check(s.work())
	s.admin = identity.Actor{User: "ada", Name: "Ada Adler"}
	school := s.as(s.school.ID)
	one, err := school.Rollover(ctx, id)
	if err != nil || one.State != store.RolloverPaused || one.Trouble.ID != "rollover.rights-lost" || one.Done != 0 {
		t.Errorf("the rollover is %+v, %v", one, err)
	}
	if diff := cmp.Diff(before, s.rosters()); diff != "" {
		t.Error(diff)
	}
	// Somebody else who manages the school takes it over.
	s.check(school.ContinueRollover(ctx, id))
	s.check(s.work())
	if one, err = school.Rollover(ctx, id); err != nil || one.State != store.RolloverDone || one.Actor != s.admin || one.Done != 4 {
		t.Errorf("the rollover is %+v, %v", one, err)
	}
	if diff := cmp.Diff(after, s.rosters()); diff != "" {
		t.Error(diff)
	}
}
