package standin

import (
	"slices"
	"strings"
	"time"

	filter "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/filter/v2"
	object "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/object/v2"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// maxPage is the most rows that the newer lists give at once, and what they
// give when nothing is said.
const (
	maxPage     = 1000
	defaultPage = 100
)

// stamp is a time as the API writes it; zero stays away.
func stamp(us int64) *timestamppb.Timestamp {
	if us == 0 {
		return nil
	}
	return timestamppb.New(micros(us))
}

// never is what Zitadel answers for the time of something that is not there.
func never() *timestamppb.Timestamp { return timestamppb.New(time.Time{}) }

// matches compares text as both generations of text methods number it.
func matches(method int32, have, want string) bool {
	if method%2 == 1 {
		have, want = lower(have), lower(want)
	}
	switch method / 2 {
	case 1:
		return strings.HasPrefix(have, want)
	case 2:
		return strings.Contains(have, want)
	case 3:
		return strings.HasSuffix(have, want)
	default:
		return have == want
	}
}

// compareTime is a timestamp method of either generation.
func compareTime(method int32, have int64, want *timestamppb.Timestamp) bool {
	w := want.AsTime().UnixMicro()
	switch method {
	case 1:
		return have > w
	case 2:
		return have >= w
	case 3:
		return have < w
	case 4:
		return have <= w
	default:
		return have == w
	}
}

// page cuts rows as the newer lists do: 100 when nothing is said, 1000 at most.
func page[T any](rows []T, p *filter.PaginationRequest) ([]T, *filter.PaginationResponse, error) {
	limit := uint64(p.GetLimit())
	if limit > maxPage {
		return nil, nil, invalid("QUERY-4M0fs", "Limit exceeded")
	}
	if limit == 0 {
		limit = defaultPage
	}
	answer := &filter.PaginationResponse{TotalResult: uint64(len(rows)), AppliedLimit: limit}
	return cut(rows, p.GetOffset(), limit), answer, nil
}

// totals are what the older lists say beside their rows.
func (s *state) totals(total int) *object.ListDetails {
	return &object.ListDetails{TotalResult: uint64(total), Timestamp: timestamppb.New(micros(s.clock))}
}

func cut[T any](rows []T, offset, limit uint64) []T {
	if offset >= uint64(len(rows)) {
		return nil
	}
	rows = rows[offset:]
	if limit > 0 && uint64(len(rows)) > limit {
		rows = rows[:limit]
	}
	return rows
}

// arrange sorts rows and turns them round unless they are wanted ascending.
func arrange[T any](rows []T, asc bool, compare func(a, b T) int) {
	slices.SortStableFunc(rows, func(a, b T) int {
		if asc {
			return compare(a, b)
		}
		return compare(b, a)
	})
}

// objectDetails are those of the first v2 services.
func objectDetails(seq uint64, changed int64, owner string) *object.Details {
	return &object.Details{Sequence: seq, ChangeDate: stamp(changed), ResourceOwner: owner}
}
