package doctor

import (
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"homeroom.dev/homeroom/identity"
)

// urls looks at the two addresses browsers go to.
func (e *examination) urls() {
	for _, address := range []struct{ code, url string }{{"public-url", e.PublicURL}, {"issuer", e.Issuer}} {
		u, err := url.Parse(address.url)
		switch {
		case err != nil || u.Host == "":
			e.say(identity.LevelBad, address.code, "URL", address.url)
		case u.Scheme == "https":
			e.say(identity.LevelGood, address.code, "URL", address.url)
		case local(u.Hostname()):
			e.say(identity.LevelWarning, address.code, "URL", address.url)
		default:
			e.say(identity.LevelBad, address.code, "URL", address.url)
		}
	}
	e.check(e.answers(), identity.LevelWarning, "reachable", "URL", e.PublicURL)
}

// local reports whether a host is this machine.
func local(host string) bool {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.IsLoopback()
}

// answers reports whether the portal answers at its public URL.
func (e *examination) answers() bool {
	request, err := http.NewRequestWithContext(e.ctx, http.MethodGet, e.PublicURL+e.Paths.Health, nil)
	if err != nil {
		return false
	}
	answer, err := e.Client.Do(request)
	if err != nil {
		return false
	}
	_ = answer.Body.Close() // nothing of it is read
	return answer.StatusCode == http.StatusOK
}

// mail looks at the mail server.
func (e *examination) mail() {
	if e.MailServer == "" {
		e.say(identity.LevelWarning, "mail-server")
		return
	}
	if err := e.MailReady(e.ctx); err != nil {
		e.say(identity.LevelBad, "mail", "Server", e.MailServer, "Error", plainly(err))
		return
	}
	e.say(identity.LevelGood, "mail", "Server", e.MailServer)
}

// database looks whether rows can be written.
func (e *examination) database() {
	if err := e.Store.Ready(e.ctx); err != nil {
		e.say(identity.LevelBad, "database", "Error", plainly(err))
		return
	}
	e.say(identity.LevelGood, "database")
}

// jobs looks at the background work, and at openings that something cut off.
func (e *examination) jobs() {
	if e.FailedJobs != nil {
		failed, err := e.FailedJobs(e.ctx)
		if err != nil {
			e.say(identity.LevelBad, "database", "Error", plainly(err))
			return
		}
		e.check(failed == 0, identity.LevelWarning, "jobs", "Count", failed)
	}
	openings, err := e.Store.Openings(e.ctx)
	if err != nil {
		e.say(identity.LevelBad, "database", "Error", plainly(err))
		return
	}
	old := 0
	for _, o := range openings {
		if e.Now().Sub(o.BegunAt) > stuckAfter {
			old++
		}
	}
	e.check(old == 0, identity.LevelWarning, "openings", "Count", old)
}

// stuckAfter is how long what is resumed every minute may take.
const stuckAfter = 15 * time.Minute

// How old things may be before somebody should know.
const (
	heardWarning  = 2 * time.Minute
	heardBad      = 15 * time.Minute
	rereadWarning = 15 * time.Minute
	driftWarning  = 50 * time.Hour // it is compared every night
	pointWarning  = 50 * time.Hour // checkpoints are signed every day
)

// projection looks at how far behind Zitadel the portal is.
func (e *examination) projection() {
	if e.Projection == nil {
		return
	}
	p := e.Projection(e.ctx)
	if !p.Built || p.HeardAt.IsZero() {
		e.say(identity.LevelBad, "projection-built")
		return
	}
	e.say(identity.LevelGood, "projection-built")
	age := e.Now().Sub(p.HeardAt)
	level := identity.LevelGood
	switch {
	case age > heardBad:
		level = identity.LevelBad
	case age > heardWarning, p.Err != nil:
		level = identity.LevelWarning
	}
	e.say(level, "projection-lag", "Minutes", int(age.Minutes()))
	waiting, since, err := e.Store.Rereading(e.ctx)
	if err != nil {
		e.say(identity.LevelBad, "database", "Error", plainly(err))
		return
	}
	late := waiting > 0 && e.Now().Sub(since) > rereadWarning
	e.check(!late, identity.LevelWarning, "projection-rereading", "Count", waiting)
}

// drift looks at the last comparison of the projection with Zitadel's answers.
func (e *examination) drift() {
	report, err := e.Store.Drift(e.ctx)
	switch {
	case err != nil:
		e.say(identity.LevelBad, "database", "Error", plainly(err))
		return
	case report.At.IsZero() || e.Now().Sub(report.At) > driftWarning:
		e.say(identity.LevelWarning, "drift-age")
	default:
		e.say(identity.LevelGood, "drift-age")
	}
	e.check(len(report.Rows) == 0, identity.LevelWarning, "drift", "Count", len(report.Rows))
}

// audit looks whether the log is signed every day, and whether its end is there.
func (e *examination) audit() {
	position, err := e.Store.AuditPosition(e.ctx)
	if err != nil {
		e.say(identity.LevelBad, "database", "Error", plainly(err))
		return
	}
	last, err := e.Store.LastCheckpoint(e.ctx)
	switch {
	case identity.IsKind(err, identity.KindNotFound):
		e.check(position == 0, identity.LevelWarning, "checkpoint", "Days", 0)
		return
	case err != nil:
		e.say(identity.LevelBad, "database", "Error", plainly(err))
		return
	}
	// A log that has not moved since is signed as it is.
	age := e.Now().Sub(last.At)
	e.check(age < pointWarning || position == last.Position, identity.LevelWarning, "checkpoint", "Days", int(age.Hours()/24))
	e.check(position >= last.Position, identity.LevelBad, "audit-tail")
}

// operators looks whether anybody can operate the platform.
func (e *examination) operators() {
	n, err := e.Store.CountOperators(e.ctx)
	if err != nil {
		e.say(identity.LevelBad, "database", "Error", plainly(err))
		return
	}
	e.check(n > 0, identity.LevelWarning, "operators", "Count", n)
}
