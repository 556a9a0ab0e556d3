package standin_test

import (
	"testing"
	"time"

	"homeroom.dev/homeroom/zitadel/standin"
)

// The test values of RFC 6238, appendix B, cut to six digits.
func TestCodesAreThoseOfTheRFC(t *testing.T) {
	const secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
	for _, test := range []struct {
		at   int64
		want string
	}{
		{59, "287082"}, {1111111109, "081804"}, {1111111111, "050471"}, {1234567890, "005924"}, {2000000000, "279037"}, {20000000000, "353130"},
	} {
		if got := standin.Code(secret, time.Unix(test.at, 0)); got != test.want {
			t.Errorf("at %d: %s, want %s", test.at, got, test.want)
		}
	}
	if got := standin.Code("no base32!", time.Unix(0, 0)); got != "" {
		t.Errorf("nonsense has the code %q", got)
	}
}
