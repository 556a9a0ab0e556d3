package imports_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/roster"
	"homeroom.dev/homeroom/store"
)

// way is a way in which a list is brought.
type way struct {
	name, who, place string
	options          store.ImportOptions
	decision         roster.Decision
}

// waysFor are all ways that are tried with a list.
func waysFor(set, delta bool) []way {
	ways := []way{
		{"school, kept apart", "priya", "school", store.ImportOptions{}, roster.DecisionKeep},
		{"school, merged, everybody", "priya", "school", store.ImportOptions{Whole: true}, roster.DecisionMerge},
	}
	if set {
		return append(ways, way{"class, everybody", "priya", "biology", store.ImportOptions{Whole: !delta}, roster.DecisionMerge})
	}
	return append(ways,
		way{"class, kept apart", "tim", "7b", store.ImportOptions{}, roster.DecisionKeep},
		way{"class, merged, everybody", "tim", "7b", store.ImportOptions{Whole: true}, roster.DecisionMerge},
		way{"class, invited", "tim", "7b", store.ImportOptions{Invite: true}, roster.DecisionSkip},
	)
}

// What a list says is so once it is applied: the same list again changes nothing,
// and asks about nobody but who was left out. And undoing it leaves the school as it was: people, names, roles, classes and the
// lists' numbers, here and at Zitadel.
func TestAppliedListsChangeNothingAgainAndAreUndone(t *testing.T) {
	s := newSchool(t)
	before := s.snapshot()
	for n, list := range theCorpus(t) {
		reading, _, err := roster.Recognise(list.File)
		var known *identity.Error
		if errors.As(err, &known) {
			continue // what cannot be read has no plan
		}
		s.check(err)
		ways := waysFor(reading.Set(), reading.Delta)
		for k, w := range ways {
			if !reading.Set() && (n+k)%len(ways) > 1 {
				continue // two ways each: together the lists go all of them
			}
			t.Run(list.Name+", "+w.name, func(t *testing.T) {
				s.t = t
				s.appliedAndUndone(list.File, w)
			})
		}
	}
	s.t = t
	s.sync()
	if diff := cmp.Diff(before, s.snapshot()); diff != "" {
		t.Errorf("at Zitadel, after undoing all, -want +got:\n%s", diff)
	}
}

func (s *school) appliedAndUndone(file roster.File, w way) {
	s.t.Helper()
	before := s.snapshot()
	o := s.as(w.who, w.place)
	one := s.brought(o, file, w)
	if one.State != store.ImportDone || one.Receipt.Hidden+one.Receipt.Refused+one.Receipt.Changed > 0 {
		s.t.Errorf("applied: %s, %+v %s", one.State, one.Receipt, strings.Join(s.outcomes(o, one.ID), "\n"))
	}
	again := s.planned(o, file, w.options)
	left := one.Counts[roster.KindSkipped] + one.Counts[roster.KindConflict]
	if asked := again.Undecided() + again.Counts[roster.KindConflict]; !again.Empty() || asked > left {
		s.t.Errorf("the same list again: %v, classes %v\n%s", again.Counts, again.Classes, s.planTold(o, again.ID))
	}
	s.undone(o, one, before)
}

// brought is a list that was planned, decided about and applied.
func (s *school) brought(o *store.Organization, file roster.File, w way) store.Import {
	s.t.Helper()
	ctx := s.t.Context()
	one := s.planned(o, file, w.options)
	_, err := o.DecideImportAll(ctx, one.ID, w.decision)
	s.check(err)
	_, err = o.DecideImportAll(ctx, one.ID, roster.DecisionSkip) // who may be more than one
	s.check(err)
	one, err = o.Import(ctx, one.ID)
	s.check(err)
	s.check(o.ApplyImport(ctx, one.ID, one.NeedsNumber()))
	s.work()
	one, err = o.Import(ctx, one.ID)
	s.check(err)
	return one
}

// undone undoes an import, and compares what is there with what was before.
func (s *school) undone(o *store.Organization, one store.Import, before string) {
	s.t.Helper()
	ctx := s.t.Context()
	if !one.UndoableUntil().IsZero() {
		s.check(o.UndoImport(ctx, one.ID))
		s.work()
		left, err := o.Import(ctx, one.ID)
		s.check(err)
		if left.State != store.ImportUndone || left.UndoReceipt.Refused+left.UndoReceipt.Kept+left.UndoReceipt.Stayed > 0 {
			s.t.Errorf("undone: %s, %+v of %+v %v", left.State, left.UndoReceipt, left.Receipt, s.outcomes(o, one.ID))
		}
	}
	if diff := cmp.Diff(before, s.snapshot()); diff != "" {
		s.t.Errorf("after undoing, -want +got:\n%s", diff)
	}
}

// snapshot is all that lists change, as text.
func (s *school) snapshot() string {
	s.t.Helper()
	var b strings.Builder
	for _, query := range []string{
		"SELECT id, organization_id, given_name, family_name, user_name, address FROM users ORDER BY id",
		"SELECT user_id, organization_id, roles, state, '', '' FROM role_assignments ORDER BY user_id, organization_id",
		"SELECT organization_id, source, external_id, user_id, '', '' FROM external_ids ORDER BY 1, 2, 3",
		"SELECT organization_id, source, external_id, classroom_id, '', '' FROM external_classrooms ORDER BY 1, 2, 3",
		"SELECT id, name, kind, school_id, state, '' FROM organizations ORDER BY id",
		"SELECT id, state, '', '', '', '' FROM invitations WHERE state <> 'revoked' ORDER BY id",
	} {
		rows, err := s.store.Writer().QueryContext(s.t.Context(), query)
		s.check(err)
		for rows.Next() {
			var columns [6]string
			s.check(rows.Scan(&columns[0], &columns[1], &columns[2], &columns[3], &columns[4], &columns[5]))
			fmt.Fprintln(&b, strings.TrimRight(strings.Join(columns[:], "|"), "|"))
		}
		s.check(rows.Err())
		s.check(rows.Close())
	}
	return b.String()
}

// outcomes are the rows that did not simply work.
func (s *school) outcomes(o *store.Organization, id store.ImportID) []string {
	s.t.Helper()
	var all []string
	for _, r := range s.rows(o, id) {
		text := fmt.Sprintf("%d %s %s %s %s %s", r.Position, r.Name(), r.Kind, r.State, r.Outcome, r.Undo)
		for _, m := range r.Reasons {
			text += " " + told(m)
		}
		all = append(all, text)
	}
	return all
}

// planTold is a plan in lines.
func (s *school) planTold(o *store.Organization, id store.ImportID) string {
	s.t.Helper()
	var b strings.Builder
	for _, r := range s.rows(o, id) {
		fmt.Fprintf(&b, "%d %s %s %s", r.Position, r.Name(), r.Kind, r.User)
		for _, step := range r.Steps {
			b.WriteString(" | " + stepTold(step, r.Person))
		}
		for _, m := range r.Reasons {
			b.WriteString(" ? " + told(m))
		}
		b.WriteString("\n")
	}
	return b.String()
}
