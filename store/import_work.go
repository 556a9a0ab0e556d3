package store

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/roster"
	"homeroom.dev/homeroom/store/query"
)

// ImportedRow is a row of an import that was worked on.
type ImportedRow struct {
	Row     ImportRow // with what was learned: user, user name, steps
	Outcome ImportOutcome
	Reasons []identity.Message
	Facts   []identity.Fact
	Secret  string // first password of who was made
}

// BegunImportRows are the next rows of an import that were begun by a process
// that is no more.
func (o *Organization) BegunImportRows(ctx context.Context, id ImportID, after int64, most int) ([]ImportRow, error) {
	rows, err := o.store.read().ImportRowsInState(ctx, query.ImportRowsInStateParams{
		OrganizationID: o.id, ImportID: string(id), State: string(ImportRowBegun), After: after, MaxRows: int64(most),
	})
	if err != nil {
		return nil, fmt.Errorf("list rows that were begun: %w", translate(err))
	}
	return importRowsOf(rows)
}

// UserNameTaken reports whether somebody has a user name.
type UserNameTaken func(userName string) (bool, error)

// BeginImportRows takes the next rows of an import that is being applied, at most
// so many, and puts them on record as begun. Each is decided about once more: one
// that would now do something else than was planned becomes a conflict. name gives
// a row that makes somebody its user ID and user name; taken tells it whether
// somebody at home there has a user name, or was just given it. It answers the
// rows and where to go on; [ErrImportStopped] when the import is not being applied
// any more.
func (o *Organization) BeginImportRows(
	ctx context.Context, id ImportID, after int64, most int, name func(row *ImportRow, taken UserNameTaken) error,
) (begun []ImportRow, next int64, err error) {
	err = o.store.write(ctx, func(tx *transaction) error {
		begun, next = nil, after
		row, err := tx.ImportByID(ctx, query.ImportByIDParams{OrganizationID: o.id, ID: string(id)})
		if err != nil {
			return orNotFound(err, errNoImport())
		}
		i, err := importOf(row)
		if err != nil {
			return err
		}
		if i.State != ImportApplying {
			return ErrImportStopped
		}
		waiting, err := tx.ImportRowsInState(ctx, query.ImportRowsInStateParams{
			OrganizationID: o.id, ImportID: string(id), State: string(ImportRowWaiting), After: after, MaxRows: int64(most),
		})
		if err != nil || len(waiting) == 0 {
			return err
		}
		// Rows that have nothing to do lie between them: no wider than is planned
		// at once.
		s := span{after: waiting[0].Position - 1, upto: waiting[len(waiting)-1].Position}
		if s.upto-s.after > planAtOnce {
			s.upto = s.after + planAtOnce
		}
		tx, free := tx.prepare()
		defer free()
		p := o.planning(tx, i)
		all, err := p.decide(ctx, s)
		if err != nil {
			return err
		}
		next = s.upto
		taken := tx.userNamesOf(ctx, i.Home)
		changed := 0
		var changes []batchChange
		for _, d := range all {
			if d.row.State != ImportRowWaiting {
				continue
			}
			same, err := p.same(d)
			if err != nil {
				return err
			}
			if !same {
				changed++
				if err := p.conflict(ctx, d); err != nil {
					return err
				}
				continue
			}
			r := d.row
			if err := name(&r, taken); err != nil {
				return err
			}
			if err := tx.BeginImportRow(ctx, query.BeginImportRowParams{
				OrganizationID: o.id, ImportID: p.id, Position: r.Position, UserID: string(r.User), UserName: r.UserName,
			}); err != nil {
				return err
			}
			r.State = ImportRowBegun
			begun = append(begun, r)
			changes = append(changes, o.importChange(id, r))
		}
		if changed > 0 {
			i.Receipt.Changed += changed
			if err := tx.putReceipts(ctx, o.id, i); err != nil {
				return err
			}
		}
		return tx.beginBatch(identity.WithRequest(ctx, i.Request), o, changes)
	})
	if err != nil {
		return nil, after, fmt.Errorf("begin rows of an import: %w", err)
	}
	return begun, next, nil
}

// userNamesOf tells which user names are taken: those of people at home somewhere,
// and those that were asked for and free.
func (tx *transaction) userNamesOf(ctx context.Context, home identity.OrganizationID) UserNameTaken {
	given := map[string]bool{}
	return func(userName string) (bool, error) {
		key := strings.ToLower(userName)
		if given[key] {
			return true, nil
		}
		n, err := tx.TakenImportUserName(ctx, query.TakenImportUserNameParams{UserName: key, OrganizationID: string(home)})
		if err != nil {
			return false, fmt.Errorf("look for a user name: %w", err)
		}
		given[key] = n == 0
		return n > 0, nil
	}
}

// same reports whether a row would still do what was planned.
func (p *planning) same(d decided) (bool, error) {
	if d.row.Kind != d.now.Kind || d.now.User != d.row.User && d.row.Kind != roster.KindCreate {
		return false, nil
	}
	planned, err := json.Marshal(d.row.Steps)
	if err != nil {
		return false, err
	}
	now, err := json.Marshal(d.now.Steps)
	return string(planned) == string(now), err
}

// conflict leaves a row out that would not do any more what was planned.
func (p *planning) conflict(ctx context.Context, d decided) error {
	reasons, err := jsonText(append([]identity.Message{identity.Say("import.changed-since")}, d.now.Reasons...))
	if err != nil {
		return err
	}
	return p.ConflictImportRow(ctx, query.ConflictImportRowParams{
		OrganizationID: p.o.id, ImportID: p.id, Position: d.row.Position, Reasons: reasons,
	})
}

// importActions are what the kinds of rows are called on record.
var importActions = map[roster.Kind]identity.Action{
	roster.KindCreate: identity.ActionImportCreated, roster.KindUpdate: identity.ActionImportUpdated,
	roster.KindMove: identity.ActionImportMoved, roster.KindRemove: identity.ActionImportRemoved,
}

// importChange is a row as its record tells it: what changes, never a secret and
// never an address.
func (o *Organization) importChange(id ImportID, r ImportRow) batchChange {
	c := identity.Change{
		Action: importActions[r.Kind], Target: string(r.User), TargetName: r.Name(),
		Before: map[string]string{}, After: map[string]string{},
	}
	var joins, leaves []string
	for _, s := range r.Steps {
		switch s.Kind {
		case roster.StepAssign, roster.StepInvite:
			c.After[identity.AuditRole] = string(s.Role)
			joins = append(joins, s.Name)
		case roster.StepUnassign:
			c.Before[identity.AuditRole] = string(s.Role)
			leaves = append(leaves, s.Name)
		case roster.StepUpdate:
			auditedFields(c.Before, s.Before)
			auditedFields(c.After, s.After)
		}
	}
	if len(joins) > 0 {
		c.After["classroom"] = strings.Join(joins, ", ")
	}
	if len(leaves) > 0 {
		c.Before["classroom"] = strings.Join(leaves, ", ")
	}
	return batchChange{change: c, once: importOnce(id, r.Position)}
}

// auditedFields are those of an account that are no address.
func auditedFields(values map[string]string, f *roster.Fields) {
	if f == nil {
		return
	}
	var names []string
	for _, name := range []*string{f.GivenName, f.FamilyName} {
		if name != nil {
			names = append(names, *name)
		}
	}
	if len(names) > 0 {
		values[identity.AuditName] = strings.Join(names, " ")
	}
	if f.UserName != nil && !strings.Contains(*f.UserName, "@") {
		values[identity.AuditUserName] = *f.UserName
	}
}

// importOnce tells the records of a row from those of the same row done again.
func importOnce(id ImportID, position int64) string { return fmt.Sprintf("import/%s/%d", id, position) }

// CloseImportRows applies what was answered about rows, closes their records and
// counts them: all in one transaction. A row that is closed already is left alone.
func (o *Organization) CloseImportRows(ctx context.Context, id ImportID, done []ImportedRow) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closingTime)
	defer cancel()
	err := o.store.write(ctx, func(tx *transaction) error {
		tx, free := tx.prepare()
		defer free()
		row, err := tx.ImportByID(ctx, query.ImportByIDParams{OrganizationID: o.id, ID: string(id)})
		if err != nil {
			return orNotFound(err, errNoImport())
		}
		i, err := importOf(row)
		if err != nil {
			return err
		}
		var facts []identity.Fact
		for _, d := range done {
			facts = append(facts, d.Facts...)
		}
		if err := tx.applyFacts(ctx, facts); err != nil {
			return fmt.Errorf("apply facts: %w", err)
		}
		ctx := identity.WithRequest(ctx, i.Request)
		for _, d := range done {
			if err := o.closeImportRow(ctx, tx, &i, d); err != nil {
				return err
			}
		}
		i.Trouble = identity.Message{}
		if err := tx.putImport(ctx, o.id, i); err != nil {
			return err
		}
		return tx.putReceipts(ctx, o.id, i)
	})
	if err != nil {
		return fmt.Errorf("close rows of an import: %w", err)
	}
	return nil
}

func (o *Organization) closeImportRow(ctx context.Context, tx *transaction, i *Import, d ImportedRow) error {
	reasons, err := jsonText(d.Reasons)
	if err != nil {
		return err
	}
	steps, err := jsonText(d.Row.Steps)
	if err != nil {
		return err
	}
	closed, err := tx.CloseImportRow(ctx, query.CloseImportRowParams{
		OrganizationID: o.id, ImportID: string(i.ID), Position: d.Row.Position, Outcome: string(d.Outcome), Reasons: reasons,
		UserName: d.Row.UserName, UserID: string(d.Row.User), Steps: steps,
	})
	if err != nil || closed == 0 {
		return err
	}
	outcome := identity.OutcomeDone
	if d.Outcome == OutcomeRefused {
		outcome = identity.OutcomeFailed
	}
	if err := tx.closeBatch(ctx, o, o.importChange(i.ID, d.Row), outcome); err != nil {
		return err
	}
	i.Receipt.count(d)
	if d.Outcome == OutcomeRefused || d.Outcome == OutcomeInvited {
		return nil
	}
	if err := o.identify(ctx, tx, *i, d.Row); err != nil {
		return err
	}
	if err := tx.keepRowGuardians(ctx, *i, d.Row); err != nil {
		return err
	}
	if d.Secret == "" {
		return nil
	}
	return o.store.keepFirstSecrets(ctx, tx, []identity.FirstSecret{{User: d.Row.User, Home: i.Home, Secret: d.Secret}})
}

// count counts a row in the receipt.
func (r *ImportReceipt) count(d ImportedRow) {
	switch {
	case d.Outcome == OutcomeRefused:
		r.Refused++
	case d.Outcome == OutcomeInvited:
		r.Invited++
	case d.Row.Kind == roster.KindCreate:
		r.Created++
		switch d.Outcome {
		case OutcomeVerified:
			r.Verified++
		case OutcomeRepaired:
			r.Repaired++
		case OutcomeHidden:
			r.Hidden++
		}
		return
	case d.Row.Kind == roster.KindUpdate:
		r.Updated++
	case d.Row.Kind == roster.KindMove:
		r.Moved++
	case d.Row.Kind == roster.KindRemove:
		r.Removed++
	}
	if d.Outcome == OutcomeHidden {
		r.Hidden++
	}
	if d.Outcome == OutcomeRepaired {
		r.Repaired++
	}
}

// identify keeps the list's number of somebody.
func (o *Organization) identify(ctx context.Context, tx *transaction, i Import, r ImportRow) error {
	for _, s := range r.Steps {
		if s.Kind != roster.StepIdentify {
			continue
		}
		if s.Number != "" {
			if err := tx.DeleteExternalID(ctx, query.DeleteExternalIDParams{
				OrganizationID: string(i.Home), Source: i.Source, ExternalID: s.Number, UserID: string(r.User),
			}); err != nil {
				return err
			}
		}
		if err := tx.PutExternalID(ctx, query.PutExternalIDParams{
			OrganizationID: string(i.Home), Source: i.Source, ExternalID: r.Person.ExternalID, UserID: string(r.User), NowUs: tx.now,
		}); err != nil {
			return err
		}
	}
	return nil
}

// WaitingImportClassrooms are the next classes of a list that wait to be opened or
// renamed.
func (o *Organization) WaitingImportClassrooms(ctx context.Context, id ImportID, after int64, most int) ([]ImportClassroom, error) {
	rows, err := o.store.read().ImportClassroomsAfter(ctx, query.ImportClassroomsAfterParams{
		OrganizationID: o.id, ImportID: string(id), After: after, MaxRows: int64(most),
	})
	if err != nil {
		return nil, fmt.Errorf("list classes of an import: %w", translate(err))
	}
	classrooms := make([]ImportClassroom, len(rows))
	for n, row := range rows {
		classrooms[n] = importClassroomOf(row)
	}
	return classrooms, nil
}

// CloseImportClassrooms notes what became of classes, and keeps the list's numbers
// of them.
func (o *Organization) CloseImportClassrooms(ctx context.Context, id ImportID, done []ImportClassroom) error {
	err := o.store.write(ctx, func(tx *transaction) error {
		row, err := tx.ImportByID(ctx, query.ImportByIDParams{OrganizationID: o.id, ID: string(id)})
		if err != nil {
			return orNotFound(err, errNoImport())
		}
		i, err := importOf(row)
		if err != nil {
			return err
		}
		for _, c := range done {
			reason := ""
			if c.Reason.ID != "" {
				reason = messageText(c.Reason)
			}
			if _, err := tx.CloseImportClassroom(ctx, query.CloseImportClassroomParams{
				OrganizationID: o.id, ImportID: string(id), Position: c.Position, State: string(c.State),
				ClassroomID: string(c.Classroom), Reason: reason,
			}); err != nil {
				return err
			}
			if c.State != ImportRowDone {
				continue
			}
			switch c.Kind {
			case roster.KindCreate:
				i.Receipt.Classrooms++
			case roster.KindUpdate:
				i.Receipt.Renamed++
			}
			if c.ExternalID == "" || c.Classroom == "" {
				continue
			}
			if err := tx.PutExternalClassroom(ctx, query.PutExternalClassroomParams{
				OrganizationID: o.id, Source: i.Source, ExternalID: c.ExternalID, ClassroomID: string(c.Classroom), NowUs: tx.now,
			}); err != nil {
				return err
			}
		}
		return tx.putReceipts(ctx, o.id, i)
	})
	if err != nil {
		return fmt.Errorf("close classes of an import: %w", err)
	}
	return nil
}

// ImportPlaces are the classrooms that steps of rows are about: those of the list
// by their place in it, and others by ID.
func (o *Organization) ImportPlaces(ctx context.Context, id ImportID, rows []ImportRow) (map[int64]identity.OrganizationID, error) {
	wanted := map[int64]bool{}
	for _, r := range rows {
		for _, s := range r.Steps {
			if s.Class != 0 {
				wanted[s.Class] = true
			}
		}
	}
	places := make(map[int64]identity.OrganizationID, len(wanted))
	for _, position := range slices.Sorted(maps.Keys(wanted)) {
		found, err := o.store.read().ImportClassroomsAfter(ctx, query.ImportClassroomsAfterParams{
			OrganizationID: o.id, ImportID: string(id), After: position - 1, MaxRows: 1,
		})
		if err != nil {
			return nil, fmt.Errorf("find a class of an import: %w", translate(err))
		}
		if len(found) == 1 && found[0].Position == position && found[0].State == string(ImportRowDone) {
			places[position] = identity.OrganizationID(found[0].ClassroomID)
		}
	}
	return places, nil
}
