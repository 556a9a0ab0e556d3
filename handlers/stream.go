package handlers

import (
	"crypto/rand"
	"net/http"
	"net/url"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store"
	"homeroom.dev/homeroom/stream"
	"homeroom.dev/homeroom/views"
)

// streamRoutes are the pages about where a school's log is sent on to.
func (s *Server) streamRoutes(r chi.Router) {
	school := func(h streamHandler) organizationHandler {
		return func(w http.ResponseWriter, r *http.Request, org Organization) error {
			return h(w, r, streamPage{
				at: views.StreamingOf(org.ID()), targets: org.Store.Streams(), streams: s.streams, page: org.Page, org: org.Opened,
			})
		}
	}
	may := func(h streamHandler) http.Handler { return s.inSchool(identity.ManageSchool, school(h)) }
	r.Route("/activity/streams", func(r chi.Router) {
		s.streamPages(r, may, func(h streamHandler) http.Handler { return s.freshly(may(h)) })
	})
}

// platformStreamRoutes are the same pages for the platform.
func (s *Server) platformStreamRoutes(r chi.Router) {
	may := func(h streamHandler) http.Handler {
		return s.onPlatform(func(w http.ResponseWriter, r *http.Request, p Platform) error {
			return h(w, r, streamPage{
				at: views.PlatformStreaming(s.streams.Directories()), targets: p.Store.Streams(), streams: s.streams, page: p.Page,
			})
		})
	}
	r.Route("/streams", func(r chi.Router) {
		s.streamPages(r, may, func(h streamHandler) http.Handler { return s.freshly(may(h)) })
	})
}

// streamPages are the pages of streams, of whoever may; fresh is around what
// tells where a log goes from then on.
func (s *Server) streamPages(r chi.Router, may, fresh func(streamHandler) http.Handler) {
	r.Use(middleware.GetHead)
	r.Method("GET", "/", may(listStreams))
	r.Method("POST", "/", fresh(addStream))
	r.Method("GET", "/new", may(newStream))
	r.Method("GET", "/{stream}", may(showStream))
	r.Method("POST", "/{stream}/test", may(testStream))
	r.Method("POST", "/{stream}/pause", may(pauseStream))
	r.Method("POST", "/{stream}/resume", may(resumeStream))
	r.Method("POST", "/{stream}/secret", fresh(showStreamSecret))
	r.Method("GET", "/{stream}/delete", may(askDeleteStream))
	r.Method("POST", "/{stream}/delete", fresh(deleteStream))
}

// streamPage is all a handler of a page of streams may touch: the targets of one
// log, a school's or the platform's.
type streamPage struct {
	at      views.Streaming
	targets *store.Streams
	streams *stream.Streams
	page    views.Page
	org     identity.Opened // zero for the platform
}

type streamHandler func(http.ResponseWriter, *http.Request, streamPage) error

// listStreams serves GET …/streams.
func listStreams(w http.ResponseWriter, r *http.Request, p streamPage) error {
	v := views.StreamsView{Streaming: p.at}
	var err error
	if v.Targets, err = p.targets.List(r.Context()); err != nil {
		return err
	}
	if v.Above, err = p.targets.Above(r.Context()); err != nil {
		return err
	}
	return render(w, r, http.StatusOK, views.Streams(p.page, p.org, v))
}

// newStream serves GET …/streams/new.
func newStream(w http.ResponseWriter, r *http.Request, p streamPage) error {
	f := views.StreamForm{Streaming: p.at, Target: identity.StreamTarget{ID: rand.Text()}}
	if values := again(r); values != nil {
		f = readStream(values, p.at)
	}
	return render(w, r, http.StatusOK, views.NewStream(p.page, p.org, f))
}

func readStream(values url.Values, at views.Streaming) views.StreamForm {
	return views.StreamForm{
		Streaming: at,
		Target: identity.StreamTarget{
			ID: values.Get("id"), Kind: identity.StreamKind(values.Get("kind")), Name: values.Get("name"),
			Address: values.Get("address"), Bucket: values.Get("bucket"), Region: values.Get("region"),
			Prefix: values.Get("prefix"), AccessKey: values.Get("access-key"), Authorities: values.Get("authorities"),
		},
		Secret: values.Get("secret-key"), Everything: values.Get("everything") != "",
	}
}

// addStream serves POST …/streams. The same form again adds nothing.
func addStream(w http.ResponseWriter, r *http.Request, p streamPage) error {
	f := readStream(r.PostForm, p.at)
	target := f.Target.Clean()
	if len(target.ID) != len(rand.Text()) {
		target.ID = rand.Text() // not from our form
	}
	if target.Kind == identity.StreamDirectory && !p.at.Directories {
		target.Kind = ""
	}
	if f.Problems = target.Check(f.Secret, p.at.Platform); len(f.Problems) > 0 {
		return render(w, r, http.StatusUnprocessableEntity, views.NewStream(p.page, p.org, f))
	}
	if err := p.targets.Add(r.Context(), target, f.Secret, f.Everything); err != nil {
		return err
	}
	return redirect(w, r, p.at.Target(target.ID), identity.Say("stream.done.added", "Name", target.Name))
}

// target is the one of the path.
func (p streamPage) target(r *http.Request) (identity.StreamTarget, error) {
	return p.targets.Target(r.Context(), chi.URLParam(r, "stream"))
}

// showStream serves GET …/streams/{stream}.
func showStream(w http.ResponseWriter, r *http.Request, p streamPage) error {
	t, err := p.target(r)
	if err != nil {
		return err
	}
	return render(w, r, http.StatusOK, views.StreamTarget(p.page, p.org, p.at, t))
}

// testStream serves POST …/streams/{stream}/test. Why a test failed stands on the
// target's page.
func testStream(w http.ResponseWriter, r *http.Request, p streamPage) error {
	t, err := p.target(r)
	if err != nil {
		return err
	}
	switch err := p.streams.Test(r.Context(), p.targets, t.ID); {
	case err == nil:
		return redirect(w, r, p.at.Target(t.ID), identity.Say("stream.tested", "Name", t.Name))
	case identity.IsKind(err, identity.KindUnavailable), identity.IsKind(err, identity.KindInvalid):
		return redirect(w, r, p.at.Target(t.ID))
	default:
		return err
	}
}

// pauseStream serves POST …/streams/{stream}/pause.
func pauseStream(w http.ResponseWriter, r *http.Request, p streamPage) error {
	t, err := p.target(r)
	if err != nil {
		return err
	}
	if err := p.targets.SetPaused(r.Context(), t.ID, true); err != nil {
		return err
	}
	return redirect(w, r, p.at.Target(t.ID), identity.Say("stream.paused", "Name", t.Name))
}

// resumeStream serves POST …/streams/{stream}/resume.
func resumeStream(w http.ResponseWriter, r *http.Request, p streamPage) error {
	t, err := p.target(r)
	if err != nil {
		return err
	}
	if err := p.targets.SetPaused(r.Context(), t.ID, false); err != nil {
		return err
	}
	return redirect(w, r, p.at.Target(t.ID), identity.Say("stream.resumed", "Name", t.Name))
}

// showStreamSecret serves POST …/streams/{stream}/secret: what a webhook is signed
// with. That it was shown is on record.
func showStreamSecret(w http.ResponseWriter, r *http.Request, p streamPage) error {
	t, err := p.target(r)
	if err != nil {
		return err
	}
	secret, err := p.targets.Secret(r.Context(), t.ID)
	if err != nil {
		return err
	}
	return render(w, r, http.StatusOK, views.StreamSecret(p.page, p.org, p.at, t, secret))
}

// askDeleteStream serves GET …/streams/{stream}/delete.
func askDeleteStream(w http.ResponseWriter, r *http.Request, p streamPage) error {
	t, err := p.target(r)
	if err != nil {
		return err
	}
	return render(w, r, http.StatusOK, views.DeleteStream(p.page, p.org, p.at, t))
}

// deleteStream serves POST …/streams/{stream}/delete.
func deleteStream(w http.ResponseWriter, r *http.Request, p streamPage) error {
	t, err := p.target(r)
	if err != nil {
		return err
	}
	if err := p.targets.Delete(r.Context(), t.ID); err != nil {
		return err
	}
	return redirect(w, r, p.at.List(), identity.Say("stream.done.deleted", "Name", t.Name))
}
