package handlers

import (
	"net/http"

	"github.com/go-chi/chi/v5"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/views"
)

// platformActivityRoutes are the pages of the platform's own log.
func (s *Server) platformActivityRoutes(r chi.Router) {
	r.Method("GET", "/audit", s.onPlatform(showPlatformActivity))
	r.Method("GET", "/audit/export", s.onPlatform(askPlatformExport))
	r.Method("POST", "/audit/export", s.freshly(s.onPlatform(exportPlatformActivity)))
	r.Method("GET", "/audit/{record}", s.onPlatform(showPlatformRecord))
}

// showPlatformActivity serves GET /platform/audit, with the queries of
// [showActivity].
func showPlatformActivity(w http.ResponseWriter, r *http.Request, p Platform) error {
	v, err := readActivity(r, p.Store.AuditLog(), views.PlatformLog())
	if err != nil {
		return err
	}
	return render(w, r, statusOf(v.Problems), views.PlatformActivity(p.Page, v))
}

// showPlatformRecord serves GET /platform/audit/{record}.
func showPlatformRecord(w http.ResponseWriter, r *http.Request, p Platform) error {
	v, err := readRecord(r, p.Store.AuditLog(), views.PlatformLog())
	if err != nil {
		return err
	}
	return render(w, r, http.StatusOK, views.PlatformRecord(p.Page, v))
}

// askPlatformExport serves GET /platform/audit/export.
func askPlatformExport(w http.ResponseWriter, r *http.Request, p Platform) error {
	return render(w, r, http.StatusOK, views.ExportPlatformActivity(p.Page, exportForm(r, views.PlatformLog())))
}

// exportPlatformActivity serves POST /platform/audit/export.
func exportPlatformActivity(w http.ResponseWriter, r *http.Request, p Platform) error {
	v := views.ExportView{Log: views.PlatformLog(), Filter: readFilter(r.PostForm), Format: r.PostFormValue("format")}
	q, problems := auditQueryOf(r.Context(), v.Filter)
	if v.Problems = checkFormat(problems, v.Format); len(v.Problems) > 0 {
		return render(w, r, http.StatusUnprocessableEntity, views.ExportPlatformActivity(p.Page, v))
	}
	return sendRecords(w, r, v.Format, "platform", p.Portal.Now(), func(write func(identity.AuditRecord) error) error {
		return p.Store.ExportAudit(r.Context(), q, exported(v), write)
	})
}
