package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"strings"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"homeroom.dev/homeroom/identity"
)

// failure is what is kept of a try's error in the queue, where operators read
// it: a message of the catalogue, with nothing in it about a person. The error
// itself is in the log, under the job's number.
type failure struct{ message identity.Message }

// Error is the message as JSON.
func (f failure) Error() string {
	text, _ := json.Marshal(f.message) // texts and numbers alone
	return string(text)
}

// told is what the queue keeps of a try's error. One that ends the tries still
// does.
func told(err error) error {
	if err == nil {
		return nil
	}
	f := failure{why(err)}
	var final *rivertype.JobCancelError
	if errors.As(err, &final) {
		return river.JobCancel(f)
	}
	var later *rivertype.JobSnoozeError
	if errors.As(err, &later) {
		return err
	}
	return f
}

// why says in plain words why a try failed. Of the message's arguments figures
// alone are kept: all others may be about somebody.
func why(err error) identity.Message {
	var known *identity.Error
	var network net.Error
	switch {
	case errors.As(err, &known) && plain(known.Message):
		return known.Message
	case errors.As(err, &known) && known.Kind == identity.KindUnavailable,
		errors.Is(err, context.DeadlineExceeded), errors.As(err, &network):
		return identity.Say("job.failure.away")
	case errors.As(err, &known):
		return identity.Say("job.failure.refused")
	case errors.Is(err, errUnknown):
		return identity.Say("job.failure.unknown-kind")
	}
	return identity.Say("job.failure.ours")
}

// errUnknown is about a job that nothing here does.
var errUnknown = errors.New("no handler for jobs of this name")

// plain reports whether a message's arguments are figures.
func plain(m identity.Message) bool {
	for _, value := range m.Args {
		if _, figure := value.(int); !figure {
			return false
		}
	}
	return true
}

// toldBy reads what told wrote. What River wrote itself, or a version before, is
// not shown: it may be about somebody.
func toldBy(text string) identity.Message {
	if strings.HasPrefix(text, "Stuck job") {
		return identity.Say("job.failure.cut-off")
	}
	var m identity.Message
	if err := json.Unmarshal([]byte(strings.TrimPrefix(text, "JobCancelError: ")), &m); err != nil || m.ID == "" {
		return identity.Say("job.failure.ours")
	}
	return m
}
