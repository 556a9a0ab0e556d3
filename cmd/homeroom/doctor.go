package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"homeroom.dev/homeroom/doctor"
	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/views"
	"homeroom.dev/homeroom/zitadel"
)

type doctorCommand struct {
	running
	Format string `help:"text for people, json for programs." enum:"text,json" default:"text"`
}

// The exit statuses of doctor, for scripts.
const (
	statusWarnings exitStatus = 1
	statusFailing  exitStatus = 2
)

// Run looks at the installation and says what is wrong with it, and what mends
// it. It changes nothing, may run beside serve, and ends with 0 if all is fine, 1
// if there are warnings, and 2 if something fails.
func (d *doctorCommand) Run(ctx context.Context, c console) error {
	found, err := d.look(ctx, c)
	if err != nil {
		return err
	}
	if d.Format == "json" {
		err = printCheckup(c.Out, found)
	} else {
		tellCheckup(c.Out, found)
	}
	switch level := found.Level(); {
	case err != nil:
		return err
	case level == identity.LevelBad:
		return statusFailing
	case level == identity.LevelWarning:
		return statusWarnings
	}
	return nil
}

// look is what the doctor finds, or what is wrong with the configuration if
// nothing can be asked with it.
func (d *doctorCommand) look(ctx context.Context, c console) (found identity.Checkup, err error) {
	found.At = time.Now()
	if wrong := d.misconfigured(); len(wrong) > 0 {
		found.Ailments = wrong
		return found, nil
	}
	if d.LogFormat == "json" { // what goes wrong on the way is among the findings
		c.Err = io.Discard
	}
	p, err := d.portal(ctx, c)
	if err != nil {
		found.Ailments = []identity.Ailment{misconfigured(err)}
		return found, nil
	}
	defer func() { err = errors.Join(err, p.close()) }()
	return p.doctor.Look(ctx), nil
}

// misconfigured is what is wrong with the settings, all of it at once.
func (d *doctorCommand) misconfigured() []identity.Ailment {
	var wrong []identity.Ailment
	for _, check := range []func() error{
		d.Installation.check, d.Listen.check,
		func() error { _, err := d.Fetching.client(); return err },
		func() error { _, err := d.SMTP.mailer(); return err },
		d.Storage.check,
	} {
		if err := check(); err != nil {
			wrong = append(wrong, misconfigured(err))
		}
	}
	return wrong
}

func misconfigured(err error) identity.Ailment {
	return identity.Ailment{Code: "configuration", Level: identity.LevelBad, Args: map[string]any{"Error": err.Error()}}
}

// newDoctor is a doctor for the portal.
func newDoctor(p *portal, s settings) *doctor.Doctor {
	accounts := map[string]func(context.Context) error{}
	for name, account := range map[string]zitadel.ServiceAccount{
		"runtime": s.made.Runtime, "provisioner": s.made.Provisioner, "events": s.made.Events,
	} {
		accounts[name] = func(ctx context.Context) error { return zitadel.TryKey(ctx, s.made.Issuer, []byte(account.Key)) }
	}
	return doctor.New(doctor.Options{
		Store: p.store, Zitadel: p.events, PublicURL: s.publicURL, Issuer: s.made.Issuer, Operators: s.made.Operators,
		Paths: doctor.Paths{
			Welcome: views.WelcomePath, Callback: views.CallbackPath, SignedOut: views.SignedOutPath,
			BackChannelLogout: views.BackChannelPath, Health: views.HealthPath,
		},
		MailServer: s.mailServer, MailReady: s.mailer.Ready,
		Projection: func(ctx context.Context) doctor.Projection {
			status := p.projection.Status(ctx)
			return doctor.Projection{HeardAt: status.HeardAt, Built: status.Built, Err: status.Err}
		},
		Accounts: accounts,
		FailedJobs: func(ctx context.Context) (int, error) {
			counts, err := p.jobs.Counts(ctx)
			return counts[identity.JobFailed], err
		},
		Log: s.log,
	})
}

// settle is how long the portal runs before the doctor looks: what it is about to
// catch up with is not worth a finding.
const settle = time.Minute

// examine is the daily look. The first one waits until the portal has settled.
func (p *portal) examine(ctx context.Context) error {
	p.settled.Do(func() {
		select {
		case <-ctx.Done():
		case <-time.After(settle):
		}
	})
	if ctx.Err() != nil {
		return nil
	}
	return p.doctor.Run(ctx)
}

// reconcile compares the projection with Zitadel, for the job of that name.
func (p *portal) reconcile(ctx context.Context, _ json.RawMessage, _ bool) error {
	_, err := p.projection.Reconcile(ctx, nil)
	return err
}

// printCheckup writes what was found as JSON, with the English sentences.
func printCheckup(w io.Writer, found identity.Checkup) error {
	type finding struct {
		identity.Ailment
		Is   string `json:"is"`
		Mend string `json:"mend,omitempty"`
	}
	said := struct {
		At       time.Time      `json:"at"`
		Level    identity.Level `json:"level"`
		Findings []finding      `json:"findings"`
	}{At: found.At.UTC(), Level: found.Level(), Findings: []finding{}}
	english := views.WithLanguage(context.Background(), "en")
	for _, a := range found.Ailments {
		f := finding{Ailment: a, Is: views.Text(english, a.Is())}
		if a.Level != identity.LevelGood {
			f.Mend = views.Text(english, a.Mend())
		}
		said.Findings = append(said.Findings, f)
	}
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(said)
}

// tellCheckup writes what was found for people: what fails first.
func tellCheckup(w io.Writer, found identity.Checkup) {
	english := views.WithLanguage(context.Background(), "en")
	for _, level := range []struct {
		level identity.Level
		word  string
	}{{identity.LevelBad, "FAILS"}, {identity.LevelWarning, "WARNS"}, {identity.LevelGood, "fine"}} {
		for _, a := range found.Ailments {
			if a.Level != level.level {
				continue
			}
			fmt.Fprintf(w, "%s  %s: %s\n", level.word, a.Code, views.Text(english, a.Is()))
			if a.Level != identity.LevelGood {
				fmt.Fprintf(w, "       %s\n", views.Text(english, a.Mend()))
			}
		}
	}
	fmt.Fprintf(w, "%s\n", strings.Join([]string{
		fmt.Sprintf("%d fine", found.Count(identity.LevelGood)),
		fmt.Sprintf("%d warn", found.Count(identity.LevelWarning)),
		fmt.Sprintf("%d fail", found.Count(identity.LevelBad)),
	}, ", "))
}
