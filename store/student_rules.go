package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store/query"
)

// StudentRules are how accounts of students are made in the opened organization:
// a classroom's are its school's, but for the band.
func (o *Organization) StudentRules(ctx context.Context) (identity.StudentRules, error) {
	rules, err := studentRules(ctx, o.store.read(), o.home())
	if err != nil {
		return rules, err
	}
	if o.opened.Organization().School != "" {
		band, err := o.ownBand(ctx, o.store.read())
		if err != nil {
			return rules, err
		}
		rules.Band = cmp.Or(band, rules.Band)
	}
	return rules, nil
}

func studentRules(ctx context.Context, q *query.Queries, home string) (identity.StudentRules, error) {
	rules := identity.DefaultStudentRules
	row, err := q.StudentRules(ctx, home)
	if errors.Is(err, sql.ErrNoRows) {
		return rules, nil
	}
	if err != nil {
		return rules, fmt.Errorf("load student rules: %w", translate(err))
	}
	if row.Pattern == "" {
		return rules, nil // the row of a classroom that has left its school
	}
	rules = identity.StudentRules{
		Pattern: identity.UserNamePattern(row.Pattern), Spelling: identity.Spelling(row.Spelling), Words: row.Words,
		Band: identity.SecretBand(row.Band),
	}
	for _, band := range strings.Fields(row.MustChange) {
		rules.MustChange = append(rules.MustChange, identity.SecretBand(band))
	}
	return rules, nil
}

// ClassroomBand is the band of the opened classroom of a school, empty if it has
// none of its own, and the one of the school.
func (o *Organization) ClassroomBand(ctx context.Context) (own, school identity.SecretBand, err error) {
	rules, err := studentRules(ctx, o.store.read(), o.home())
	if err != nil {
		return "", "", err
	}
	own, err = o.ownBand(ctx, o.store.read())
	return own, rules.Band, err
}

func (o *Organization) ownBand(ctx context.Context, q *query.Queries) (identity.SecretBand, error) {
	row, err := q.StudentRules(ctx, o.id)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("load the band of a classroom: %w", translate(err))
	}
	return identity.SecretBand(row.Band), nil
}

// ClassroomBands are the bands of those classrooms of the opened school that have
// one of their own.
func (o *Organization) ClassroomBands(ctx context.Context) (map[identity.OrganizationID]identity.SecretBand, error) {
	rows, err := o.store.read().ClassroomBands(ctx, o.id)
	if err != nil {
		return nil, fmt.Errorf("list the bands of classrooms: %w", translate(err))
	}
	bands := make(map[identity.OrganizationID]identity.SecretBand, len(rows))
	for _, row := range rows {
		bands[identity.OrganizationID(row.ID)] = identity.SecretBand(row.Band)
	}
	return bands, nil
}

// SetStudentRules changes the rules of the opened school, or of a classroom that
// stands alone. What is not changed leaves no record.
func (o *Organization) SetStudentRules(ctx context.Context, rules identity.StudentRules) error {
	err := o.store.write(ctx, func(tx *transaction) error {
		before, err := studentRules(ctx, tx.Queries, o.id)
		if err != nil {
			return err
		}
		was, is := changedValues(auditedStudentRules(before), auditedStudentRules(rules))
		if len(is) == 0 {
			return nil
		}
		err = tx.PutStudentRules(ctx, query.PutStudentRulesParams{
			OrganizationID: o.id, Pattern: string(rules.Pattern), Spelling: string(rules.Spelling), Words: rules.Words,
			Band: string(rules.Band), MustChange: bandsText(rules.MustChange), NowUs: tx.now,
		})
		if err != nil {
			return err
		}
		return o.record(ctx, tx, identity.Change{Action: identity.ActionStudentRules, Before: was, After: is})
	})
	if err != nil {
		return fmt.Errorf("set student rules: %w", err)
	}
	return nil
}

// SetClassroomBand gives the opened classroom of a school first secrets of a
// length of their own, or with "" those of the school.
func (o *Organization) SetClassroomBand(ctx context.Context, band identity.SecretBand) error {
	if o.opened.Organization().School == "" || band != "" && !slices.Contains(identity.SecretBands, band) {
		return identity.Invalid("request.broken")
	}
	err := o.store.write(ctx, func(tx *transaction) error {
		before, err := o.ownBand(ctx, tx.Queries)
		if err != nil || before == band {
			return err
		}
		err = tx.DeleteStudentRules(ctx, o.id)
		if err == nil && band != "" {
			err = tx.PutStudentRules(ctx, query.PutStudentRulesParams{OrganizationID: o.id, Band: string(band), NowUs: tx.now})
		}
		if err != nil {
			return err
		}
		return o.record(ctx, tx, identity.Change{
			Action: identity.ActionStudentRules,
			Before: map[string]string{"band": string(before)}, After: map[string]string{"band": string(band)},
		})
	})
	if err != nil {
		return fmt.Errorf("set the band of a classroom: %w", err)
	}
	return nil
}

// auditedStudentRules are the rules as an audit record tells them.
func auditedStudentRules(r identity.StudentRules) map[string]string {
	return map[string]string{
		"user-name-pattern": string(r.Pattern), "spelling": string(r.Spelling), "words": r.Words, "band": string(r.Band),
		"must-change": bandsText(r.MustChange),
	}
}

func bandsText(bands []identity.SecretBand) string {
	var texts []string
	for _, band := range identity.SecretBands {
		if slices.Contains(bands, band) {
			texts = append(texts, string(band))
		}
	}
	return strings.Join(texts, " ")
}

// PasswordRules are what Zitadel asks of passwords of people at home here, as it
// was last read, and false if it never was: then whoever makes a password asks.
func (o *Organization) PasswordRules(ctx context.Context) (identity.PasswordRules, bool, error) {
	row, err := o.store.read().PasswordRules(ctx, string(o.opened.Organization().Home()))
	if errors.Is(err, sql.ErrNoRows) || err == nil && row.Rules == "" {
		return identity.DefaultPasswordRules, false, nil
	}
	if err != nil {
		return identity.PasswordRules{}, false, fmt.Errorf("load password rules: %w", translate(err))
	}
	var rules identity.PasswordRules
	if err := json.Unmarshal([]byte(row.Rules), &rules); err != nil {
		return rules, false, fmt.Errorf("read password rules: %w", err)
	}
	return rules, true, nil
}

// KeepPasswordRules notes what Zitadel told of the password rules. asked is when
// it was asked: a change that was seen later leaves them stale.
func (o *Organization) KeepPasswordRules(ctx context.Context, rules identity.PasswordRules, asked time.Time) error {
	text, err := json.Marshal(rules)
	if err != nil {
		return fmt.Errorf("keep password rules: %w", err)
	}
	err = o.store.write(ctx, func(tx *transaction) error {
		return tx.PutPasswordRules(ctx, query.PutPasswordRulesParams{
			OrganizationID: string(o.opened.Organization().Home()), Rules: string(text), NowUs: tx.now, AskedUs: micros(asked),
		})
	})
	if err != nil {
		return fmt.Errorf("keep password rules: %w", err)
	}
	return nil
}

// AskPasswordRulesLater puts an organization whose password rules could not be
// read behind all others that wait for theirs.
func (o *Organization) AskPasswordRulesLater(ctx context.Context) error {
	err := o.store.write(ctx, func(tx *transaction) error { return tx.markPasswordRules(ctx, o.opened.Organization().Home()) })
	if err != nil {
		return fmt.Errorf("ask for password rules later: %w", err)
	}
	return nil
}

// markPasswordRules notes that the password rules of an organization have to be
// read again, or all that are known if the instance's own changed, which is of
// none.
func (tx *transaction) markPasswordRules(ctx context.Context, home identity.OrganizationID) error {
	if home == "" {
		return tx.MarkAllPasswordRules(ctx, tx.now)
	}
	return tx.MarkPasswordRules(ctx, query.MarkPasswordRulesParams{Home: string(home), NowUs: tx.now})
}

// StalePasswordRules opens up to most organizations whose password rules have to
// be read.
func (s *Store) StalePasswordRules(ctx context.Context, most int) ([]identity.Opened, error) {
	rows, err := s.read().StalePasswordRules(ctx, int64(most))
	if err != nil {
		return nil, fmt.Errorf("list stale password rules: %w", translate(err))
	}
	var homes []identity.Opened
	for _, row := range rows {
		home, err := s.organization(ctx, row.OrganizationID)
		if err != nil {
			return nil, fmt.Errorf("load organization: %w", translate(err))
		}
		opened, err := identity.OpenWatched(home)
		if err != nil {
			continue // suspended meanwhile
		}
		homes = append(homes, opened)
	}
	return homes, nil
}
