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
	count := 0
	for _, card := range cards {
		if card.Why == "" {
			count++
		}
	}
	if count == 0 || count > identity.MaxCards {
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
			if err := o.addCard(ctx, tx, id, int64(i), card); err != nil {
				return err
			}
		}
		return o.record(ctx, tx, identity.Change{
			Action: identity.ActionCardsMade, After: map[string]string{"count": strconv.Itoa(count)},
		})
	})
	if err != nil {
		return "", fmt.Errorf("make a sheet of cards: %w", err)
	}
	return id, nil
}

func (o *Organization) addCard(
	ctx context.Context, tx *transaction, sheet identity.CardSheetID, position int64, card identity.Card,
) (err error) {
	sealed := ""
	if card.Link != "" {
		if sealed, err = o.store.keys.seal(cardPlace(o.id, string(sheet), position), []byte(card.Link)); err != nil {
			return err
		}
	}
	return tx.AddCardSheetItem(ctx, query.AddCardSheetItemParams{
		OrganizationID: o.id, SheetID: string(sheet), Position: position, UserID: string(card.User),
		ClassroomID: string(card.Classroom), Sealed: sealed, Why: card.Why,
	})
}

// CardSheet is a sheet that the actor made less than an hour ago; not found
// ("cards.not-found") for anybody else. Secrets are those of now: who has signed
// in meanwhile has none, and who has become more than a student has no card.
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
		if item.Higher && item.Why == "" {
			item.Why = "rule.higher-role-elsewhere"
		}
		card, err := o.shownCard(id, item)
		if err != nil {
			return identity.CardSheet{}, err
		}
		if item.Why != "" {
			sheet.LeftOut = append(sheet.LeftOut, identity.LeftOutCard{User: card.User, Why: identity.Say(item.Why)})
			continue
		}
		sheet.Cards = append(sheet.Cards, card)
	}
	return sheet, nil
}

func (o *Organization) shownCard(sheet identity.CardSheetID, item query.CardSheetItemsRow) (card identity.ShownCard, err error) {
	card.User = identity.User{
		ID: identity.UserID(item.UserID), Home: identity.OrganizationID(item.Home), UserName: item.UserName,
		GivenName: item.GivenName, FamilyName: item.FamilyName,
	}
	card.Classroom = item.Classroom
	if item.Why != "" {
		return card, nil
	}
	if item.SecretSealed != "" {
		if card.Secret, err = o.store.openFirstSecret(item.Home, item.UserID, item.SecretSealed); err != nil {
			return card, err
		}
	}
	if item.Sealed != "" {
		link, err := o.store.keys.open(cardPlace(o.id, string(sheet), item.Position), item.Sealed)
		if err != nil {
			return card, fmt.Errorf("open a card: %w", err)
		}
		card.Link = string(link)
	}
	return card, nil
}
