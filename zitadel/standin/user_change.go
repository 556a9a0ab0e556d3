package standin

import (
	"context"

	changev1 "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/change"
	"github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/management"
)

// ListUserChanges reads the events of a user, which no fault loses. Those of
// users of another organization are none.
func (x *managementService) ListUserChanges(ctx context.Context, r *management.ListUserChangesRequest) (*management.ListUserChangesResponse, error) {
	s, c, q := x.s, callerOf(ctx), r.GetQuery()
	s.RLock()
	defer s.RUnlock()
	answer := &management.ListUserChangesResponse{}
	s.walkAggregate(r.GetUserId(), q.GetAsc(), func(i int) bool {
		e := s.log.at(i)
		if e.of.kind != kindUser || e.of.owner != c.org || uint64(e.seq) <= q.GetSequence() {
			return true
		}
		m := s.eventMessage(e)
		answer.Result = append(answer.Result, &changev1.Change{
			ChangeDate: m.GetCreationDate(), EventType: m.GetType().GetLocalized(), Sequence: m.GetSequence(),
			EditorId: e.editor, EditorDisplayName: m.GetEditor().GetDisplayName(), ResourceOwnerId: e.of.owner,
		})
		return q.GetLimit() == 0 || len(answer.GetResult()) < int(q.GetLimit())
	})
	return answer, nil
}
