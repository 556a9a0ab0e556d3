package zitadel

import (
	"context"

	"homeroom.dev/homeroom/identity"
)

func (r *remote) EndSessions(context.Context, identity.UserID) (int, error) {
	return 0, identity.Unavailable("remote.refused")
}

func (r *remote) ResetFactors(context.Context, identity.UserID) ([]identity.Fact, error) {
	return nil, identity.Unavailable("remote.refused")
}

func (r *remote) Deactivate(context.Context, identity.UserID) (identity.Fact, error) {
	return nil, identity.Unavailable("remote.refused")
}

func (r *remote) Reactivate(context.Context, identity.UserID) (identity.Fact, error) {
	return nil, identity.Unavailable("remote.refused")
}

func (r *remote) Unlock(context.Context, identity.UserID) (identity.Fact, error) {
	return nil, identity.Unavailable("remote.refused")
}

func (r *remote) DeleteUser(context.Context, identity.UserID) (identity.Fact, error) {
	return nil, identity.Unavailable("remote.refused")
}
