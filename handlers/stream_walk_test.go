package handlers

import (
	"strings"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store"
)

// streamed is the target that the logs of Linden School and of the platform are
// sent to in the walks.
const streamed = "WALKEDSTREAMWALKEDSTREAMWA"

// streaming adds that target to both.
func (p *portal) streaming() {
	p.t.Helper()
	target := identity.StreamTarget{ID: streamed, Kind: identity.StreamWebhook, Name: "SIEM", Address: "https://127.0.0.1:1/hook"}
	p.check(p.in(linden, priya).Streams().Add(p.ctx, target, "", false))
	p.check(p.onPlatform().Streams().Add(p.ctx, target, "", false))
}

// onPlatform opens the platform for its operator.
func (p *portal) onPlatform() *store.Platform {
	p.t.Helper()
	opened, err := p.store.OpenPlatform(p.ctx, identity.Actor{User: p.people[olu].ID, Name: "Olu"})
	p.check(err)
	return p.store.Platform(opened)
}

// record is the newest record of the log that a route's pages show.
func (p *portal) record(s step) string {
	p.t.Helper()
	if !strings.Contains(s.route, "{record}") {
		return ""
	}
	log := p.in(biology, lee).AuditLog()
	if strings.HasPrefix(s.route, "/platform") {
		log = p.onPlatform().AuditLog()
	}
	page, err := log.Page(p.ctx, store.AuditQuery{Limit: 1})
	p.check(err)
	if len(page.Records) == 0 {
		p.t.Fatal("nothing is on the log")
	}
	return page.Records[0].ID
}
