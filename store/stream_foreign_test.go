package store

import (
	"context"
	"errors"
	"testing"

	"homeroom.dev/homeroom/identity"
)

// streamCalls are the calls of what belongs to streams and exports, on Linden with
// IDs of Birch's: see [TestNothingOfAnotherOrganizationIsSeenOrChanged].
func streamCalls(t *testing.T, w *world) map[string]func(context.Context) (any, error) {
	t.Helper()
	linden, birch := w.school("linden"), w.school("birch")
	const foreign = "birch-stream"
	if err := birch.Streams().Add(t.Context(), webhookTarget(foreign), "", true); err != nil {
		t.Fatal(err)
	}
	return map[string]func(context.Context) (any, error){
		"Streams": func(ctx context.Context) (any, error) {
			s := linden.Streams()
			list, err := s.List(ctx)
			if err != nil {
				return nil, err
			}
			above, err := s.Above(ctx)
			if err != nil {
				return nil, err
			}
			_, seen := s.Target(ctx, foreign)
			_, secret := s.Secret(ctx, foreign)
			_, tried := s.ForTest(ctx, foreign)
			for _, err := range []error{
				seen, secret, tried, s.SetPaused(ctx, foreign, true), s.Delete(ctx, foreign),
			} {
				if !identity.IsKind(err, identity.KindNotFound) {
					return nil, errors.Join(errors.New("a target of another's is there"), err)
				}
			}
			return []any{list, above}, s.Tested(ctx, foreign, identity.Say("trouble"))
		},
		"ExportAudit": func(ctx context.Context) (any, error) {
			var records []identity.AuditRecord
			err := linden.ExportAudit(ctx, AuditQuery{}, nil, func(r identity.AuditRecord) error {
				records = append(records, r)
				return nil
			})
			return records, err
		},
	}
}

func webhookTarget(id string) identity.StreamTarget {
	return identity.StreamTarget{ID: id, Kind: identity.StreamWebhook, Name: "SIEM", Address: "https://siem.example/hook"}
}
