package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store/query"
)

// Branding is how the opened school looks; the zero value is Homeroom's own look.
func (o *Organization) Branding(ctx context.Context) (identity.Branding, error) {
	row, err := o.store.read().Branding(ctx, o.id)
	if errors.Is(err, sql.ErrNoRows) {
		return identity.Branding{}, nil
	}
	if err != nil {
		return identity.Branding{}, fmt.Errorf("load branding: %w", translate(err))
	}
	return brandingOf(row), nil
}

// HomeBranding is how the school of the opened organization looks: for its mail.
func (o *Organization) HomeBranding(ctx context.Context) (identity.Branding, error) {
	return o.store.BrandOf(ctx, o.opened.Organization())
}

// SetBranding changes how the school looks, here and, by act, at Zitadel. The
// zero Branding returns to Homeroom's own look.
func (o *Organization) SetBranding(
	ctx context.Context, branding identity.Branding, act func(context.Context) error,
) error {
	before, err := o.Branding(ctx)
	if err != nil {
		return err
	}
	branding = branding.Versioned()
	if branding.Version == before.Version {
		return nil
	}
	return o.make(ctx, making{
		change: identity.Change{
			Action: identity.ActionBrandingChanged, Before: auditedBranding(before), After: auditedBranding(branding),
		},
		act: func(ctx context.Context) ([]identity.Fact, error) { return nil, act(ctx) },
		done: func(ctx context.Context, tx *transaction) error {
			if branding.Version == "" {
				return tx.DeleteBranding(ctx, o.id)
			}
			logo := branding.Logo
			if logo == nil {
				logo = []byte{} // the column is not null
			}
			return tx.PutBranding(ctx, query.PutBrandingParams{
				OrganizationID: o.id, NowUs: tx.now, Colour: branding.Colour, OnLight: branding.OnLight,
				OnDark: branding.OnDark, Logo: logo, Version: branding.Version,
			})
		},
	})
}

func auditedBranding(b identity.Branding) map[string]string {
	logo := "off"
	if len(b.Logo) > 0 {
		logo = "on"
	}
	return map[string]string{"colour": b.Colour, "logo": logo}
}

// BrandOf is how the school of an organization looks, as the organization was
// read.
func (s *Store) BrandOf(ctx context.Context, organization identity.Organization) (identity.Branding, error) {
	if organization.Brand == "" {
		return identity.Branding{}, nil
	}
	look, err := s.Brand(ctx, organization.Home(), organization.Brand)
	if identity.IsKind(err, identity.KindNotFound) {
		return identity.Branding{}, nil // changed a moment ago
	}
	return look, err
}

// Brand is a version of how a school looks, for its style sheet and its logo; not
// found ("brand.not-found") for any other.
func (s *Store) Brand(ctx context.Context, school identity.OrganizationID, version string) (identity.Branding, error) {
	row, err := s.read().BrandingByVersion(ctx, query.BrandingByVersionParams{School: string(school), Version: version})
	if err != nil {
		return identity.Branding{}, fmt.Errorf("load a school's look: %w", orNotFound(err, identity.NotFound("brand.not-found")))
	}
	return brandingOf(row), nil
}

func brandingOf(row query.Branding) identity.Branding {
	return identity.Branding{
		Colour: row.Colour, OnLight: row.OnLight, OnDark: row.OnDark, Logo: row.Logo, Version: row.Version,
	}
}
