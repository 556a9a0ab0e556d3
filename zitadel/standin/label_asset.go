package standin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/management"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// assetKinds are what can be uploaded to a label policy, in the order of
// [look.assets]: the path it is posted to, the name it is kept under, the word
// in its events, and the error where there is no policy.
var assetKinds = [4]struct{ path, key, event, missing string }{
	{"logo", "policy/label/logo", "logo", "ORG-23BMs"},
	{"logo/dark", "policy/label/logo-dark", "logo.dark", "ORG-QSqcd"},
	{"icon", "policy/label/icon", "icon", "ORG-4nq2f"},
	{"icon/dark", "policy/label/icon-dark", "icon.dark", "ORG-4Nf8s"},
}

// maxAsset bounds an upload.
const maxAsset = 1 << 19

// asset is an uploaded picture.
type asset struct {
	kind string // content type
	data []byte
}

func (s *state) assetURL(owner, key string) string {
	if key == "" {
		return ""
	}
	return s.issuer + "/assets/v1/" + owner + "/" + key
}

// forgetAssets drops all pictures of an organization.
func (s *state) forgetAssets(org string) {
	for key := range s.assets {
		if strings.HasPrefix(key, org+"/") {
			delete(s.assets, key)
		}
	}
}

// routeAssets has uploads and downloads, which are plain HTTP.
func (s *Server) routeAssets(mux *http.ServeMux) {
	for i, kind := range assetKinds {
		mux.HandleFunc("POST /assets/v1/org/policy/label/"+kind.path, func(w http.ResponseWriter, r *http.Request) { s.upload(w, r, i) })
	}
	mux.HandleFunc("GET /assets/v1/{key...}", func(w http.ResponseWriter, r *http.Request) {
		s.RLock()
		found, ok := s.assets[r.PathValue("key")]
		s.RUnlock()
		if !ok {
			http.Error(w, "download failed: ID=DATAB-pCP8P Message=Object could not be found", http.StatusNotFound)
			return
		}
		w.Header().Set("Content-Type", found.kind)
		_, _ = w.Write(found.data)
	})
}

// upload puts a picture into the draft of the caller's organization. Errors are
// plain text, and who has no right is not authorized here.
func (s *Server) upload(w http.ResponseWriter, r *http.Request, kind int) {
	md := metadata.Pairs("authorization", r.Header.Get("Authorization"), "x-zitadel-orgid", r.Header.Get("X-Zitadel-Orgid"))
	c, err := s.authenticate(metadata.NewIncomingContext(r.Context(), md), "POST /assets/v1/org/policy/label")
	if err != nil {
		http.Error(w, assetError(err), http.StatusUnauthorized)
		return
	}
	if err := r.ParseMultipartForm(2 << 20); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	file, header, err := r.FormFile("file")
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	defer func() { _ = file.Close() }()
	data, err := io.ReadAll(io.LimitReader(file, maxAsset+1))
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	contentType := pictureType(data)
	switch {
	case !strings.HasPrefix(contentType, "image/"):
		http.Error(w, "invalid content-type: "+contentType, http.StatusBadRequest)
		return
	case header.Size > maxAsset:
		http.Error(w, fmt.Sprintf("file too big, max file size is %vKB", maxAsset/1024), http.StatusBadRequest)
		return
	}
	if err := s.keepAsset(c, kind, asset{contentType, data}); err != nil {
		http.Error(w, "upload failed: "+assetError(err), http.StatusNotFound)
	}
}

// pictureType is what the content looks like.
func pictureType(data []byte) string {
	kind := http.DetectContentType(data)
	if strings.HasPrefix(kind, "text/") && strings.Contains(string(data[:min(len(data), 512)]), "<svg") {
		return "image/svg+xml"
	}
	return kind
}

func assetError(err error) string {
	var f *failure
	if errors.As(err, &f) {
		return "ID=" + f.id + " Message=" + f.text
	}
	return status.Convert(err).Message()
}

func (s *Server) keepAsset(c caller, kind int, a asset) error {
	s.Lock()
	defer s.Unlock()
	o := s.orgs[c.org]
	if o == nil || o.label == nil {
		return notFound(assetKinds[kind].missing, noLabelPolicy)
	}
	key := assetKinds[kind].key + "-" + s.nextID()
	t := s.begin(c.user.id)
	t.emit(&o.aggregate, "org.policy.label."+assetKinds[kind].event+".added", values{"storeKey": key})
	s.assets[o.id+"/"+key] = a
	o.label.draft.assets[kind] = key
	o.label.note(t, &o.aggregate)
	return nil
}

// removeAsset takes a picture out of the draft, and away for good.
func (s *Server) removeAsset(ctx context.Context, kind int, missing string) (*labelPolicy, string, error) {
	c := callerOf(ctx)
	s.Lock()
	defer s.Unlock()
	o := s.orgs[c.org]
	if o.label == nil {
		return nil, "", notFound(missing, noLabelPolicy)
	}
	key := o.label.draft.assets[kind]
	t := s.begin(c.user.id)
	t.emit(&o.aggregate, "org.policy.label."+assetKinds[kind].event+".removed", values{"storeKey": key})
	delete(s.assets, o.id+"/"+key)
	o.label.draft.assets[kind] = ""
	o.label.note(t, &o.aggregate)
	copied := *o.label
	return &copied, o.id, nil
}

func (x *managementService) RemoveCustomLabelPolicyLogo(ctx context.Context, _ *management.RemoveCustomLabelPolicyLogoRequest) (*management.RemoveCustomLabelPolicyLogoResponse, error) {
	p, org, err := x.s.removeAsset(ctx, 0, "ORG-4MVsf")
	if err != nil {
		return nil, err
	}
	return &management.RemoveCustomLabelPolicyLogoResponse{Details: p.details(org)}, nil
}

func (x *managementService) RemoveCustomLabelPolicyLogoDark(ctx context.Context, _ *management.RemoveCustomLabelPolicyLogoDarkRequest) (*management.RemoveCustomLabelPolicyLogoDarkResponse, error) {
	p, org, err := x.s.removeAsset(ctx, 1, "ORG-0peQw")
	if err != nil {
		return nil, err
	}
	return &management.RemoveCustomLabelPolicyLogoDarkResponse{Details: p.details(org)}, nil
}

func (x *managementService) RemoveCustomLabelPolicyIcon(ctx context.Context, _ *management.RemoveCustomLabelPolicyIconRequest) (*management.RemoveCustomLabelPolicyIconResponse, error) {
	p, org, err := x.s.removeAsset(ctx, 2, "ORG-1nd9f")
	if err != nil {
		return nil, err
	}
	return &management.RemoveCustomLabelPolicyIconResponse{Details: p.details(org)}, nil
}

func (x *managementService) RemoveCustomLabelPolicyIconDark(ctx context.Context, _ *management.RemoveCustomLabelPolicyIconDarkRequest) (*management.RemoveCustomLabelPolicyIconDarkResponse, error) {
	p, org, err := x.s.removeAsset(ctx, 3, "ORG-3NFos")
	if err != nil {
		return nil, err
	}
	return &management.RemoveCustomLabelPolicyIconDarkResponse{Details: p.details(org)}, nil
}
