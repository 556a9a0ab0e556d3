//go:build linux

package main

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/views"
)

const (
	// diskVariable names the folder where the program gets a small disk.
	diskVariable = "HOMEROOM_TEST_DISK"
	diskSize     = "size=24m"
	noSmallDisk  = "mount a small disk"
)

func init() {
	beforeChild = func() error {
		folder := os.Getenv(diskVariable)
		if folder == "" {
			return nil
		}
		if err := syscall.Mount("tmpfs", folder, "tmpfs", 0, diskSize); err != nil {
			return fmt.Errorf("%s: %w", noSmallDisk, err)
		}
		return nil
	}
}

// serveOnSmallDisk runs the portal with its database on a disk of its own, for
// which nobody needs to be root, and returns the disk's folder as it is seen
// from here.
func (s *site) serveOnSmallDisk() (*process, string) {
	s.t.Helper()
	folder := s.t.TempDir()
	portal := s.prepare("serve", "--database", filepath.Join(folder, "homeroom.sqlite"))
	portal.cmd.Env = append(portal.cmd.Env, diskVariable+"="+folder)
	portal.cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}},
	}
	if err := portal.cmd.Start(); err != nil {
		s.t.Skipf("no small disk can be had here: %v", err)
	}
	s.eventually("the portal does not start", func() bool {
		return strings.Contains(portal.text(), "homeroom answers") || strings.Contains(portal.text(), noSmallDisk)
	})
	if strings.Contains(portal.text(), noSmallDisk) {
		s.t.Skip("no small disk can be had here: " + portal.text())
	}
	return portal, filepath.Join("/proc", strconv.Itoa(portal.cmd.Process.Pid), "root", folder)
}

// copyFrom makes the database of another disk one that can be asked here:
// SQLite does not follow the path there.
func (s *site) copyFrom(disk string) {
	s.t.Helper()
	folder := s.t.TempDir()
	s.database = filepath.Join(folder, "homeroom.sqlite")
	for _, suffix := range []string{"", "-wal"} {
		content, err := os.ReadFile(filepath.Join(disk, "homeroom.sqlite"+suffix))
		s.check(err)
		s.check(os.WriteFile(s.database+suffix, content, 0o600))
	}
}

// fill writes a file until nothing more fits on the disk.
func fill(t *testing.T, path string) {
	t.Helper()
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	for block := make([]byte, 4096); err == nil; {
		_, err = file.Write(block)
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("the disk is not full: %v", err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
}

// With its disk full the portal goes on showing what it knows, says so where it
// cannot save, and writes nothing by halves. With room again it goes on by
// itself.
func TestAFullDiskLosesNothing(t *testing.T) {
	t.Parallel()
	s := newSchool(t)
	portal, disk := s.serveOnSmallDisk()
	roster := views.RosterPath(s.class)
	teacher := s.signIn(siteTeacher)
	s.eventually("the roster is not read", func() bool { return teacher.get(roster).status == http.StatusOK })

	// The file of changes to come keeps its size. It takes small ones even now,
	// and a large one does not fit.
	const full = "Homeroom’s disk is full, so nothing can be saved. Tell whoever runs Homeroom."
	const size = 250
	addresses := pupils("disk", size)
	form := append(invitationForm("a-form", addresses...), "message", "")
	form[len(form)-1] = strings.Repeat("Bring a pencil. ", 60)
	ballast := filepath.Join(disk, "ballast")
	fill(t, ballast)
	for range 2 {
		seen := teacher.post(views.InvitationsPath(s.class), form...)
		seen.says(t, "invite with the disk full", http.StatusServiceUnavailable, full)
		if got := strings.Fields(seen.value("addresses")); cmp.Diff(addresses, got) != "" {
			t.Errorf("%d of the %d addresses typed are left", len(got), size)
		}
		s.copyFrom(disk)
		for _, table := range []string{"invitations", "outbox", "river_job", "submissions"} {
			if got := s.count("SELECT COUNT(*) FROM " + table); got != 0 {
				t.Errorf("%d %s were written", got, table)
			}
		}
		if got := s.count("SELECT COUNT(*) FROM audit_records WHERE action = ?", identity.ActionInvited); got != 0 {
			t.Errorf("%d invitations are on record", got)
		}
	}
	teacher.get(roster).says(t, "the roster with the disk full", http.StatusOK)

	s.check(os.Remove(ballast))
	for range 2 { // the same form twice invites once
		teacher.post(views.InvitationsPath(s.class), form...).says(t, "with room again", http.StatusOK, fmt.Sprint(size, " people are invited."))
	}
	s.eventually("mails are left over", func() bool {
		if s.mail.total() < size {
			return false
		}
		s.copyFrom(disk)
		return s.count("SELECT COUNT(*) FROM outbox WHERE state = 'queued'") == 0
	})
	want := map[string]int{}
	for _, address := range addresses {
		want[address] = 1
	}
	if diff := cmp.Diff(want, s.mail.perAddress()); diff != "" || s.mail.total() != size {
		t.Errorf("%d mails; per address (-want +got):\n%s", s.mail.total(), diff)
	}
	if broken := s.count("SELECT COUNT(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'"); broken != 0 {
		t.Errorf("the database is broken in %d places", broken)
	}
	portal.stop()
}
