package store

import (
	"context"
	"fmt"
	"testing"

	"homeroom.dev/homeroom/identity"
)

// auditCalls are the calls of what belongs to the audit log, on Linden with IDs
// of Birch's: see [TestNothingOfAnotherOrganizationIsSeenOrChanged].
func auditCalls(t *testing.T, w *world) map[string]func(context.Context) (any, error) {
	t.Helper()
	linden, birch := w.school("linden"), w.school("birch")
	w.told(birch, 1)
	w.told(linden, 1)
	w.signIn("birch-ann", noon)
	theirs, err := birch.Audit(t.Context(), AuditQuery{Limit: 1})
	if err != nil || len(theirs.Records) != 1 {
		t.Fatalf("Birch's log = %+v, %v", theirs, err)
	}
	return map[string]func(context.Context) (any, error){
		"AuditLog": func(ctx context.Context) (any, error) {
			log := linden.AuditLog()
			if r, err := log.Record(ctx, theirs.Records[0].ID); !identity.IsKind(err, identity.KindNotFound) {
				t.Errorf("a record of Birch's = %+v, %v", r, err)
			}
			var all []any
			for _, q := range []AuditQuery{{}, {Person: "birch-ada"}, {Target: "birch"}, {Text: "change"}, {Action: identity.ActionSettingsChanged}} {
				page, err := log.Page(ctx, q)
				if err != nil {
					return nil, err
				}
				all = append(all, page)
				for r, err := range log.All(ctx, q) {
					if err != nil {
						return nil, err
					}
					all = append(all, r)
				}
			}
			return all, nil
		},
		"AuditRetention": func(ctx context.Context) (any, error) { return linden.AuditRetention(ctx) },
		"SetAuditRetention": func(ctx context.Context) (any, error) {
			return nil, linden.SetAuditRetention(ctx, 12)
		},
		"SignInDays": func(ctx context.Context) (any, error) {
			days, err := linden.SignInDays(ctx, noon.AddDate(-1, 0, 0))
			return fmt.Sprint(days), err
		},
	}
}
