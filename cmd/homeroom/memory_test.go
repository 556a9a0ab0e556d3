package main

import (
	"fmt"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	"homeroom.dev/homeroom/views"
)

// idleMemory is the promise for a portal that nobody uses just now. What counts
// is memory of its own; pages of the program's file and of the database belong to
// the system's cache, which takes them back when it needs room.
const idleMemory = 64 << 20

// The portal alone, without the stand-in: it has read the events of 5,000
// students, shown some pages, and has nothing to do.
func TestTheIdlePortalIsSmall(t *testing.T) {
	if _, err := os.Stat("/proc/self/status"); err != nil {
		t.Skip("this system does not tell the memory of a process")
	}
	if info, ok := debug.ReadBuildInfo(); ok && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"}) {
		t.Skip("the race detector takes several times the memory")
	}
	s := newSite(t)
	d := &demoSeed{Seed: s.zitadel.Seed().As(string(s.made.Provisioner.User)), made: s.made}
	classes := make([]string, 40)
	for i := range classes {
		classes[i] = fmt.Sprintf("Class %d", i+1)
	}
	school, err := d.school(demoSchool{"Birch Academy", "birch.example", classes, 5000})
	s.check(err)
	teacher := siteTeacher
	user := d.user(school.id, teacher.given, teacher.family, teacher.userName, true)
	user.Password = demoPassword
	_, err = d.User(user)
	s.check(err)
	_, err = d.Authorize(user.ID, s.made.Project, school.classrooms[0], "teacher")
	s.check(err)

	p := s.start("serve", "--log-format", "text")
	s.answers()
	s.eventually("the portal is not ready", func() bool {
		return strings.Contains(s.visitor().get(views.ReadyPath).body, "projection: ok")
	})
	v := s.signIn(teacher)
	s.eventually("the roster is not there", func() bool {
		return v.get("/o/"+school.classrooms[0]+"/roster").status == 200
	})
	for range 200 {
		if seen := v.get("/o/" + school.classrooms[0] + "/roster"); seen.status != 200 {
			t.Fatalf("roster: %d", seen.status)
		}
	}
	least := 0
	defer func() { t.Logf("%.1f MiB, at the end %.1f", float64(least)/(1<<20), float64(p.memory())/(1<<20)) }()
	s.eventually("the idle portal is larger than promised", func() bool {
		if now := p.memory(); least == 0 || now < least {
			least = now
		}
		return least < idleMemory
	})
}

// memory is what the process holds for itself of the machine's memory, in bytes.
func (p *process) memory() int {
	p.s.t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	p.s.check(err)
	for line := range strings.Lines(string(status)) {
		var kilobytes int
		if _, err := fmt.Sscanf(line, "RssAnon: %d kB", &kilobytes); err == nil {
			return kilobytes << 10
		}
	}
	p.s.t.Fatal("no RssAnon")
	return 0
}
