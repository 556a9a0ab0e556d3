package handlers

import (
	"bytes"
	"encoding/json"
	"io"
	"iter"
	"net/http"
	"time"

	"homeroom.dev/homeroom/audit"
	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store"
	"homeroom.dev/homeroom/views"
)

// ownRecordsShown is how many records the page lists; the file has all.
const ownRecordsShown = 100

// ownData is what the portal knows of the person, but for the records.
func (s *Server) ownData(r *http.Request, who Person) (views.OwnDataView, []store.Membership, error) {
	ctx := r.Context()
	view := views.OwnDataView{User: who.User}
	places, err := s.store.Memberships(ctx, who.Actor.User)
	if err != nil {
		return view, nil, err
	}
	for _, m := range places {
		view.Places = append(view.Places, views.Place{Organization: m.Organization, Role: identity.Highest(m.Roles), State: m.State})
	}
	if view.Credentials, err = s.store.CredentialKinds(ctx, who.Actor.User); err != nil && !identity.IsKind(err, identity.KindNotFound) {
		return view, nil, err
	}
	sessions, err := s.store.Sessions().Of(ctx, who.Actor.User, time.Time{})
	if err != nil {
		return view, nil, err
	}
	view.Sessions = sessionRows(sessions, s.ownSession(ctx))
	if view.Guardians, err = s.store.OwnGuardians(ctx, who.Actor.User); err != nil {
		return view, nil, err
	}
	view.Basis, err = s.store.OwnBasis(ctx, who.User)
	return view, places, err
}

// showOwnData serves GET /account/data: what is kept about the person, to read.
func (s *Server) showOwnData(w http.ResponseWriter, r *http.Request, who Person) error {
	view, places, err := s.ownData(r, who)
	if err != nil {
		return err
	}
	for record, err := range s.store.OwnRecords(r.Context(), who.User, places) {
		if err != nil {
			return err
		}
		if len(view.Records) == ownRecordsShown {
			view.More = true
			break
		}
		view.Records = append(view.Records, record)
	}
	return render(w, r, http.StatusOK, views.OwnData(who.Page, view))
}

// ownFile is the file's first part; the records follow.
type ownFile struct {
	User struct {
		ID              string `json:"id"`
		Home            string `json:"home"`
		UserName        string `json:"user_name"`
		GivenName       string `json:"given_name"`
		FamilyName      string `json:"family_name"`
		Address         string `json:"address"`
		AddressVerified bool   `json:"address_verified"`
		Language        string `json:"language"`
		State           string `json:"state"`
		CreatedAt       string `json:"created_at,omitempty"`
		LastSeenAt      string `json:"last_seen_at,omitempty"`
	} `json:"user"`
	Credentials []identity.Credential `json:"credentials"`
	Roles       []ownRole             `json:"roles"`
	Sessions    []ownSession          `json:"sessions"`
	Basis       *ownBasis             `json:"basis,omitempty"`
	Guardians   []ownGuardian         `json:"guardians,omitempty"`
	MadeAt      string                `json:"made_at"`
}

type ownRole struct {
	Organization string          `json:"organization"`
	Name         string          `json:"name"`
	School       string          `json:"school,omitempty"`
	Roles        []identity.Role `json:"roles"`
	State        string          `json:"state"`
}

type ownSession struct {
	Device, Address, CreatedAt, SeenAt string
}

type ownGuardian struct {
	Name     string `json:"name"`
	Relation string `json:"relation,omitempty"`
	Address  string `json:"address,omitempty"`
	Phone    string `json:"phone,omitempty"`
	Language string `json:"language,omitempty"`
}

type ownBasis struct {
	Basis      string `json:"basis"`
	AgeBand    string `json:"age_band,omitempty"`
	RecordedAt string `json:"recorded_at"`
}

// fetchOwnData serves GET /account/data.json: the same for programs, with every
// record. It is recorded in the person's home.
func (s *Server) fetchOwnData(w http.ResponseWriter, r *http.Request, who Person) error {
	view, places, err := s.ownData(r, who)
	if err != nil {
		return err
	}
	if err := s.store.OwnDataTaken(r.Context(), who.User); err != nil {
		return err
	}
	var f ownFile
	u := who.User
	f.User.ID, f.User.Home, f.User.UserName = string(u.ID), string(u.Home), u.UserName
	f.User.GivenName, f.User.FamilyName, f.User.Address, f.User.AddressVerified = u.GivenName, u.FamilyName, u.Address, u.AddressVerified
	f.User.Language, f.User.State = u.Language, string(u.State)
	f.User.CreatedAt, f.User.LastSeenAt = stamp(u.CreatedAt), stamp(u.LastSeenAt)
	f.Credentials, f.MadeAt = view.Credentials, stamp(s.portal.Now())
	for _, m := range places {
		f.Roles = append(f.Roles, ownRole{
			Organization: string(m.Organization.ID), Name: m.Organization.Name, School: m.Organization.SchoolName,
			Roles: m.Roles, State: string(m.State),
		})
	}
	for _, row := range view.Sessions {
		f.Sessions = append(f.Sessions, ownSession{row.Device, row.Address, stamp(row.CreatedAt), stamp(row.SeenAt)})
	}
	if view.Basis.Basis != "" {
		f.Basis = &ownBasis{string(view.Basis.Basis), string(view.Basis.AgeBand), stamp(view.Basis.RecordedAt)}
	}
	for _, g := range view.Guardians {
		f.Guardians = append(f.Guardians, ownGuardian{g.Name, g.Relation, g.Address, g.Phone, g.Language})
	}
	head, err := json.MarshalIndent(f, "", "\t")
	if err != nil {
		return err
	}
	d := newDownload(w, r, "application/json; charset=utf-8", "homeroom-my-data.json")
	return d.finish(writeOwnData(d, head, s.store.OwnRecords(r.Context(), who.User, places)))
}

// writeOwnData writes records, as they are read, into the last field of the object
// of which head is the rest.
func writeOwnData(w io.Writer, head []byte, records iter.Seq2[identity.AuditRecord, error]) error {
	write := func(parts ...[]byte) error {
		for _, part := range parts {
			if _, err := w.Write(part); err != nil {
				return err
			}
		}
		return nil
	}
	if err := write(bytes.TrimSuffix(head, []byte("\n}")), []byte(",\n\t\"records\": [")); err != nil {
		return err
	}
	between := []byte("\n\t\t")
	for record, err := range records {
		if err != nil {
			return err
		}
		if err := write(between, audit.JSON(record)); err != nil {
			return err
		}
		between = []byte(",\n\t\t")
	}
	return write([]byte("\n\t]\n}\n"))
}

// stamp is a time for programs; empty for never.
func stamp(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.UTC().Format(time.RFC3339)
}
