package views

import (
	"context"
	"time"

	"homeroom.dev/homeroom/identity"
)

// SessionRow is one browser in which somebody is signed in to the portal.
type SessionRow struct {
	ID        string
	Device    string // User-Agent
	Address   string
	CreatedAt time.Time
	SeenAt    time.Time
	Current   bool // the one that asks
	Badge     bool // begun with the QR code of a card
}

// name is the device in words; it is never empty.
func (r SessionRow) name(ctx context.Context) string {
	if name := DeviceName(ctx, r.Device); name != "" {
		return name
	}
	return text(ctx, "device.unknown")
}

// CredentialRow is one thing that somebody signs in with.
type CredentialRow struct {
	Kind    identity.Credential
	AddedAt time.Time // zero: not known
}

// AccountView is what somebody sees of their own account.
type AccountView struct {
	User        identity.User
	Home        string // the name of their home; empty: not known
	Credentials []identity.Credential
	Sessions    []SessionRow
	Places      []Place // with their role in each
	Security    string  // URL of Zitadel's page of passwords and second factors
}

// others reports whether there is a session to end beside this one.
func (v AccountView) others() bool {
	for _, s := range v.Sessions {
		if !s.Current {
			return true
		}
	}
	return false
}
