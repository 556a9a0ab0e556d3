package standin

import (
	"context"

	object "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/object/v2"
	userv2 "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/user/v2"
)

// move is one way a user's state changes. Zitadel looks at the state before it
// looks at the caller's rights.
type move struct {
	kind    string
	from    func(userState) bool
	to      userState
	missing string // ID of the error when there is no user
	refuse  error
}

func (s *Server) move(ctx context.Context, userID string, m move) (*object.Details, error) {
	c := callerOf(ctx)
	s.Lock()
	defer s.Unlock()
	u := s.users[userID]
	if u == nil {
		return nil, notFound(m.missing, noUser)
	}
	if !m.from(u.state) {
		return nil, m.refuse
	}
	if err := s.check(c, "user.write", u.owner); err != nil {
		return nil, err
	}
	t := s.begin(c.user.id)
	s.setUserState(t, u, m.to, m.kind)
	return objectDetails(t.sequence(), t.at, u.owner), nil
}

// setUserState ends the user's sessions too unless it makes the user active;
// nobody is notified of that, as at a real server.
func (s *state) setUserState(t *tx, u *user, to userState, kind string) {
	u.state = to
	t.emit(&u.aggregate, kind, nil)
	u.touch(t)
	if to == userActive {
		if u.more != nil && kind == "user.unlocked" {
			u.more.wrongPasswords, u.more.wrongCodes = 0, 0
		}
		return
	}
	for _, a := range s.tokens {
		if a.user == u.id && !a.machine {
			a.dead = true
		}
	}
	for _, x := range s.sessions {
		if x.user == u.id {
			x.hidden = true
		}
	}
	for _, b := range s.v1 {
		delete(b.users, u.id)
	}
}

func (x *userService) DeactivateUser(ctx context.Context, r *userv2.DeactivateUserRequest) (*userv2.DeactivateUserResponse, error) {
	d, err := x.s.move(ctx, r.GetUserId(), move{
		kind: "user.deactivated", to: userInactive,
		from:    func(s userState) bool { return s != userInactive },
		missing: "COMMAND-5gp2p62iin", refuse: precondition("COMMAND-5gunjw0cd7", "User already inactive"),
	})
	if err != nil {
		return nil, err
	}
	return &userv2.DeactivateUserResponse{Details: d}, nil
}

func (x *userService) ReactivateUser(ctx context.Context, r *userv2.ReactivateUserRequest) (*userv2.ReactivateUserResponse, error) {
	d, err := x.s.move(ctx, r.GetUserId(), move{
		kind: "user.reactivated", to: userActive,
		from:    func(s userState) bool { return s == userInactive },
		missing: "COMMAND-9hy5kzbuk6", refuse: precondition("COMMAND-s5qqcz97hf", "User is not inactive"),
	})
	if err != nil {
		return nil, err
	}
	return &userv2.ReactivateUserResponse{Details: d}, nil
}

func (x *userService) LockUser(ctx context.Context, r *userv2.LockUserRequest) (*userv2.LockUserResponse, error) {
	d, err := x.s.move(ctx, r.GetUserId(), move{
		kind: "user.locked", to: userLocked,
		from:    func(s userState) bool { return s == userActive },
		missing: "COMMAND-450yxuqrh1", refuse: precondition("COMMAND-lgws8wtsqf", "User is not active or initial"),
	})
	if err != nil {
		return nil, err
	}
	return &userv2.LockUserResponse{Details: d}, nil
}

func (x *userService) UnlockUser(ctx context.Context, r *userv2.UnlockUserRequest) (*userv2.UnlockUserResponse, error) {
	d, err := x.s.move(ctx, r.GetUserId(), move{
		kind: "user.unlocked", to: userActive,
		from:    func(s userState) bool { return s == userLocked },
		missing: "COMMAND-x377t913pw", refuse: precondition("COMMAND-olb9vb0oca", "User is not locked"),
	})
	if err != nil {
		return nil, err
	}
	return &userv2.UnlockUserResponse{Details: d}, nil
}
