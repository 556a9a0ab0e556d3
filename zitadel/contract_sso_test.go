package zitadel_test

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/sso"
	"homeroom.dev/homeroom/sso/testidp"
)

// Whatever an identity provider does wrong, package sso says what Zitadel does:
// nothing that Zitadel refuses is called good, and nothing called good is
// refused. What is refused is explained by the finding in the table.
func TestContractVerdictsAreZitadels(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		for _, test := range []struct {
			vendor   identity.Vendor
			protocol identity.Protocol
		}{{identity.VendorSAML, identity.ProtocolSAML}, {identity.VendorOIDC, identity.ProtocolOIDC}} {
			app, id := w.connect(t, w.linden, test.vendor, test.protocol)
			expected := w.expected(t, app, id)
			self := w.arrival(t, w.linden, id, w.through(t, w.linden, id, maria)).ExternalID
			for _, want := range testidp.Verdicts(test.protocol) {
				t.Run(string(test.protocol)+" "+string(want.Misbehaviour), func(t *testing.T) {
					if err := app.SetMisbehaviour(want.Misbehaviour); err != nil {
						t.Fatal(err)
					}
					back := w.through(t, w.linden, id, maria)
					expected.Now = time.Now()
					accepted := cameBack(back, arrived)
					var found []identity.Finding
					if accepted {
						arrival := w.arrival(t, w.linden, id, back)
						found = sso.CheckArrival(expected, arrival)
						if text := dump(t, arrival); strings.Contains(text, testidp.ForgedAddress) {
							t.Errorf("the forged person arrived: %s", text)
						}
						if want.Misbehaviour == testidp.CommentInNameID && arrival.ExternalID == self {
							t.Errorf("a comment made somebody else into %s", self)
						}
					} else {
						reason := w.reason(t, back.Query().Get("id"))
						if !strings.Contains(reason, want.Reason) {
							t.Errorf("refused for %q, want %q in it", reason, want.Reason)
						}
						found = sso.Explain(reason, expected)
					}
					if accepted != want.Accepted {
						t.Errorf("accepted: %v, want %v", accepted, want.Accepted)
					}
					if good := !sso.Bad(found); good && !accepted {
						t.Errorf("Zitadel refused what is called good: %v", found)
					}
					if diff := cmp.Diff(weighty(want), told(found, want.Finding)); diff != "" {
						t.Errorf("findings differ (-want +got):\n%s", diff)
					}
					if test.protocol == identity.ProtocolSAML {
						pasteVerdict(t, expected, app.Sent(), want)
					}
				})
			}
		}
	})
}

// From every vendor's default claims the portal reads the same person, and finds
// nothing to say against the sign-in; encrypted assertions are no different.
func TestContractEveryVendorsPersonIsTheSame(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		for _, vendor := range identity.Vendors {
			for _, protocol := range vendor.Protocols() {
				if vendor.InstanceWide() {
					continue // one app for all schools
				}
				t.Run(string(vendor)+" "+string(protocol), func(t *testing.T) {
					app, id := w.connect(t, w.linden, vendor, protocol)
					w.isMaria(t, app, id)
					if protocol == identity.ProtocolOIDC {
						return
					}
					metadata := download(t, identity.ServiceProviderAt(w.issuer, id).EntityID)
					if err := app.Configure(func(o *testidp.AppOptions) { o.SPMetadata, o.Encrypt = metadata, true }); err != nil {
						t.Fatal(err)
					}
					w.isMaria(t, app, id)
				})
			}
		}
	})
}

// One app serves every school at Clever: who comes from another district is not
// this school's.
func TestContractDistrictsTellSchoolsApart(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		server, err := idp()
		if err != nil {
			t.Fatal(err)
		}
		apps := server.Apps()
		i := slices.IndexFunc(apps, func(a *testidp.App) bool { return a.Options().ClientID == w.options.Clever.ClientID })
		if i < 0 {
			t.Fatal("the suite's app at Clever is not there")
		}
		app, id := apps[i], w.installation.Clever.Provider
		expected := w.expected(t, app, id)
		expected.District = testidp.LindenDistrict
		for _, test := range []struct {
			misbehaviour testidp.Misbehaviour
			want         []finding
		}{
			{testidp.Behaves, nil},
			{testidp.WrongDistrict, []finding{{"district", identity.LevelBad}}},
		} {
			if err := app.SetMisbehaviour(test.misbehaviour); err != nil {
				t.Fatal(err)
			}
			arrival := w.arrival(t, w.linden, id, w.through(t, w.linden, id, maria))
			if got := sso.Map(arrival); got.Address != maria || got.GivenName != "Maria" || got.FamilyName != "Lee" {
				t.Errorf("arrived as %s", dump(t, got))
			}
			if diff := cmp.Diff(test.want, told(sso.CheckArrival(expected, arrival), "")); diff != "" {
				t.Errorf("%q: findings differ (-want +got):\n%s", test.misbehaviour, diff)
			}
		}
	})
}

// isMaria signs Maria Lee in and expects her, and no complaint.
func (w *world) isMaria(t *testing.T, app *testidp.App, id identity.ProviderID) {
	t.Helper()
	arrival := w.arrival(t, w.linden, id, w.through(t, w.linden, id, maria))
	got := sso.Map(arrival)
	if got.Address != maria || got.GivenName != "Maria" || got.FamilyName != "Lee" || !got.AddressVerified || got.ExternalID == "" {
		t.Errorf("arrived as %s", dump(t, got))
	}
	if found := told(sso.CheckArrival(w.expected(t, app, id), arrival), ""); found != nil {
		t.Errorf("found %v", found)
	}
}

func download(t *testing.T, address string) []byte {
	t.Helper()
	answer, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %v", address, answer.Status, err)
	}
	return body
}

// pasteVerdict compares what is said of the same response when IT pastes it.
func pasteVerdict(t *testing.T, expected sso.Expected, response string, want testidp.Verdict) {
	t.Helper()
	found, _, err := sso.CheckResponse(expected, response)
	if err != nil {
		if want.Accepted {
			t.Errorf("pasted, Zitadel accepted what is no response: %v", err)
		}
		return
	}
	good := !slices.ContainsFunc(found, func(f identity.Finding) bool { return f.Level != identity.LevelGood })
	if good && !want.Accepted && !slices.Contains(untold, want.Misbehaviour) {
		t.Errorf("pasted, Zitadel refused what is called good: %v", found)
	}
	if want.Accepted && want.Finding == "" && sso.Bad(found) && !slices.Contains(wrappedAndHarmless, want.Misbehaviour) {
		t.Errorf("pasted, Zitadel accepted what is called bad: %v", found)
	}
	if want.Misbehaviour == testidp.SHA1 && !slices.ContainsFunc(found, func(f identity.Finding) bool {
		return f.Code == "signature-algorithm" && f.Level == identity.LevelWarning
	}) {
		t.Errorf("pasted, SHA-1 is not warned of: %v", found)
	}
}

// untold is what a response alone does not tell: which requests there were, and
// how long it lay in IT's clipboard.
var untold = []testidp.Misbehaviour{testidp.OtherRequest, testidp.ClockBehind}

// wrappedAndHarmless are forgeries that Zitadel passes over; somebody made them
// all the same, which a pasted response shows.
var wrappedAndHarmless = []testidp.Misbehaviour{testidp.Wrapped3, testidp.Wrapped7, testidp.CommentInNameID}

// expected is what a sign-in through the app has to look like.
func (w *world) expected(t *testing.T, app *testidp.App, id identity.ProviderID) sso.Expected {
	t.Helper()
	options := app.Options()
	connection := identity.Connection{
		Vendor: options.Vendor, Protocol: options.Protocol, Provider: id, Domains: []string{"linden.example"},
	}
	if options.Protocol == identity.ProtocolSAML {
		metadata, err := app.Metadata()
		if err != nil {
			t.Fatal(err)
		}
		connection.Metadata, connection.EntityID = string(metadata), app.EntityID()
	} else {
		connection.Issuer, connection.ClientID = app.Issuer(), options.ClientID
	}
	return sso.ExpectedOf(connection, identity.ServiceProviderAt(w.issuer, id), time.Now())
}

// reason is why Zitadel refused, once it tells.
func (w *world) reason(t *testing.T, intent string) string {
	t.Helper()
	reason := ""
	eventually(t, "the cause is told", func() bool {
		var err error
		if reason, err = w.events.IntentFailure(t.Context(), intent); err != nil {
			t.Fatal(err)
		}
		return reason != ""
	})
	return reason
}

// finding is a finding without what was compared.
type finding struct {
	Code  string
	Level identity.Level
}

// weighty is what the table wants to be told, nothing for what is good.
func weighty(want testidp.Verdict) []finding {
	if want.Finding == "" {
		return nil
	}
	return []finding{{want.Finding, want.Level}}
}

// told is what findings say is not good. Of a code that is wanted the first
// counts, and who misses one name may miss the other.
func told(found []identity.Finding, wanted string) []finding {
	var all []finding
	for _, f := range found {
		is := finding{f.Code, f.Level}
		if f.Level != identity.LevelGood && !slices.Contains(all, is) && !(wanted == "given-name" && f.Code == "family-name") {
			all = append(all, is)
		}
	}
	return all
}
