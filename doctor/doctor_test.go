package doctor

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store"
	"homeroom.dev/homeroom/store/storetest"
)

// ward is an installation in which all is well, to be made ill.
type ward struct {
	Options
	server   identity.ServerSettings
	instance identity.InstanceSettings
	accounts []identity.AccountRights
	projects identity.ProjectSettings
	status   Projection
	away     error
	mailDown error
	failed   int
	now      time.Time
}

// InspectServer implements [identity.Inspector].
func (w *ward) InspectServer(context.Context) (identity.ServerSettings, error) {
	return w.server, w.away
}

// InspectInstance implements [identity.Inspector].
func (w *ward) InspectInstance(context.Context) (identity.InstanceSettings, error) {
	return w.instance, w.away
}

// InspectAccounts implements [identity.Inspector].
func (w *ward) InspectAccounts(context.Context) ([]identity.AccountRights, error) {
	return w.accounts, w.away
}

// InspectProject implements [identity.Inspector].
func (w *ward) InspectProject(context.Context) (identity.ProjectSettings, error) {
	return w.projects, w.away
}

const portalURL = "https://homeroom.example.org"

func newWard(t *testing.T) *ward {
	t.Helper()
	keys, err := store.ParseKeyRing(store.NewKey())
	if err != nil {
		t.Fatal(err)
	}
	w := &ward{now: time.Now()}
	w.Store, err = store.Open(t.Context(), store.Options{
		Path: storetest.Path(t), Keys: keys, Operators: "operators", Now: func() time.Time { return w.now },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Store.Close() })
	apply(t, w.Store, []identity.Fact{
		identity.OrganizationCreated{Organization: "linden", RemoteName: "linden-x", At: w.now},
		identity.OrganizationMetadataSet{Organization: "linden", Key: identity.MetadataKind, Value: string(identity.KindSchool), At: w.now},
		identity.OrganizationMetadataSet{Organization: "linden", Key: identity.MetadataName, Value: "Linden", At: w.now},
		identity.RoleAssignmentCreated{Assignment: identity.RoleAssignment{
			ID: "a1", User: "olga", Organization: "operators", Roles: []identity.Role{identity.RoleOperator}, State: identity.AssignmentActive,
		}, At: w.now},
	})
	if err := w.Store.SaveDrift(t.Context(), store.DriftReport{At: w.now, Checked: 4}); err != nil {
		t.Fatal(err)
	}
	w.record(t)
	if _, _, err := w.Store.MakeCheckpoint(t.Context()); err != nil {
		t.Fatal(err)
	}

	portal := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/healthz" {
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	t.Cleanup(portal.Close)
	w.Client = portal.Client()
	w.Zitadel, w.Issuer, w.Operators = w, "https://login.example.org", "operators"
	w.PublicURL = portal.URL
	w.Paths = Paths{"/welcome", "/auth/callback", "/signed-out", "/auth/backchannel-logout", "/healthz"}
	w.MailServer, w.MailReady = "mail.example.org", func(context.Context) error { return w.mailDown }
	w.Projection = func(context.Context) Projection { return w.status }
	w.FailedJobs = func(context.Context) (int, error) { return w.failed, nil }
	w.Accounts = map[string]func(context.Context) error{}
	for _, name := range []string{"runtime", "provisioner", "events"} {
		w.Accounts[name] = func(context.Context) error { return nil }
	}
	w.Now, w.Log = func() time.Time { return w.now }, slog.New(slog.DiscardHandler)

	w.status = Projection{HeardAt: w.now, Built: true}
	w.server = identity.ServerSettings{Version: "v4.17.1"}
	w.instance = identity.InstanceSettings{
		ValidateDomains: true, Policy: identity.LoginPolicy{Passwords: true}, Redirect: w.PublicURL + "/welcome",
		AccessTokenLifetime: 10 * time.Minute,
	}
	ends := w.now.AddDate(0, 6, 0)
	w.accounts = []identity.AccountRights{
		{Name: "runtime", State: identity.UserActive, Organizations: map[string]int{memberRoles: 12}, KeyExpires: ends},
		{Name: "provisioner", State: identity.UserActive, Instance: []string{"IAM_ORG_MANAGER"}, KeyExpires: ends},
		{Name: "events", State: identity.UserActive, Instance: []string{"IAM_OWNER_VIEWER"}, KeyExpires: ends},
	}
	w.projects = identity.ProjectSettings{
		RoleAssertion: true, RolesInTokens: true, SignedTokens: true, SchoolBranding: true,
		Roles:        keysOf(identity.Roles),
		Grants:       map[identity.OrganizationID][]string{"linden": keysOf(identity.RolesIn(identity.KindSchool))},
		RedirectURIs: []string{w.PublicURL + "/auth/callback"}, SignedOutURIs: []string{w.PublicURL + "/signed-out"},
		BackChannelURI: w.PublicURL + "/auth/backchannel-logout",
	}
	return w
}

// record puts something on the platform's log.
func (w *ward) record(t *testing.T) {
	t.Helper()
	opened, err := identity.OpenPlatform(identity.Actor{User: "olga"}, []identity.Role{identity.RoleOperator})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Store.Platform(opened).Record(t.Context(), identity.Change{Action: identity.ActionInstanceChecked}); err != nil {
		t.Fatal(err)
	}
}

func keysOf(roles []identity.Role) []string {
	var keys []string
	for _, r := range roles {
		keys = append(keys, string(r))
	}
	return keys
}

// wrong are what the doctor finds that is not good, as code and level.
func (w *ward) wrong(t *testing.T) []string {
	t.Helper()
	found := New(w.Options).Look(t.Context())
	var wrong []string
	for _, a := range found.Ailments {
		if a.Level != identity.LevelGood {
			wrong = append(wrong, a.Code+" "+string(a.Level))
		}
	}
	slices.Sort(wrong)
	return slices.Compact(wrong)
}

func TestInAHealthyInstallationNothingIsWrong(t *testing.T) {
	w := newWard(t)
	if wrong := w.wrong(t); len(wrong) > 0 {
		t.Errorf("found %v", wrong)
	}
	if err := New(w.Options).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	kept, err := w.Store.Checkup(t.Context())
	if err != nil || kept.At.IsZero() || len(kept.Ailments) < 30 || kept.Level() != identity.LevelGood {
		t.Errorf("kept %+v, %v", kept, err)
	}
}

// Zitadel fetches the keys of badges, and as it is shipped calls no private address.
func TestBadgesNeedKeysThatZitadelMayFetch(t *testing.T) {
	for name, tt := range map[string]struct {
		on        bool
		addresses []string // none: it does not resolve
		want      []string
		says      map[string]any
	}{
		"badges are off":      {false, []string{"127.0.0.1"}, nil, nil},
		"a public address":    {true, []string{"203.0.113.7", "2001:db8::7"}, nil, nil},
		"this machine":        {true, []string{"127.0.0.1"}, []string{"badge-keys warning"}, map[string]any{"Host": "127.0.0.1", "Address": "127.0.0.1", "Count": 1}},
		"this machine, IPv6":  {true, []string{"::1"}, []string{"badge-keys warning"}, nil},
		"a private network":   {true, []string{"203.0.113.7", "10.1.2.3"}, []string{"badge-keys warning"}, map[string]any{"Host": "127.0.0.1", "Address": "10.1.2.3", "Count": 1}},
		"as IPv4 in IPv6":     {true, []string{"::ffff:192.168.1.1"}, []string{"badge-keys warning"}, nil},
		"a unique local one":  {true, []string{"fd00::1"}, []string{"badge-keys warning"}, nil},
		"link-local":          {true, []string{"169.254.1.1"}, []string{"badge-keys warning"}, nil},
		"it does not resolve": {true, nil, []string{"badge-host warning"}, map[string]any{"Host": "127.0.0.1"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWard(t)
			w.Resolve = func(context.Context, string) (addresses []netip.Addr, err error) {
				for _, text := range tt.addresses {
					addresses = append(addresses, netip.MustParseAddr(text))
				}
				if len(addresses) == 0 {
					err = errors.New("no such host")
				}
				return addresses, err
			}
			if tt.on {
				w.badges(t)
			}
			if wrong := w.wrong(t); !slices.Equal(wrong, tt.want) {
				t.Errorf("found %v, want %v", wrong, tt.want)
			}
			for _, a := range New(w.Options).Look(t.Context()).Ailments {
				if strings.HasPrefix(a.Code, "badge-") && tt.says != nil && !reflect.DeepEqual(a.Args, tt.says) {
					t.Errorf("%s says %v, want %v", a.Code, a.Args, tt.says)
				}
			}
		})
	}
}

// badges turns badges of Linden on.
func (w *ward) badges(t *testing.T) {
	t.Helper()
	opened, err := identity.Open(
		identity.Organization{ID: "linden", Kind: identity.KindSchool, Name: "Linden", State: identity.OrganizationActive},
		identity.Actor{User: "ida"}, identity.Held{Here: []identity.Role{identity.RoleSchoolAdmin}})
	if err == nil {
		err = w.Store.In(opened).SetBadges(t.Context(), identity.DefaultBadgeRules, func(context.Context) (identity.ProviderID, error) { return "cards", nil })
	}
	if err != nil {
		t.Fatal(err)
	}
}

// Each thing that can be wrong is found, with its weight, and nothing else is.
func TestWhatIsWrongIsFound(t *testing.T) {
	hour := time.Hour
	for name, tt := range map[string]struct {
		make func(*ward)
		want []string
	}{
		"http":                    {func(w *ward) { w.Issuer = "http://login.example.org" }, []string{"issuer bad"}},
		"this machine alone":      {func(w *ward) { w.Issuer = "http://localhost:8080" }, []string{"issuer warning"}},
		"no mail server":          {func(w *ward) { w.MailServer = "" }, []string{"mail-server warning"}},
		"mail server away":        {func(w *ward) { w.mailDown = errors.New("connection refused") }, []string{"mail bad"}},
		"failed jobs":             {func(w *ward) { w.failed = 3 }, []string{"jobs warning"}},
		"Zitadel away":            {func(w *ward) { w.away = errors.New("timeout") }, []string{"unread-accounts bad", "unread-instance bad", "unread-project bad", "unread-server bad"}},
		"an old server":           {func(w *ward) { w.server.Version = "v4.15.3" }, []string{"version bad"}},
		"a new server":            {func(w *ward) { w.server.Version = "v5.0.0-base-135" }, []string{"version warning"}},
		"a server without one":    {func(w *ward) { w.server.Version = "" }, []string{"version-unknown warning"}},
		"a slow clock":            {func(w *ward) { w.server.Skew = -4 * time.Second }, []string{"clock warning"}},
		"a wrong clock":           {func(w *ward) { w.server.Skew = hour }, []string{"clock bad"}},
		"domains for everybody":   {func(w *ward) { w.instance.ValidateDomains = false }, []string{"domain-validation bad"}},
		"strangers' schools":      {func(w *ward) { w.instance.PublicRegistration = true }, []string{"organization-registration bad"}},
		"strangers' accounts":     {func(w *ward) { w.instance.Policy.SelfRegistration = true }, []string{"self-registration bad"}},
		"no passwords":            {func(w *ward) { w.instance.Policy.Passwords = false }, []string{"passwords bad"}},
		"long user names":         {func(w *ward) { w.instance.UserNamesPerOrganization = true }, []string{"user-names warning"}},
		"sessions unseen":         {func(w *ward) { w.instance.PermissionCheckV2 = true }, []string{"permission-check bad"}},
		"grants unchecked":        {func(w *ward) { w.instance.ImprovedPerformance = []string{"USER_GRANT"} }, []string{"improved-performance warning"}},
		"another flag":            {func(w *ward) { w.instance.ImprovedPerformance = []string{"PROJECT_GRANT"} }, nil},
		"another redirect":        {func(w *ward) { w.instance.Redirect = "" }, []string{"default-redirect warning"}},
		"long tokens":             {func(w *ward) { w.instance.AccessTokenLifetime = 20 * time.Minute }, []string{"access-tokens warning"}},
		"very long tokens":        {func(w *ward) { w.instance.AccessTokenLifetime = 12 * hour }, []string{"access-tokens bad"}},
		"a key that is refused":   {func(w *ward) { w.Accounts["runtime"] = func(context.Context) error { return errors.New("no") } }, []string{"account-key bad"}},
		"a locked account":        {func(w *ward) { w.accounts[0].State = identity.UserLocked }, []string{"account-state bad"}},
		"an account without role": {func(w *ward) { w.accounts[2].Instance = nil }, []string{"account-rights bad"}},
		"an account with all":     {func(w *ward) { w.accounts[1].Instance = []string{"IAM_OWNER"} }, []string{"account-rights bad"}},
		"other roles":             {func(w *ward) { w.accounts[1].Instance = []string{"CUSTOM"} }, []string{"account-rights warning"}},
		"a runtime with a role":   {func(w *ward) { w.accounts[0].Instance = []string{"IAM_ORG_MANAGER"} }, []string{"account-rights bad"}},
		"among operators":         {func(w *ward) { w.accounts[0].Operators = []string{"ORG_OWNER"} }, []string{"account-operators bad"}},
		"an owner of a school":    {func(w *ward) { w.accounts[0].Organizations["ORG_OWNER"] = 1 }, []string{"account-members warning"}},
		"another member":          {func(w *ward) { w.accounts[2].Organizations = map[string]int{memberRoles: 1} }, []string{"account-members warning"}},
		"a key about to end":      {func(w *ward) { w.accounts[0].KeyExpires = w.now.AddDate(0, 0, 20) }, []string{"account-key-age warning"}},
		"a key that ended":        {func(w *ward) { w.accounts[0].KeyExpires = w.now.Add(-hour) }, []string{"account-key-age bad"}},
		"roles not in tokens":     {func(w *ward) { w.projects.RolesInTokens = false }, []string{"roles-in-tokens bad"}},
		"opaque tokens":           {func(w *ward) { w.projects.SignedTokens = false }, []string{"signed-tokens warning"}},
		"no look of the school":   {func(w *ward) { w.projects.SchoolBranding = false }, []string{"school-branding warning"}},
		"a role missing":          {func(w *ward) { w.projects.Roles = w.projects.Roles[1:] }, []string{"project-roles bad"}},
		"granted to itself":       {func(w *ward) { w.projects.Grants["operators"] = nil }, []string{"own-grant bad"}},
		"a school without grant":  {func(w *ward) { delete(w.projects.Grants, "linden") }, []string{"grants bad"}},
		"a grant without a role":  {func(w *ward) { w.projects.Grants["linden"] = []string{"teacher"} }, []string{"grants bad"}},
		"no way back":             {func(w *ward) { w.projects.RedirectURIs = nil }, []string{"callback bad"}},
		"no way out":              {func(w *ward) { w.projects.SignedOutURIs = nil }, []string{"signed-out warning"}},
		"no word of the end":      {func(w *ward) { w.projects.BackChannelURI = "" }, []string{"back-channel warning"}},
		"development mode":        {func(w *ward) { w.projects.DevelopmentMode = true }, []string{"development-mode warning"}},
		"never built":             {func(w *ward) { w.status = Projection{} }, []string{"projection-built bad"}},
		"a little behind":         {func(w *ward) { w.status.HeardAt = w.now.Add(-5 * time.Minute) }, []string{"projection-lag warning"}},
		"far behind":              {func(w *ward) { w.status.HeardAt = w.now.Add(-hour) }, []string{"projection-lag bad"}},
		"drift": {func(w *ward) {
			err := w.Store.SaveDrift(context.Background(), store.DriftReport{At: w.now, Rows: []store.Drift{{Kind: store.DriftUser, ID: "u", What: store.LostThere}}})
			if err != nil {
				panic(err)
			}
		}, []string{"drift warning"}},
		"not compared for long": {func(w *ward) { later(w, 3*24*hour) }, []string{"drift-age warning"}},
		"the portal elsewhere": {func(w *ward) { w.PublicURL = portalURL + ".invalid" }, []string{
			"back-channel warning", "callback bad", "default-redirect warning", "reachable warning", "signed-out warning",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWard(t)
			tt.make(w)
			if wrong := w.wrong(t); !slices.Equal(wrong, tt.want) {
				t.Errorf("found %v, want %v", wrong, tt.want)
			}
		})
	}
}

// later lets time pass in which the portal goes on hearing from Zitadel.
func later(w *ward, d time.Duration) {
	w.now = w.now.Add(d)
	w.status.HeardAt = w.now
}

// A log that moves is signed within two days; one that does not is not.
func TestALogThatIsNotSignedIsFound(t *testing.T) {
	w := newWard(t)
	later(w, 3*24*time.Hour)
	if wrong := w.wrong(t); !slices.Equal(wrong, []string{"drift-age warning"}) {
		t.Errorf("a log that did not move: %v", wrong)
	}
	w.record(t)
	if wrong := w.wrong(t); !slices.Equal(wrong, []string{"checkpoint warning", "drift-age warning"}) {
		t.Errorf("a log that moved: %v", wrong)
	}
}

func TestVersionsAreRead(t *testing.T) {
	for text, want := range map[string]bool{
		"v4.17.1": true, "4.17.1": true, "v4.17.0-standin": true, "v4.17": false, "": false, "main": false, "va.b.c": false,
	} {
		if _, ok := parseVersion(text); ok != want {
			t.Errorf("%q: %v, want %v", text, ok, want)
		}
	}
}

// apply folds facts as if they had just been read from Zitadel's event log.
func apply(t *testing.T, s *store.Store, facts []identity.Fact) {
	t.Helper()
	batch := store.EventBatch{Quiet: true, Cursor: time.Now()}
	sequences := map[string]uint64{}
	for _, fact := range facts {
		aggregate, organization := "a1", identity.OrganizationID("operators")
		switch fact.(type) {
		case identity.OrganizationCreated, identity.OrganizationMetadataSet:
			aggregate, organization = "linden", "linden"
		}
		sequences[aggregate]++
		batch.Events = append(batch.Events, identity.Event{
			Aggregate: aggregate, Sequence: sequences[aggregate], Organization: organization, At: time.Now(), Fact: fact,
		})
	}
	if err := s.ApplyEvents(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
}
