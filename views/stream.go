package views

import (
	"cmp"
	"context"

	"homeroom.dev/homeroom/identity"
)

// StreamsPath lists where a school's log is sent on to.
func StreamsPath(school identity.OrganizationID) string { return in(school, "activity", "streams") }

// Streaming is where the pages of streams are: a school's, or the platform's.
type Streaming struct {
	base        string
	log         string
	Platform    bool
	Directories bool // the platform may choose directories
}

// StreamingOf is a school's.
func StreamingOf(school identity.OrganizationID) Streaming {
	return Streaming{base: StreamsPath(school), log: ActivityPath(school)}
}

// PlatformStreaming is the platform's.
func PlatformStreaming(directories bool) Streaming {
	return Streaming{base: PlatformStreamsPath, log: PlatformAuditPath, Platform: true, Directories: directories}
}

// List is the list of targets.
func (s Streaming) List() string { return s.base }

// New is the form for another target.
func (s Streaming) New() string { return s.base + at("new") }

// Target is the page of one, or with parts what is done to it: pause, resume,
// test, secret, delete.
func (s Streaming) Target(id string, parts ...string) string { return s.base + at(id) + at(parts...) }

// kinds are what can be chosen from.
func (s Streaming) kinds(ctx context.Context) []Option {
	options := []Option{
		{Value: string(identity.StreamWebhook), Label: text(ctx, "stream.kind.webhook"), Hint: text(ctx, "stream.kind.webhook.hint")},
		{Value: string(identity.StreamSyslog), Label: text(ctx, "stream.kind.syslog"), Hint: text(ctx, "stream.kind.syslog.hint")},
		{Value: string(identity.StreamBucket), Label: text(ctx, "stream.kind.bucket"), Hint: text(ctx, "stream.kind.bucket.hint")},
	}
	if s.Directories {
		options = append(options, Option{
			Value: string(identity.StreamDirectory), Label: text(ctx, "stream.kind.directory"), Hint: text(ctx, "stream.kind.directory.hint"),
		})
	}
	return options
}

// StreamKindName is what a kind of target is called.
func StreamKindName(ctx context.Context, kind identity.StreamKind) string {
	switch kind {
	case identity.StreamWebhook:
		return text(ctx, "stream.kind.webhook")
	case identity.StreamSyslog:
		return text(ctx, "stream.kind.syslog")
	case identity.StreamBucket:
		return text(ctx, "stream.kind.bucket")
	}
	return text(ctx, "stream.kind.directory")
}

// StreamsView is what the list of targets shows.
type StreamsView struct {
	Streaming Streaming
	Targets   []identity.StreamTarget
	// Above are the platform's targets, to which a school's log goes as well.
	Above []identity.StreamTarget
}

// StreamForm is the form for another target, as it was filled in.
type StreamForm struct {
	Streaming  Streaming
	Target     identity.StreamTarget
	Secret     string
	Everything bool // also what is on the log already
	Problems   identity.Problems
}

// addressHint says what an address is, for the kinds there are to choose from.
func (f StreamForm) addressHint(ctx context.Context) string {
	if f.Streaming.Directories {
		return text(ctx, "stream.address.hint.directory")
	}
	return text(ctx, "stream.address.hint")
}

// streamPlace is where a target is, in a line.
func streamPlace(t identity.StreamTarget) string {
	if t.Kind == identity.StreamBucket {
		return t.Address + " · " + t.Bucket + "/" + t.Prefix
	}
	return t.Address
}

// streamTag is how a target does.
func streamTag(ctx context.Context, t identity.StreamTarget) (TagKind, string) {
	switch {
	case t.Paused:
		return TagOff, text(ctx, "stream.state.paused")
	case t.Failures > 0:
		return TagBad, text(ctx, "stream.state.failing", "Count", t.Failures)
	case t.Trouble.ID != "":
		return TagWarning, text(ctx, "stream.state.test-failed")
	case t.Waiting > 0:
		return TagSeen, text(ctx, "stream.state.behind")
	}
	return TagGood, text(ctx, "stream.state.current")
}

// streamWaiting is how far a target is behind.
func streamWaiting(ctx context.Context, t identity.StreamTarget) string {
	switch {
	case t.Waiting == 0:
		return text(ctx, "stream.waiting.none")
	case t.Waiting >= identity.MaxWaiting:
		return text(ctx, "stream.waiting.many", "Most", identity.MaxWaiting)
	}
	return text(ctx, "stream.waiting", "Count", t.Waiting)
}

func streamKind(t identity.StreamTarget) string {
	return string(cmp.Or(t.Kind, identity.StreamWebhook))
}
