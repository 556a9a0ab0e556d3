package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store/query"
)

// cardSheetFor is how long a sheet can be looked at.
const cardSheetFor = time.Hour

// cardPlace binds what a card leads to to its place on its sheet.
func cardPlace(organization, sheet string, position int64) place {
	return place{table: "card_sheet_items", column: "sealed", row: organization + "/" + sheet + "/" + strconv.FormatInt(position, 10)}
}

// ClassStudents are the students of the opened classroom by name, at most
// [identity.MaxCards] and one more.
func (o *Organization) ClassStudents(ctx context.Context) ([]identity.CardStudent, error) {
	rows, err := o.store.read().ClassStudents(ctx, query.ClassStudentsParams{OrganizationID: o.id, Most: identity.MaxCards + 1})
	if err != nil {
		return nil, fmt.Errorf("list students: %w", translate(err))
	}
	students := make([]identity.CardStudent, len(rows))
	for i, row := range rows {
		students[i] = identity.CardStudent{
			User: identity.User{
				ID: identity.UserID(row.UserID), Home: identity.OrganizationID(row.Home), UserName: row.UserName,
				GivenName: row.GivenName, FamilyName: row.FamilyName, Address: row.Address,
				State: identity.UserState(row.UserState), LastSeenAt: moment(row.SeenUs),
			},
			Classroom: o.opened.ID(), Higher: row.Higher, KeptAt: moment(row.KeptUs),
			Suspended: row.AssignmentState == string(identity.AssignmentSuspended),
		}
	}
	return students, nil
}

// SchoolStudent is somebody at home in the opened school, as far as a login card
// needs it; not found ("person.not-found") for anybody else.
func (o *Organization) SchoolStudent(ctx context.Context, user identity.UserID) (identity.CardStudent, error) {
	row, err := o.store.read().SchoolStudent(ctx, query.SchoolStudentParams{OrganizationID: o.id, UserID: string(user)})
	if err != nil {
		return identity.CardStudent{}, fmt.Errorf("load student: %w", orNotFound(err, identity.NotFound("person.not-found")))
	}
	return identity.CardStudent{
		User: identity.User{
			ID: user, Home: identity.OrganizationID(row.Home), UserName: row.UserName,
			GivenName: row.GivenName, FamilyName: row.FamilyName, Address: row.Address,
			State: identity.UserState(row.UserState), LastSeenAt: moment(row.SeenUs),
		},
		Classroom: identity.OrganizationID(row.ClassroomID), Higher: row.Higher, KeptAt: moment(row.KeptUs),
	}, nil
}

// MakeCardSheet makes a sheet of login cards for the actor and puts on record
// that it was made, and of how many.
func (o *Organization) MakeCardSheet(ctx context.Context, cards []identity.Card) (identity.CardSheetID, error) {
	if len(cards) == 0 || len(cards) > identity.MaxCards {
		return "", identity.Invalid("cards.number", "Max", identity.MaxCards)
	}
	id := identity.NewCardSheetID()
	err := o.store.write(ctx, func(tx *transaction) error {
		err := tx.AddCardSheet(ctx, query.AddCardSheetParams{
			OrganizationID: o.id, ID: string(id), ActorID: string(o.opened.Actor().User), NowUs: tx.now,
			ExpiresUs: micros(moment(tx.now).Add(cardSheetFor)),
		})
		if err != nil {
			return err
		}
		for i, card := range cards {
			sealed := ""
			if card.Link != "" {
				if sealed, err = o.store.keys.seal(cardPlace(o.id, string(id), int64(i)), []byte(card.Link)); err != nil {
					return err
				}
			}
			err := tx.AddCardSheetItem(ctx, query.AddCardSheetItemParams{
				OrganizationID: o.id, SheetID: string(id), Position: int64(i), UserID: string(card.User),
				ClassroomID: string(card.Classroom), Sealed: sealed,
			})
			if err != nil {
				return err
			}
		}
		return o.record(ctx, tx, identity.Change{
			Action: identity.ActionCardsMade, After: map[string]string{"count": strconv.Itoa(len(cards))},
		})
	})
	if err != nil {
		return "", fmt.Errorf("make a sheet of cards: %w", err)
	}
	return id, nil
}

// CardSheet is a sheet that the actor made less than an hour ago; not found
// ("cards.not-found") for anybody else. Secrets are those of now: who has signed
// in meanwhile has none.
func (o *Organization) CardSheet(ctx context.Context, id identity.CardSheetID) (identity.CardSheet, error) {
	row, err := o.store.read().CardSheet(ctx, query.CardSheetParams{
		OrganizationID: o.id, ID: string(id), ActorID: string(o.opened.Actor().User), NowUs: micros(o.store.clock()),
	})
	if errors.Is(err, sql.ErrNoRows) {
		return identity.CardSheet{}, identity.NotFound("cards.not-found")
	}
	if err != nil {
		return identity.CardSheet{}, fmt.Errorf("load a sheet of cards: %w", translate(err))
	}
	items, err := o.store.read().CardSheetItems(ctx, query.CardSheetItemsParams{OrganizationID: o.id, SheetID: string(id)})
	if err != nil {
		return identity.CardSheet{}, fmt.Errorf("load cards: %w", translate(err))
	}
	sheet := identity.CardSheet{ID: id, ExpiresAt: moment(row.ExpiresUs)}
	for _, item := range items {
		card := identity.ShownCard{
			User: identity.User{
				ID: identity.UserID(item.UserID), Home: identity.OrganizationID(item.Home), UserName: item.UserName,
				GivenName: item.GivenName, FamilyName: item.FamilyName,
			},
			Classroom: item.Classroom,
		}
		if item.SecretSealed != "" {
			if card.Secret, err = o.store.openFirstSecret(item.Home, item.UserID, item.SecretSealed); err != nil {
				return identity.CardSheet{}, err
			}
		}
		if item.Sealed != "" {
			link, err := o.store.keys.open(cardPlace(o.id, string(id), item.Position), item.Sealed)
			if err != nil {
				return identity.CardSheet{}, fmt.Errorf("open a card: %w", err)
			}
			card.Link = string(link)
		}
		sheet.Cards = append(sheet.Cards, card)
	}
	return sheet, nil
}
