package handlers

import (
	"context"
	"net/http"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/sso"
	"homeroom.dev/homeroom/views"
)

// unready is what keeps a connection from being switched on.
func unready(c identity.Connection) []identity.Message {
	if c.State == identity.ConnectionActive {
		return []identity.Message{identity.Say("connection.activate.on-already")}
	}
	var missing []identity.Message
	if !c.Complete() {
		missing = append(missing, identity.Say("connection.activate.no-settings"))
	}
	if len(c.Domains) == 0 {
		missing = append(missing, identity.Say("connection.activate.no-domain"))
	}
	if c.TestedAt.IsZero() || c.State == identity.ConnectionDraft {
		missing = append(missing, identity.Say("connection.activate.no-test"))
	}
	return missing
}

// askActivation serves GET …/connections/{connection}/activate.
func askActivation(w http.ResponseWriter, r *http.Request, setup SignInSetup, c identity.Connection) error {
	return activationPage(w, r, setup, c, http.StatusOK, nil)
}

func activationPage(
	w http.ResponseWriter, r *http.Request, setup SignInSetup, c identity.Connection, status int, problems identity.Problems,
) error {
	classroom, err := setup.classroomName(r.Context(), c.Rules.Classroom)
	if err != nil {
		return err
	}
	return render(w, r, status, views.ActivateConnection(setup.frame(c), classroom, unready(c), problems))
}

// activateConnection serves POST …/connections/{connection}/activate. Its answer
// is the receipt itself: behind a set-up link there is no page to go on to,
// because activating finishes the link.
func activateConnection(w http.ResponseWriter, r *http.Request, setup SignInSetup, c identity.Connection) error {
	if len(unready(c)) > 0 {
		return activationPage(w, r, setup, c, http.StatusUnprocessableEntity, nil)
	}
	if setup.LoginV1 && c.Vendor == identity.VendorGoogle && c.Protocol == identity.ProtocolSAML {
		// Tests pass, and then Google refuses the ACS of the login pages.
		var problems identity.Problems
		problems.Add("", "connection.activate.one-acs")
		return activationPage(w, r, setup, c, http.StatusUnprocessableEntity, problems)
	}
	to := c
	to.State = identity.ConnectionActive
	err := setup.Store.ChangeConnection(r.Context(), changed(identity.ActionConnectionActivated, c), to,
		func(ctx context.Context, c *identity.Connection) error {
			return setup.Remote.AttachProvider(ctx, c.Provider)
		})
	if err != nil {
		if status, problems := refusedBeside(err, ""); problems != nil {
			return activationPage(w, r, setup, c, status, problems)
		}
		return err
	}
	return render(w, r, http.StatusOK, views.ConnectionActivated(setup.frame(to), setup.startURL()))
}

// askSwitchOff serves GET …/connections/{connection}/off.
func askSwitchOff(w http.ResponseWriter, r *http.Request, setup SignInSetup, c identity.Connection) error {
	return render(w, r, http.StatusOK, views.SwitchOffConnection(setup.frame(c), nil))
}

// switchOff serves POST …/connections/{connection}/off. It may be repeated.
func switchOff(w http.ResponseWriter, r *http.Request, setup SignInSetup, c identity.Connection) error {
	if c.State == identity.ConnectionActive {
		to := c
		to.State = identity.ConnectionOff
		err := setup.Store.ChangeConnection(r.Context(), changed(identity.ActionConnectionOff, c), to,
			func(ctx context.Context, c *identity.Connection) error {
				return setup.Remote.DetachProvider(ctx, c.Provider)
			})
		if err != nil {
			if status, problems := refusedBeside(err, ""); problems != nil {
				return render(w, r, status, views.SwitchOffConnection(setup.frame(c), problems))
			}
			return err
		}
	}
	return redirect(w, r, setup.Door.Connection(c.ID), identity.Say("connection.off.done", "Name", c.Name))
}

// askDeletion serves GET …/connections/{connection}/delete.
func askDeletion(w http.ResponseWriter, r *http.Request, setup SignInSetup, c identity.Connection) error {
	return render(w, r, http.StatusOK, views.DeleteConnection(setup.frame(c), nil))
}

// deleteConnection serves POST …/connections/{connection}/delete. People keep
// their accounts.
func deleteConnection(w http.ResponseWriter, r *http.Request, setup SignInSetup, c identity.Connection) error {
	err := setup.Store.DeleteConnection(r.Context(), changed(identity.ActionConnectionDeleted, c), c.ID,
		func(ctx context.Context) error {
			if c.Provider == "" {
				return nil
			}
			return setup.Remote.DeleteProvider(ctx, c.Provider)
		})
	if err != nil {
		if status, problems := refusedBeside(err, ""); problems != nil {
			return render(w, r, status, views.DeleteConnection(setup.frame(c), problems))
		}
		return err
	}
	return redirect(w, r, setup.Door.Overview(), identity.Say("connection.delete.done", "Name", c.Name))
}

// askProposal serves GET …/connections/{connection}/certificate.
func askProposal(w http.ResponseWriter, r *http.Request, setup SignInSetup, c identity.Connection) error {
	return proposalPage(w, r, setup, c, http.StatusOK, nil)
}

func proposalPage(
	w http.ResponseWriter, r *http.Request, setup SignInSetup, c identity.Connection, status int, problems identity.Problems,
) error {
	metadata, at, err := setup.Store.Proposal(r.Context(), c.ID)
	if err != nil {
		return err
	}
	now := setup.Portal.Now()
	before, _ := sso.ParseMetadata([]byte(c.Metadata), now) // it was right when it was saved
	proposed, _ := sso.ParseMetadata([]byte(metadata), now) // the watch proposes nothing that it could not read
	return render(w, r, status, views.CompareCertificates(setup.frame(c), at, sso.Diff(before, proposed),
		certificateRows(before.Certificates), certificateRows(proposed.Certificates), problems))
}

// acceptProposal serves POST …/connections/{connection}/certificate.
func acceptProposal(w http.ResponseWriter, r *http.Request, setup SignInSetup, c identity.Connection) error {
	metadata, _, err := setup.Store.Proposal(r.Context(), c.ID)
	if err != nil {
		return err
	}
	m, problems := sso.ParseMetadata([]byte(metadata), setup.Portal.Now())
	if problems != nil { // it was right when it was found, and has expired since
		return proposalPage(w, r, setup, c, http.StatusUnprocessableEntity, beside("", problems))
	}
	to := c
	to.Metadata, to.EntityID = metadata, m.EntityID
	err = setup.Store.ChangeConnection(r.Context(), changed(identity.ActionCertificateAccepted, c), to, setup.update(""))
	if err != nil {
		if status, problems := refusedBeside(err, ""); problems != nil {
			return proposalPage(w, r, setup, c, status, problems)
		}
		return err
	}
	return redirect(w, r, setup.Door.Connection(c.ID, "test"), identity.Say("connection.proposal.accepted"))
}
