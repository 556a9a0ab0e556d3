package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/roster"
	"homeroom.dev/homeroom/store/query"
)

// classrooms plans the classes of a list: by the list's number of them, then by
// their names.
func (p *planning) classrooms(ctx context.Context) error {
	names := ClassroomNames{}
	if p.rules.Classroom == "" {
		rows, err := p.ClassroomNames(ctx, p.o.id)
		if err != nil {
			return err
		}
		for _, row := range rows {
			if key := nameKey(row.Name); names[key] == "" {
				names[key] = identity.OrganizationID(row.ID)
			}
		}
	}
	for after := int64(0); ; {
		rows, err := p.ImportClassroomsAfter(ctx, query.ImportClassroomsAfterParams{
			OrganizationID: p.o.id, ImportID: p.id, After: after, MaxRows: planAtOnce,
		})
		if err != nil {
			return err
		}
		for _, row := range rows {
			after = row.Position
			c := importClassroomOf(row)
			if c.Kind == roster.KindError {
				if err := p.spared(ctx, c); err != nil {
					return err
				}
				continue
			}
			if err := p.classroom(ctx, &c, names, row.Gone); err != nil {
				return err
			}
			reason := ""
			if c.Reason.ID != "" {
				reason = messageText(c.Reason)
			}
			if err := p.PlanImportClassroom(ctx, query.PlanImportClassroomParams{
				OrganizationID: p.o.id, ImportID: p.id, Position: c.Position, Kind: string(c.Kind),
				ClassroomID: string(c.Classroom), BeforeName: c.Before, Reason: reason,
			}); err != nil {
				return err
			}
		}
		if len(rows) < planAtOnce {
			return nil
		}
	}
}

// spared notes which classroom a class with a mistake is: the list does not speak
// for it, so nobody leaves it, unless another line of the list is that class.
func (p *planning) spared(ctx context.Context, c ImportClassroom) error {
	if c.ExternalID == "" {
		return nil
	}
	others, err := p.CountImportClassKey(ctx, query.CountImportClassKeyParams{
		OrganizationID: p.o.id, ImportID: p.id, ClassKey: classKeyOf(c.ExternalID, ""),
	})
	if err != nil || others > 0 {
		return err
	}
	there, err := p.ExternalClassroom(ctx, query.ExternalClassroomParams{
		OrganizationID: p.o.id, Source: p.i.Source, ExternalID: c.ExternalID,
	})
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	return p.PlanImportClassroom(ctx, query.PlanImportClassroomParams{
		OrganizationID: p.o.id, ImportID: p.id, Position: c.Position, Kind: string(c.Kind),
		ClassroomID: there.ClassroomID, BeforeName: there.Name, Reason: messageText(c.Reason),
	})
}

// classroom plans one class.
func (p *planning) classroom(ctx context.Context, c *ImportClassroom, names ClassroomNames, gone bool) error {
	c.Kind, c.Reason = roster.KindUnchanged, identity.Message{}
	if c.key == hereKey {
		c.Classroom = identity.OrganizationID(p.o.id)
		return nil
	}
	if c.ExternalID != "" {
		there, err := p.ExternalClassroom(ctx, query.ExternalClassroomParams{
			OrganizationID: p.o.id, Source: p.i.Source, ExternalID: c.ExternalID,
		})
		switch {
		case err == nil && there.State != string(identity.OrganizationActive):
			c.Kind, c.Reason = roster.KindConflict, identity.Say("import.class-archived")
			return nil
		case err == nil:
			c.Classroom, c.Before = identity.OrganizationID(there.ClassroomID), there.Name
			switch {
			case gone:
				c.Kind, c.Reason = roster.KindConflict, identity.Say("import.class-gone")
			case c.Name != "" && c.Name != there.Name:
				c.Kind = roster.KindUpdate
				if problems := (identity.NewOrganization{Name: c.Name}).Check(); problems != nil {
					c.Kind, c.Reason = roster.KindError, problems[0].Message
				}
			}
			return nil
		case !errors.Is(err, sql.ErrNoRows):
			return err
		}
	}
	if gone {
		c.Reason = identity.Say("import.class-gone-unknown")
		c.Kind = roster.KindConflict
		return nil
	}
	if problems := (identity.NewOrganization{Name: c.Name}).Check(); problems != nil {
		c.Kind, c.Reason = roster.KindError, problems[0].Message
		return nil
	}
	id, found := names.Find(c.Name)
	if found && c.ExternalID != "" {
		// Another class of the same name: one that has another number of this
		// source, or that an earlier class of the list is.
		other, err := p.ImportOtherNumber(ctx, query.ImportOtherNumberParams{
			OrganizationID: p.o.id, ClassroomID: string(id), Source: p.i.Source, ExternalID: c.ExternalID,
		})
		if err != nil {
			return err
		}
		taken, err := p.ImportClassroomTaken(ctx, query.ImportClassroomTakenParams{
			OrganizationID: p.o.id, ImportID: p.id, ClassroomID: string(id), Position: c.Position,
		})
		if err != nil {
			return err
		}
		found = other == 0 && taken == 0
	}
	if !found {
		c.Kind = roster.KindCreate
		return nil
	}
	c.Classroom = id
	return nil
}

// missing makes rows of the people who are in the classes of a list that is
// everybody, and not on it. Whom a row may be about that is not decided, or has
// an error, stays.
func (p *planning) missing(ctx context.Context) error {
	if err := p.DeleteImportRemoved(ctx, query.DeleteImportRemovedParams{
		OrganizationID: p.o.id, ImportID: p.id, Removed: removedRows,
	}); err != nil || !p.rules.Whole {
		return err
	}
	var places []string
	for after := int64(0); ; {
		rows, err := p.ImportClassroomsAfter(ctx, query.ImportClassroomsAfterParams{
			OrganizationID: p.o.id, ImportID: p.id, After: after, MaxRows: planAtOnce,
		})
		if err != nil {
			return err
		}
		for _, row := range rows {
			after = row.Position
			if row.ClassroomID != "" && row.Kind != string(roster.KindConflict) && row.Kind != string(roster.KindError) && row.Kind != string(roster.KindCreate) {
				places = append(places, row.ClassroomID)
			}
		}
		if len(rows) < planAtOnce {
			break
		}
	}
	if p.rules.Classroom == "" {
		others, err := p.ImportClassroomsOfSource(ctx, query.ImportClassroomsOfSourceParams{
			OrganizationID: p.o.id, ImportID: p.id, Source: p.i.Source,
		})
		if err != nil {
			return err
		}
		places = append(places, others...)
	}
	position := removedRows
	for _, place := range places {
		if err := p.missingFrom(ctx, place, &position); err != nil {
			return err
		}
	}
	for s := (span{removedRows, removedRows}); s.upto < position; {
		s.after, s.upto = s.upto, min(s.upto+planAtOnce, position)
		all, err := p.decide(ctx, s)
		if err != nil {
			return err
		}
		for _, d := range all {
			d.now.User = d.row.User // also of a conflict: it is about them
			if err := p.put(ctx, d); err != nil {
				return err
			}
		}
	}
	return nil
}

// missingFrom makes rows of the students of one classroom who are not on the
// list.
func (p *planning) missingFrom(ctx context.Context, place string, position *int64) error {
	for name, id := "", ""; ; {
		students, err := p.MissingImportStudents(ctx, query.MissingImportStudentsParams{
			OrganizationID: p.o.id, ImportID: p.id, ClassroomID: place, AfterName: name, AfterID: id, MaxRows: planAtOnce,
		})
		if err != nil {
			return err
		}
		for _, s := range students {
			name, id = s.SortName, s.UserID
			text, err := json.Marshal(roster.Person{GivenName: s.GivenName, FamilyName: s.FamilyName})
			if err != nil {
				return err
			}
			*position++
			if err := p.InsertImportRow(ctx, query.InsertImportRowParams{
				OrganizationID: p.o.id, ImportID: p.id, Position: *position, Person: string(text),
				PersonKey: "m:" + s.UserID, UserID: s.UserID,
			}); err != nil {
				return err
			}
		}
		if len(students) < planAtOnce {
			return nil
		}
	}
}
