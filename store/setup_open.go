package store

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"database/sql"
	"errors"
	"fmt"
	"math/big"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store/query"
)

const (
	// codeLifetime is how long a code can be confirmed, codeTries how many wrong
	// ones may be typed, and codesAnHour how many are sent.
	codeLifetime = 15 * time.Minute
	codeTries    = 5
	codesAnHour  = 5
	codeDigits   = 8
)

// OpenSetupToken is the set-up link with this secret, with its school; an
// unknown one is not found ("setup.not-found"). What the link's state allows is
// for the caller to see.
func (s *Store) OpenSetupToken(
	ctx context.Context, token string,
) (identity.SetupLink, identity.Organization, error) {
	missing := identity.NotFound("setup.not-found")
	row, err := s.read().SetupLinkByToken(ctx, hashToken(token))
	if err != nil {
		return identity.SetupLink{}, identity.Organization{}, fmt.Errorf("look up set-up link: %w", orNotFound(err, missing))
	}
	school, err := s.organization(ctx, row.OrganizationID)
	if err != nil {
		return identity.SetupLink{}, identity.Organization{}, fmt.Errorf("load school: %w", orNotFound(err, missing))
	}
	if school.Kind != identity.KindSchool {
		return identity.SetupLink{}, identity.Organization{}, missing
	}
	if school.Suspended() {
		return identity.SetupLink{}, identity.Organization{}, identity.SchoolClosed(school.Name)
	}
	return setupLinkOf(row), school, nil
}

// OpenSetup opens the school of a set-up link for who has confirmed its code on
// this device. A link that ended is gone ("setup.expired", "setup.revoked",
// "setup.finished"), with the name of its maker.
func (s *Store) OpenSetup(ctx context.Context, id identity.SetupLinkID) (identity.Opened, error) {
	missing := identity.NotFound("setup.not-found")
	row, err := s.read().SetupLinkByID(ctx, string(id))
	if err != nil {
		return identity.Opened{}, fmt.Errorf("look up set-up link: %w", orNotFound(err, missing))
	}
	school, err := s.organization(ctx, row.OrganizationID)
	if err != nil {
		return identity.Opened{}, fmt.Errorf("load school: %w", orNotFound(err, missing))
	}
	link := setupLinkOf(row)
	if school.Suspended() {
		return identity.Opened{}, identity.SchoolClosed(school.Name) // also behind a link that ended
	}
	if err := usable(link, school, s.clock()); err != nil {
		return identity.Opened{}, err
	}
	return identity.OpenSetup(school, link)
}

// usable says that a link ended, and whom to ask for another.
func usable(link identity.SetupLink, school identity.Organization, now time.Time) error {
	if link.Usable(now) {
		return nil
	}
	message := "setup.expired"
	switch link.StateAt(now) {
	case identity.SetupRevoked:
		message = "setup.revoked"
	case identity.SetupFinished:
		message = "setup.finished"
	}
	return identity.Gone(message, "Maker", link.Maker, "School", school.Name)
}

// SendSetupCode sends a new code to the address of a set-up link; those sent
// before are worth nothing any more. The sixth within an hour is refused
// ("setup.codes-limit").
func (s *Store) SendSetupCode(
	ctx context.Context, id identity.SetupLinkID,
	compose func(link identity.SetupLink, code string) (identity.Mail, error),
) error {
	opened, err := s.OpenSetup(ctx, id)
	if err != nil {
		return fmt.Errorf("send a code: %w", err)
	}
	o, code := s.In(opened), newCode()
	mail, err := compose(*opened.Setup(), code)
	if err != nil {
		return fmt.Errorf("write mail: %w", err)
	}
	err = s.write(ctx, func(tx *transaction) error {
		if _, err := o.usableLink(ctx, tx, id); err != nil {
			return err
		}
		sent, err := tx.CountSetupCodes(ctx, query.CountSetupCodesParams{
			OrganizationID: o.id, LinkID: string(id), SinceUs: tx.now - time.Hour.Microseconds(),
		})
		if err != nil {
			return err
		}
		if sent >= codesAnHour {
			return limited("setup.codes-limit")
		}
		if err := tx.InsertSetupCode(ctx, query.InsertSetupCodeParams{
			OrganizationID: o.id, ID: newID(tx.now), LinkID: string(id), CodeHash: hashCode(id, code), NowUs: tx.now,
		}); err != nil {
			return err
		}
		return o.queueMail(ctx, tx, occasion{setupLink: id}, mail)
	})
	if err != nil {
		return fmt.Errorf("send a code: %w", err)
	}
	return nil
}

func limited(message string) error {
	return &identity.Error{Kind: identity.KindLimited, Message: identity.Say(message)}
}

// newCode is a code of random digits.
func newCode() string {
	most := new(big.Int).Exp(big.NewInt(10), big.NewInt(codeDigits), nil)
	n, _ := rand.Int(rand.Reader, most) // never fails
	return fmt.Sprintf("%0*d", codeDigits, n)
}

// hashCode binds a code to its link. A code is short: what protects it is that
// few may be tried, and that it does not last.
func hashCode(id identity.SetupLinkID, code string) string {
	return hashToken("homeroom setup code\x00" + string(id) + "\x00" + code)
}

// ConfirmSetupCode uses the newest code of a set-up link up: of two devices with
// the same code one gets in. A code that is wrong, used or was never sent is
// invalid ("setup.code-wrong"), and one that is too old ("setup.code-expired");
// after five wrong ones a new code is needed ("setup.code-tries"). A try counts in the transaction that judges it.
func (s *Store) ConfirmSetupCode(ctx context.Context, id identity.SetupLinkID, code string) error {
	opened, err := s.OpenSetup(ctx, id)
	if err != nil {
		return fmt.Errorf("confirm a code: %w", err)
	}
	o := s.In(opened)
	var verdict error // a wrong try is written down, so it must not undo the transaction
	err = s.write(ctx, func(tx *transaction) error {
		link, err := o.usableLink(ctx, tx, id)
		if err != nil {
			return err
		}
		verdict, err = o.judgeCode(ctx, tx, id, code)
		if err != nil || verdict != nil {
			return err
		}
		if err := tx.SetupLinkConfirmed(ctx, query.SetupLinkConfirmedParams{
			OrganizationID: o.id, ID: string(id), NowUs: tx.now,
		}); err != nil {
			return err
		}
		return o.record(ctx, tx, auditedLink(identity.ActionSetupLinkOpened, link))
	})
	if err == nil {
		err = verdict
	}
	if err != nil {
		return fmt.Errorf("confirm a code: %w", err)
	}
	return nil
}

// judgeCode says what is wrong with a code, and uses it up if nothing is.
func (o *Organization) judgeCode(
	ctx context.Context, tx *transaction, id identity.SetupLinkID, code string,
) (verdict, err error) {
	wrong := identity.Invalid("setup.code-wrong")
	row, err := tx.LastSetupCode(ctx, query.LastSetupCodeParams{OrganizationID: o.id, LinkID: string(id)})
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return nil, err
	}
	// Compared in any case, so that no answer comes sooner than another.
	right := subtle.ConstantTimeCompare([]byte(row.CodeHash), []byte(hashCode(id, code))) == 1
	expired := tx.now-row.CreatedUs >= codeLifetime.Microseconds()
	switch {
	case right && row.UsedUs == 0 && expired:
		return identity.Invalid("setup.code-expired"), nil
	case row.ID == "" || row.UsedUs != 0 || expired && !right:
		return wrong, nil
	case expired:
		return identity.Invalid("setup.code-expired"), nil
	case row.Tries >= codeTries:
		return limited("setup.code-tries"), nil
	case !right:
		return wrong, tx.SetupCodeTried(ctx, query.SetupCodeTriedParams{OrganizationID: o.id, ID: row.ID})
	}
	used, err := tx.SetupCodeUsed(ctx, query.SetupCodeUsedParams{OrganizationID: o.id, ID: row.ID, NowUs: tx.now})
	if err == nil && used == 0 {
		return wrong, nil
	}
	return nil, err
}

// usableLink reads a link again where it is about to be relied on.
func (o *Organization) usableLink(
	ctx context.Context, tx *transaction, id identity.SetupLinkID,
) (identity.SetupLink, error) {
	row, err := tx.SetupLink(ctx, query.SetupLinkParams{OrganizationID: o.id, ID: string(id)})
	if err != nil {
		return identity.SetupLink{}, orNotFound(err, identity.NotFound("setup.not-found"))
	}
	link := setupLinkOf(row)
	return link, usable(link, o.opened.Organization(), moment(tx.now))
}
