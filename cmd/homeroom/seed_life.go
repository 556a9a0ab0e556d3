package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/zitadel/standin"
)

// The demo's past: the installation is two months old, and people have come and
// gone for one.
const (
	demoAge  = 60 * 24 * time.Hour
	demoDays = 30
)

// demoLockout is after how many wrong passwords the demo locks an account.
const demoLockout = 10

// demoStaff are further staff of Linden School, with what proves a second time
// who they are.
var demoStaff = []struct {
	given, family string
	factor        standin.FactorKind
}{
	{"Amara", "Obi", standin.FactorTOTP},
	{"Lukas", "Brandt", standin.FactorTOTP},
	{"Grace", "Whitfield", standin.FactorPasskey},
	{"Iván", "Soto", standin.FactorSecurityKey},
	{"Mei", "Tanaka", 0},
	{"Declan", "Byrne", 0},
	{"Fatou", "Sarr", 0},
	{"Ingrid", "Holm", 0}, // never signed in
}

// Browsers and networks that people come from.
var (
	demoDevices = []string{
		"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36",
		"Mozilla/5.0 (iPad; CPU OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Safari/605.1.15",
		"Mozilla/5.0 (Linux; Android 15; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36",
		"Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0",
	}
	// demoNetworks are of documentation, RFC 5737.
	demoNetworks = struct{ school, home string }{"198.51.100.%d", "203.0.113.%d"}
)

// demoVisitor is somebody who comes now and then.
type demoVisitor struct {
	user   string
	often  float64            // chance on a school day
	factor standin.FactorKind // or 0
	since  time.Time          // when it was set up
	until  time.Time          // the last day, or zero
}

// demoMoment is something that happens once.
type demoMoment struct {
	at time.Time
	do func(*standin.Seed) error
}

// life lets the last month happen, up to now: sign-ins from this and that
// device, wrong passwords, second factors set up, a locked pupil, and one who
// left. The stand-in must have been set up demoAge before now; its clock is
// right afterwards.
func (d *demoSeed) life(s *standin.Server, now time.Time) error {
	defer s.Present()
	d.Lockout(demoLockout)
	moments, err := d.staff(now)
	if err != nil {
		return err
	}
	locked, left := d.linden.students[18], d.linden.students[43]
	moments = append(moments, d.trouble(now, locked, left)...)
	for i := range d.visitors {
		switch d.visitors[i].user {
		case locked:
			d.visitors[i].until = now.AddDate(0, 0, -2)
		case left:
			d.visitors[i].until = now.AddDate(0, 0, -13)
		}
	}
	chance := rand.New(rand.NewPCG(7, 11)) // #nosec G404 -- the same past each time
	for day := demoDays - 1; day >= 0; day-- {
		for i, v := range d.visitors {
			moments = append(moments, d.visits(v, i, now.AddDate(0, 0, -day), chance)...)
		}
	}
	slices.SortStableFunc(moments, func(a, b demoMoment) int { return a.at.Compare(b.at) })
	for _, m := range moments {
		if m.at.After(now) {
			break
		}
		if err := m.do(d.At(m.at)); err != nil {
			return fmt.Errorf("let the demo's past happen: %w", err)
		}
	}
	return nil
}

// staff makes the further staff, and the moments in which some of them set up a
// second factor.
func (d *demoSeed) staff(now time.Time) (moments []demoMoment, err error) {
	for i, person := range demoStaff {
		user := d.user(d.linden.id, person.given, person.family, asciiName(person.given)+"."+asciiName(person.family)+"@"+demoSchools[0].domain, true)
		user.Password = demoPassword
		if _, err := d.User(user); err != nil {
			return nil, err
		}
		if _, err := d.Authorize(user.ID, d.made.Project, d.linden.id, string(identity.RoleTeacher)); err != nil {
			return nil, err
		}
		visitor := demoVisitor{user: user.ID, often: .8, factor: person.factor}
		if person.factor != 0 {
			visitor.since = now.AddDate(0, 0, i-26).Add(-time.Duration(i) * time.Minute)
			moments = append(moments, demoMoment{visitor.since, func(d *standin.Seed) error {
				_, err := d.AddFactor(user.ID, standin.SeedFactor{Kind: person.factor})
				return err
			}})
		}
		if i < len(demoStaff)-1 { // the last one never came
			d.visitors = append(d.visitors, visitor)
		}
	}
	return moments, nil
}

// trouble is a pupil who forgot the password, the evening before last, and one
// who left the school.
func (d *demoSeed) trouble(now time.Time, locked, left string) []demoMoment {
	var all []demoMoment
	evening := clockOn(now.AddDate(0, 0, -1), 18*60+42)
	for try := range demoLockout {
		all = append(all, demoMoment{evening.Add(time.Duration(try*23) * time.Second), func(seed *standin.Seed) error {
			return seed.SignIn(standin.SeedSignIn{
				User: locked, Client: d.made.ClientID, Address: fmt.Sprintf(demoNetworks.home, 77), Device: demoDevices[3], Failed: true,
			})
		}})
	}
	return append(all, demoMoment{clockOn(now.AddDate(0, 0, -12), 9*60+5), func(seed *standin.Seed) error { return seed.Deactivate(left) }})
}

// visits are the sign-ins of one person on one day.
func (d *demoSeed) visits(v demoVisitor, i int, date time.Time, chance *rand.Rand) []demoMoment {
	often := v.often
	if day := date.Weekday(); day == time.Saturday || day == time.Sunday {
		often /= 8
	}
	roll, minute, mistaken, late := chance.Float64(), chance.IntN(7*60), chance.Float64() < .04, chance.Float64() < .2
	if roll >= often || !v.until.IsZero() && date.After(v.until) {
		return nil
	}
	in := standin.SeedSignIn{
		User: v.user, Client: d.made.ClientID, Device: demoDevices[(i*5+i/7)%len(demoDevices)], Address: fmt.Sprintf(demoNetworks.school, 10+i%12),
	}
	at := clockOn(date, 7*60+50+minute).Add(time.Duration(i%60) * time.Second)
	if late { // from home, on something else
		in.Device, in.Address = demoDevices[(i*3+2)%len(demoDevices)], fmt.Sprintf(demoNetworks.home, 20+i%200)
		at = clockOn(date, 16*60+30+minute/2).Add(time.Duration(i%60) * time.Second)
	}
	if !v.since.IsZero() && at.After(v.since) {
		in.Factor = v.factor
	}
	var all []demoMoment
	if mistaken {
		wrong := in
		wrong.Failed, wrong.Factor = true, 0
		all = append(all, demoMoment{at.Add(-40 * time.Second), func(seed *standin.Seed) error { return seed.SignIn(wrong) }})
	}
	return append(all, demoMoment{at, func(seed *standin.Seed) error { return seed.SignIn(in) }})
}

// clockOn is a time of day in minutes.
func clockOn(date time.Time, minutes int) time.Time {
	year, month, day := date.Date()
	return time.Date(year, month, day, 0, minutes, 0, 0, date.Location())
}
