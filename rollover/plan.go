package rollover

import (
	"context"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store"
)

// Suggest is what is suggested for a class: the next year group's class for one
// that says its year group, archiving for the last one, and to go on for a class
// that is for no year group, such as a choir. year is what is known of the class
// beside its name (NoYear: nothing), and leaving the last year group of the school.
func Suggest(name string, year, leaving int, french bool) store.RolloverPlan {
	if year == NoYear {
		year = YearOf(name, french)
	}
	plan := store.RolloverPlan{Year: year, Action: identity.RolloverArchive}
	next, has := Promoted(name, french)
	switch {
	case year == NoYear:
		plan.Action = identity.RolloverKeep
	case has && (leaving == NoYear || year < leaving):
		plan.Action, plan.NewName = identity.RolloverPromote, next
	}
	return plan
}

// Planned is the plan of a class for which an action was chosen: the name of the
// new class is what it was said to be, and else what its own suggests.
func Planned(item store.RolloverItem, year int, action identity.RolloverAction, name string, french bool) store.RolloverPlan {
	plan := store.RolloverPlan{Year: year, Action: action}
	if !action.Opens() {
		return plan
	}
	if plan.NewName = identity.CleanName(name); plan.NewName != "" {
		return plan
	}
	plan.NewName = item.Name
	if next, has := Promoted(item.Name, french); has && action == identity.RolloverPromote {
		plan.NewName = next
	}
	return plan
}

// Plan makes the plan of a rollover that was begun: at once for a school of up to
// [store.RolloverAtOnce] classes, and else by a job.
func (e *Engine) Plan(ctx context.Context, school *store.Organization, id store.RolloverID) error {
	n, err := school.ClassroomsInUse(ctx)
	if err != nil {
		return err
	}
	if n > store.RolloverAtOnce {
		return school.QueueRollover(ctx, id)
	}
	return stage(ctx, school, id)
}

// stage takes all classes into a plan. It may be done again: what is in the plan
// stays.
func stage(ctx context.Context, school *store.Organization, id store.RolloverID) error {
	french, err := FrenchIn(ctx, school)
	if err != nil {
		return err
	}
	for more := true; more; {
		more, err = school.StageRollover(ctx, id, func(name string, year int, r store.Rollover) store.RolloverPlan {
			return Suggest(name, year, r.Leaving, french)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// FrenchIn reports whether the school counts its years as French schools do.
func FrenchIn(ctx context.Context, school *store.Organization) (bool, error) {
	names, err := school.NamesInUse(ctx)
	return French(names), err
}
