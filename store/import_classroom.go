package store

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/roster"
	"homeroom.dev/homeroom/store/query"
)

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
		i, err := o.importIn(ctx, tx, id)
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
