package zitadel

import (
	"context"

	userpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/user/v2"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/timestamppb"

	"homeroom.dev/homeroom/identity"
)

// EndSessions ends the sessions that Zitadel lists for a user at home here.
func (r *remote) EndSessions(ctx context.Context, id identity.UserID) (int, error) {
	if _, err := r.atHome(ctx, id); err != nil {
		return 0, err
	}
	return deleteSessions(ctx, r.client, id)
}

// ResetFactors removes passkeys and second factors of a user at home here.
func (r *remote) ResetFactors(ctx context.Context, id identity.UserID) ([]identity.Fact, error) {
	if _, err := r.atHome(ctx, id); err != nil {
		return nil, err
	}
	return removeFactors(ctx, r.client.UserServiceV2(), id)
}

// Deactivate keeps a user at home here from signing in. Zitadel leaves sessions
// as they are, and its newer login pages then send the browser in circles: they
// end first.
func (r *remote) Deactivate(ctx context.Context, id identity.UserID) (identity.Fact, error) {
	if _, err := r.EndSessions(ctx, id); err != nil {
		return nil, err
	}
	return r.changeState(ctx, "deactivate user", id, func() (*timestamppb.Timestamp, error) {
		answer, err := r.client.UserServiceV2().DeactivateUser(ctx, &userpb.DeactivateUserRequest{UserId: string(id)})
		return answer.GetDetails().GetChangeDate(), err
	}, identity.UserInactive)
}

// Reactivate ends a deactivation.
func (r *remote) Reactivate(ctx context.Context, id identity.UserID) (identity.Fact, error) {
	return r.changeState(ctx, "reactivate user", id, func() (*timestamppb.Timestamp, error) {
		answer, err := r.client.UserServiceV2().ReactivateUser(ctx, &userpb.ReactivateUserRequest{UserId: string(id)})
		return answer.GetDetails().GetChangeDate(), err
	}, identity.UserActive)
}

// Unlock ends a lock.
func (r *remote) Unlock(ctx context.Context, id identity.UserID) (identity.Fact, error) {
	return r.changeState(ctx, "unlock user", id, func() (*timestamppb.Timestamp, error) {
		answer, err := r.client.UserServiceV2().UnlockUser(ctx, &userpb.UnlockUserRequest{UserId: string(id)})
		return answer.GetDetails().GetChangeDate(), err
	}, identity.UserActive)
}

// changeState changes the state of a user at home here. Zitadel refuses a change
// to what is so already, or from what it does not lead from: then the state that
// is there is the answer.
func (r *remote) changeState(ctx context.Context, doing string, id identity.UserID, change func() (*timestamppb.Timestamp, error), to identity.UserState) (identity.Fact, error) {
	if _, err := r.atHome(ctx, id); err != nil {
		return nil, err
	}
	changed, err := change()
	switch {
	case err == nil:
		return identity.UserChanged{User: id, State: &to, At: at(changed)}, nil
	case !isCode(err, codes.FailedPrecondition):
		return nil, fail(doing, err, "user.not-found")
	}
	answer, err := r.client.UserServiceV2().GetUserByID(ctx, &userpb.GetUserByIDRequest{UserId: string(id)})
	if err != nil {
		return nil, fail(doing, err, "user.not-found")
	}
	is := toUserState(answer.GetUser().GetState())
	return identity.UserChanged{User: id, State: &is, At: at(answer.GetUser().GetDetails().GetChangeDate())}, nil
}

// DeleteUser removes a user at home here for good, be they shown or not. Sessions
// end first, so that applications hear of it. Of one who is gone already it answers
// when that was, and a fact without meaning if there never was one.
func (r *remote) DeleteUser(ctx context.Context, id identity.UserID) (identity.Fact, error) {
	_, err := r.EndSessions(ctx, id)
	if is(err, idUserGone) && r.present() == nil {
		h, gone := r.userHistory(ctx, id)
		switch {
		case identity.IsKind(gone, identity.KindNotFound):
			return identity.Unknown{}, nil
		case gone != nil:
			return nil, gone
		case !h.removed.IsZero():
			return identity.UserRemoved{User: id, At: h.removed}, nil
		}
		err = nil // there, and not shown
	}
	if err != nil {
		return nil, err
	}
	answer, err := r.client.UserServiceV2().DeleteUser(ctx, &userpb.DeleteUserRequest{UserId: string(id)})
	if isCode(err, codes.NotFound) {
		return identity.Unknown{}, nil // by somebody else, a moment ago
	}
	if err != nil {
		return nil, fail("delete user", err, "user.not-found")
	}
	return identity.UserRemoved{User: id, At: at(answer.GetDetails().GetChangeDate())}, nil
}
