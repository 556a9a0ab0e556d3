package store

import (
	"context"
	"fmt"
	"time"

	"homeroom.dev/homeroom/store/query"
)

// SignInDay is how many signed in on a day, of the people who are at home in an
// organization.
type SignInDay struct {
	Day     time.Time // UTC, at midnight
	People  int       // each counts once
	SignIns int
}

// secondsOfDay make the number of a day since 1970, UTC.
const secondsOfDay = 24 * 60 * 60

// peopleOfDays is how long it is known who signed in on a day: as long as an
// event of that day may still arrive.
const peopleOfDays = 40

// SignInDays lists the days since a time on which anybody at home in the
// organization signed in, the oldest first. Days without are not among them.
func (o *Organization) SignInDays(ctx context.Context, since time.Time) ([]SignInDay, error) {
	rows, err := o.store.read().SignInDays(ctx, query.SignInDaysParams{
		OrganizationID: string(o.opened.Organization().Home()), Since: since.Unix() / secondsOfDay,
	})
	if err != nil {
		return nil, fmt.Errorf("count sign-ins: %w", translate(err))
	}
	days := make([]SignInDay, len(rows))
	for i, row := range rows {
		days[i] = SignInDay{
			Day:    time.Unix(row.Day*secondsOfDay, 0).UTC(),
			People: int(row.People), SignIns: int(row.SignIns),
		}
	}
	return days, nil
}
