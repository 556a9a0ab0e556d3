package handlers

import (
	"context"
	"net/http"
	"path"
	"slices"

	"github.com/go-chi/chi/v5"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/sso"
	"homeroom.dev/homeroom/views"
)

// offered are the vendors a school may choose from: of those that one
// registration serves for all, the installation's own.
func (s SignInSetup) offered() []identity.Vendor {
	return slices.DeleteFunc(slices.Clone(identity.Vendors), func(v identity.Vendor) bool {
		return v.InstanceWide() && !slices.Contains(s.Offered, v)
	})
}

// newConnection serves GET …/connections/new. Query: vendor, once it is chosen.
func newConnection(w http.ResponseWriter, r *http.Request, setup SignInSetup) error {
	frame, offered := setup.frame(identity.Connection{}), setup.offered()
	query := r.URL.Query()
	if !query.Has("vendor") {
		// The form without a choice sends no parameter, but a question mark.
		if r.URL.ForceQuery || r.URL.RawQuery != "" {
			return chooseVendor(w, r, frame, offered)
		}
		return render(w, r, http.StatusOK, views.NewConnection(frame, offered, nil))
	}
	vendor := identity.Vendor(query.Get("vendor"))
	if !slices.Contains(offered, vendor) {
		return chooseVendor(w, r, frame, offered)
	}
	form := views.NewConnectionForm{
		Submission: identity.NewSubmission(), Vendor: vendor, Protocol: vendor.Protocols()[0],
		Name: setup.Organization.Organization().Name,
	}
	return render(w, r, http.StatusOK, views.NameConnection(frame, form, nil))
}

func chooseVendor(w http.ResponseWriter, r *http.Request, frame views.ConnectionFrame, offered []identity.Vendor) error {
	var problems identity.Problems
	problems.Add("vendor", "connection.new.choose")
	return render(w, r, http.StatusUnprocessableEntity, views.NewConnection(frame, offered, problems))
}

// makeConnection serves POST …/connections/new. Form: submission (the key the
// form came with), vendor, protocol, name. The provider is made at Zitadel at
// once: without it there are no values to copy. The same form sent again leads
// to what the first one made.
func makeConnection(w http.ResponseWriter, r *http.Request, setup SignInSetup) error {
	form := views.NewConnectionForm{
		Submission: r.PostFormValue("submission"), Vendor: identity.Vendor(r.PostFormValue("vendor")),
		Protocol: identity.Protocol(r.PostFormValue("protocol")), Name: r.PostFormValue("name"),
	}
	frame, offered := setup.frame(identity.Connection{}), setup.offered()
	if !slices.Contains(offered, form.Vendor) {
		return chooseVendor(w, r, frame, offered)
	}
	if form.Submission == "" {
		form.Submission = identity.NewSubmission()
	}
	id := identity.SubmittedConnectionID(setup.ID(), form.Submission)
	if _, err := setup.Store.Connection(r.Context(), id); err == nil {
		return redirect(w, r, setup.Door.Connection(id, "guide"))
	} else if !identity.IsKind(err, identity.KindNotFound) {
		return err
	}
	name, problems := connectionName(form.Name)
	if !form.Vendor.Speaks(form.Protocol) {
		problems.Add("protocol", "connection.protocol.choose")
	}
	status := http.StatusUnprocessableEntity
	if problems == nil {
		err := setup.make(r.Context(), id, form, name)
		if err == nil {
			return redirect(w, r, setup.Door.Connection(id, "guide"), identity.Say("connection.made"))
		}
		if status, problems = refusedBeside(err, "name"); problems == nil {
			return err
		}
	}
	return render(w, r, status, views.NameConnection(frame, form, problems))
}

// make makes the connection. At first it lets in people with an account alone;
// whoever wants another rule says so.
func (s SignInSetup) make(
	ctx context.Context, id identity.ConnectionID, form views.NewConnectionForm, name string,
) error {
	c := identity.Connection{
		ID: id, Vendor: form.Vendor, Protocol: form.Protocol, Name: name, State: identity.ConnectionDraft,
		Rules: identity.JoiningRules{Joining: identity.JoinLink, Role: identity.RoleStudent}, CreatedAt: s.Portal.Now(),
	}
	domains, err := s.Store.Domains(ctx)
	if err != nil {
		return err
	}
	taken, err := s.Store.Connections(ctx)
	if err != nil {
		return err
	}
	c.Domains = freeDomains(domains, taken)
	return s.Store.ChangeConnection(ctx, changed(identity.ActionConnectionMade, c), c,
		func(ctx context.Context, c *identity.Connection) (err error) {
			c.Provider, err = s.Remote.CreateProvider(ctx, providerOf(*c, ""))
			return err
		})
}

// freeDomains are the proven domains that no connection serves yet: those that
// a new one is most likely for.
func freeDomains(domains []identity.Domain, taken []identity.Connection) []string {
	var free []string
	for _, d := range domains {
		served := slices.ContainsFunc(taken, func(c identity.Connection) bool { return slices.Contains(c.Domains, d.Name) })
		if d.Verified && !served {
			free = append(free, d.Name)
		}
	}
	return free
}

// guide is how to set up the school's identity provider for the connection.
func (s SignInSetup) guide(c identity.Connection) []views.GuideStep {
	steps := sso.Guide(c.Vendor, c.Protocol, sso.Values{
		Provider: s.serviceProvider(c), StartURL: s.startURL(), LoginV1: s.LoginV1, AppName: "Homeroom", District: c.District,
	})
	shown := make([]views.GuideStep, len(steps))
	for i, step := range steps {
		shown[i] = views.GuideStep{Title: step.Title, Body: step.Body, Notes: step.Notes}
		for _, value := range step.Copy {
			shown[i].Values = append(shown[i].Values, views.NamedValue{Name: value.Label, Value: value.Value})
		}
		for _, snippet := range step.Snippets {
			shown[i].Files = append(shown[i].Files, views.GuideFile{Name: snippet.File, Text: snippet.Text})
		}
	}
	return shown
}

// showGuide serves GET …/connections/{connection}/guide.
func showGuide(w http.ResponseWriter, r *http.Request, setup SignInSetup, c identity.Connection) error {
	steps, start := setup.guide(c), setup.startURL()
	for _, step := range steps {
		if slices.ContainsFunc(step.Values, func(v views.NamedValue) bool { return v.Value == start }) {
			start = ""
			break
		}
	}
	return render(w, r, http.StatusOK, views.ConnectionGuide(setup.frame(c), steps, start))
}

// downloadGuideFile serves GET …/connections/{connection}/guide/{file}.
func downloadGuideFile(w http.ResponseWriter, r *http.Request, setup SignInSetup, c identity.Connection) error {
	name := chi.URLParam(r, "file")
	for _, step := range setup.guide(c) {
		for _, file := range step.Files {
			if path.Base(file.Name) == name {
				w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
				return plainText(w, file.Text)
			}
		}
	}
	return identity.NotFound("request.not-found")
}

// plainText answers with a text that is no page.
func plainText(w http.ResponseWriter, text string) error {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte(text)) // the reader is gone; nothing left to do
	return nil
}
