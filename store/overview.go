package store

import (
	"context"
	"fmt"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store/query"
)

// How far ahead a school's overview looks, and how many of a kind it names.
const (
	endingSoon      = 3 * 24 * time.Hour  // of invitations and set-up links
	certificateSoon = 30 * 24 * time.Hour // of certificates
	openingSlow     = 2 * time.Minute     // an opening takes seconds
	namedTrouble    = 8
)

// Overview is what there is to know about a school at a glance, without its
// people ([Organization.PeopleCounts]) and their sign-ins.
type Overview struct {
	Classrooms, Archived, WithoutTeacher int
	Waiting                              int // invitations, into the school and its classrooms

	// What needs looking after. Places are at most a few of them.
	Places            []TroubledPlace
	MorePlaces        bool // there are others
	EndingLinks       int  // set-up links that end soon
	Certificates      int  // of connections in use that end soon or have ended
	FirstCertificate  time.Time
	JoinRequests      int
	UnfinishedOpening int
	FailedOpenings    []FailedOpening
}

// TroubledPlace is a school or a classroom in whose invitations something needs
// looking after.
type TroubledPlace struct {
	ID       identity.OrganizationID
	Name     string
	Unmailed int // their mails failed
	Expiring int // they end soon, and nobody has accepted them
}

// FailedOpening is a list of classrooms of which some could not be opened.
type FailedOpening struct {
	ID     string
	At     time.Time
	Failed int
}

// Overview counts what there is in the opened school. The statements are as many
// whatever its size.
func (o *Organization) Overview(ctx context.Context) (Overview, error) {
	reader, now := o.store.read(), o.store.clock()
	var v Overview
	counts, err := reader.SchoolClassroomCounts(ctx, o.id)
	if err != nil {
		return Overview{}, fmt.Errorf("count classrooms: %w", translate(err))
	}
	v.Classrooms, v.Archived, v.WithoutTeacher = int(counts.Active), int(counts.Archived), int(counts.WithoutTeacher)
	waiting, err := reader.SchoolWaitingInvitations(ctx, query.SchoolWaitingInvitationsParams{OrganizationID: o.id, NowUs: micros(now)})
	if err != nil {
		return Overview{}, fmt.Errorf("count invitations: %w", translate(err))
	}
	v.Waiting = int(waiting)
	if err := o.troubles(ctx, now, &v); err != nil {
		return Overview{}, fmt.Errorf("look for trouble: %w", translate(err))
	}
	return v, nil
}

// troubles fills in what needs looking after.
func (o *Organization) troubles(ctx context.Context, now time.Time, v *Overview) error {
	reader, us, soon := o.store.read(), micros(now), micros(now.Add(endingSoon))
	places, err := reader.SchoolInvitationTrouble(ctx, query.SchoolInvitationTroubleParams{
		OrganizationID: o.id, NowUs: us, SoonUs: soon, MaxRows: namedTrouble + 1,
	})
	if err != nil {
		return err
	}
	for i, p := range places {
		if v.MorePlaces = i == namedTrouble; v.MorePlaces {
			break
		}
		v.Places = append(v.Places, TroubledPlace{
			ID: identity.OrganizationID(p.ID), Name: p.Name, Unmailed: int(p.Unmailed), Expiring: int(p.Expiring),
		})
	}
	links, err := reader.SchoolEndingSetupLinks(ctx, query.SchoolEndingSetupLinksParams{OrganizationID: o.id, NowUs: us, SoonUs: soon})
	if err != nil {
		return err
	}
	certificates, err := reader.SchoolEndingCertificates(ctx, query.SchoolEndingCertificatesParams{
		OrganizationID: o.id, SoonUs: micros(now.Add(certificateSoon)),
	})
	if err != nil {
		return err
	}
	requests, err := reader.SchoolJoinRequests(ctx, o.id)
	if err != nil {
		return err
	}
	unfinished, err := reader.SchoolUnfinishedOpenings(ctx, query.SchoolUnfinishedOpeningsParams{
		OrganizationID: o.id, BeforeUs: micros(now.Add(-openingSlow)),
	})
	if err != nil {
		return err
	}
	failed, err := reader.SchoolFailedOpenings(ctx, query.SchoolFailedOpeningsParams{OrganizationID: o.id, MaxRows: namedTrouble})
	if err != nil {
		return err
	}
	for _, f := range failed {
		v.FailedOpenings = append(v.FailedOpenings, FailedOpening{ID: f.ID, At: moment(f.CreatedUs), Failed: int(f.Failed)})
	}
	v.EndingLinks, v.JoinRequests, v.UnfinishedOpening = int(links), int(requests), int(unfinished)
	v.Certificates, v.FirstCertificate = int(certificates.Certificates), moment(certificates.FirstUs)
	return nil
}
