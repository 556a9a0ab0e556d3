package store

import (
	"context"
	"slices"
	"testing"
	"time"

	"homeroom.dev/homeroom/identity"
)

// termCalls are the calls about terms, pauses and rollovers, on Linden with IDs of
// Birch's: see [TestNothingOfAnotherOrganizationIsSeenOrChanged].
func termCalls(t *testing.T, w *world) map[string]func(context.Context) (any, error) {
	t.Helper()
	linden, room, birch := w.as("linden-ada", "linden"), w.as("linden-tom", "linden-7b"), w.as("birch-ada", "birch")
	const term, pause, rollover = "birchterm00000000", "birchpause0000000", "birchrollover0000"
	year := Term{ID: term, Name: "birch year", First: noon.AddDate(0, 0, -1), End: noon.AddDate(1, 0, 0)}
	w.must(birch.AddTerm(t.Context(), year))
	w.must(birch.AddImportPause(t.Context(), ImportPause{ID: pause, From: noon.AddDate(0, 0, -1), Until: noon.AddDate(0, 1, 0), Reason: "birch"}))
	_, err := birch.BeginRollover(t.Context(), NewRollover{Submission: rollover, Term: term, Leaving: 13})
	w.must(err)
	_, err = birch.StageRollover(t.Context(), rollover, keepAll)
	w.must(err)
	item := RolloverItem{Position: 1, Classroom: "birch-7b", State: RolloverMade}
	return map[string]func(context.Context) (any, error){
		"Terms":              func(ctx context.Context) (any, error) { return linden.Terms(ctx) },
		"Term":               func(ctx context.Context) (any, error) { return linden.Term(ctx, term) },
		"TermHere":           func(ctx context.Context) (any, error) { return room.TermHere(ctx) },
		"AddTerm":            func(ctx context.Context) (any, error) { return nil, linden.AddTerm(ctx, year) },
		"ChangeTerm":         func(ctx context.Context) (any, error) { return nil, linden.ChangeTerm(ctx, year) },
		"DeleteTerm":         func(ctx context.Context) (any, error) { return nil, linden.DeleteTerm(ctx, term) },
		"ImportPauses":       func(ctx context.Context) (any, error) { return linden.ImportPauses(ctx) },
		"ImportsPausedUntil": func(ctx context.Context) (any, error) { return room.ImportsPausedUntil(ctx) },
		"AddImportPause": func(ctx context.Context) (any, error) {
			return nil, linden.AddImportPause(ctx, ImportPause{ID: pause, From: noon, Until: noon.Add(time.Hour), Reason: "x"})
		},
		"EndImportPause": func(ctx context.Context) (any, error) { return nil, linden.EndImportPause(ctx, pause) },
		"Rollover":       func(ctx context.Context) (any, error) { return linden.Rollover(ctx, rollover) },
		"Rollovers":      func(ctx context.Context) (any, error) { return linden.Rollovers(ctx) },
		"BeginRollover": func(ctx context.Context) (any, error) {
			return linden.BeginRollover(ctx, NewRollover{Submission: "lindenrollover000", Term: term})
		},
		"QueueRollover":   func(ctx context.Context) (any, error) { return nil, linden.QueueRollover(ctx, rollover) },
		"StageRollover":   func(ctx context.Context) (any, error) { return linden.StageRollover(ctx, rollover, keepAll) },
		"ClassroomsInUse": func(ctx context.Context) (any, error) { return linden.ClassroomsInUse(ctx) },
		"TeachersOf":      func(ctx context.Context) (any, error) { return linden.TeachersOf(ctx, "birch-7b") },
		"NamesInUse":      func(ctx context.Context) (any, error) { return linden.NamesInUse(ctx) },
		"RolloverItems": func(ctx context.Context) (any, error) {
			return linden.RolloverItems(ctx, rollover, RolloverItemQuery{})
		},
		"RolloverItem": func(ctx context.Context) (any, error) { return linden.RolloverItem(ctx, rollover, 1) },
		"RolloverCounts": func(ctx context.Context) (any, error) {
			figures, years, err := linden.RolloverCounts(ctx, rollover)
			return []any{figures, years}, err
		},
		"PlanRolloverItem": func(ctx context.Context) (any, error) {
			return nil, linden.PlanRolloverItem(ctx, rollover, 1, RolloverPlan{Action: identity.RolloverArchive}, RolloverTeachers{Stay: []identity.UserID{"birch-tom"}})
		},
		"AddRolloverTeacher": func(ctx context.Context) (any, error) {
			return nil, linden.AddRolloverTeacher(ctx, rollover, 1, "birch-tom")
		},
		"PlanRolloverYear": func(ctx context.Context) (any, error) {
			return linden.PlanRolloverYear(ctx, rollover, 7, func(i RolloverItem) RolloverPlan { return RolloverPlan{Action: identity.RolloverArchive} })
		},
		"RolloverStays":    func(ctx context.Context) (any, error) { return linden.RolloverStays(ctx, rollover, 1) },
		"RolloverComes":    func(ctx context.Context) (any, error) { return linden.RolloverComes(ctx, rollover, 1, "birch-7b") },
		"CheckRollover":    func(ctx context.Context) (any, error) { return nil, linden.CheckRollover(ctx, rollover) },
		"RolloverWithout":  func(ctx context.Context) (any, error) { return linden.RolloverWithout(ctx, rollover, "") },
		"RolloverNotTaken": func(ctx context.Context) (any, error) { return linden.RolloverNotTaken(ctx, rollover, "") },
		"ApplyRollover":    func(ctx context.Context) (any, error) { return nil, linden.ApplyRollover(ctx, rollover, true) },
		"PauseRollover":    func(ctx context.Context) (any, error) { return nil, linden.PauseRollover(ctx, rollover) },
		"ContinueRollover": func(ctx context.Context) (any, error) { return nil, linden.ContinueRollover(ctx, rollover) },
		"RetryRollover":    func(ctx context.Context) (any, error) { return nil, linden.RetryRollover(ctx, rollover) },
		"CancelRollover":   func(ctx context.Context) (any, error) { return nil, linden.CancelRollover(ctx, rollover) },
		"UndoRollover":     func(ctx context.Context) (any, error) { return nil, linden.UndoRollover(ctx, rollover) },
		"NextRolloverItems": func(ctx context.Context) (any, error) {
			return linden.NextRolloverItems(ctx, rollover, []RolloverItemState{RolloverBegun, RolloverWaiting}, 9)
		},
		"RefusedRolloverItems": func(ctx context.Context) (any, error) { return linden.RefusedRolloverItems(ctx, rollover) },
		"RolloverItemsBack":    func(ctx context.Context) (any, error) { return linden.RolloverItemsBack(ctx, rollover, "") },
		"RolloverItemsToUndo":  func(ctx context.Context) (any, error) { return linden.RolloverItemsToUndo(ctx, rollover, 9) },
		"SaveRolloverItem":     func(ctx context.Context) (any, error) { return nil, linden.SaveRolloverItem(ctx, rollover, item) },
		"NoteNotTaken": func(ctx context.Context) (any, error) {
			return nil, linden.NoteNotTaken(ctx, rollover, 1, map[identity.UserID]identity.Message{"birch-sam": identity.Say("x")})
		},
		"CloseRolloverItem": func(ctx context.Context) (any, error) { return nil, linden.CloseRolloverItem(ctx, rollover, item) },
		"CloseRolloverBack": func(ctx context.Context) (any, error) { return nil, linden.CloseRolloverBack(ctx, rollover, item) },
		"FinishRollover":    func(ctx context.Context) (any, error) { return nil, linden.FinishRollover(ctx, rollover) },
		"Carried": func(ctx context.Context) (any, error) {
			people, err := room.Carried(ctx, "birch-7b")
			return slices.DeleteFunc(people, func(c identity.Carried) bool { return !c.There }), err // a guest is of Birch
		},
		"SettleFollower": func(ctx context.Context) (any, error) {
			return nil, linden.SettleFollower(ctx, "birch-7b", "linden-7b", term, 8)
		},
		"TakeIntoTerm": func(ctx context.Context) (any, error) {
			foreign := item
			return nil, linden.TakeIntoTerm(ctx, rollover, term, &foreign)
		},
		"BringBackIntoTerm": func(ctx context.Context) (any, error) {
			return nil, linden.BringBackIntoTerm(ctx, RolloverItem{Classroom: "birch-7b", TermBefore: "lindenterm0000000"})
		},
		"RecordsHere": func(ctx context.Context) (any, error) { return room.RecordsHere(ctx) },
		"NoteState":   func(ctx context.Context) (any, error) { return nil, room.NoteState(ctx, identity.OrganizationInactive) },
		"BeginRunInLine": func(ctx context.Context) (any, error) {
			return nil, room.BeginRunInLine(ctx, identity.BulkArchive, "lindenrun00000000")
		},
		"ChangeMany": func(ctx context.Context) (any, error) {
			return nil, room.ChangeMany(ctx, []identity.Change{{Action: identity.ActionRoleAssigned, Target: "birch-zoe"}},
				func(context.Context) ([]identity.Changed, error) { return nil, errBoom })
		},
	}
}

// keepAll has every class go on.
func keepAll(_ string, year int, _ Rollover) RolloverPlan {
	return RolloverPlan{Year: year, Action: identity.RolloverKeep}
}
