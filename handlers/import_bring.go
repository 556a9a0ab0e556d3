package handlers

import (
	"context"
	"errors"
	"net/http"
	"path"
	"strings"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/roster"
	"homeroom.dev/homeroom/store"
	"homeroom.dev/homeroom/views"
)

// start serves GET /o/{organization}/import. Query: after.
func (i importing) start(w http.ResponseWriter, r *http.Request, org Organization) error {
	return i.form(w, r, org, http.StatusOK, views.ImportForm{})
}

// form shows the box for a list, with the lists that were brought before.
func (i importing) form(w http.ResponseWriter, r *http.Request, org Organization, status int, f views.ImportForm) error {
	after := r.URL.Query().Get("after")
	page, err := org.Store.Imports(r.Context(), after)
	if err != nil {
		return err
	}
	if f.PausedUntil, err = pausedUntil(r.Context(), org); err != nil {
		return err
	}
	f.Submission, f.MaxMegabytes, f.Next, f.Paged = identity.NewSubmission(), roster.MaxFile>>20, page.Next, after != ""
	for _, one := range page.Imports {
		f.Earlier = append(f.Earlier, views.EarlierImport{
			ID: string(one.ID), FileName: one.FileName, By: one.Actor.Name, At: one.BegunAt,
			State: views.ImportState(one.State), Trouble: one.Trouble.ID != "", Undecided: one.Undecided(),
		})
	}
	return render(w, r, status, views.ImportStart(org.Page, org.Opened, f))
}

// bring serves POST /o/{organization}/import: a list, pasted or as a file. Form:
// submission, list, file. Nothing is done with it but that it is read.
func (i importing) bring(w http.ResponseWriter, r *http.Request, org Organization) error {
	ctx := r.Context()
	sent, err := readUpload(w, r, "list", "file")
	if errors.Is(err, errUploadTooLarge) {
		return i.refuse(w, r, org, http.StatusRequestEntityTooLarge, views.ImportForm{}, "file", tooLarge("file"))
	}
	if err != nil {
		return err
	}
	defer sent.close()
	form := views.ImportForm{List: sent.file("list").text(echoed)}
	field, list := "list", sent.file("list")
	if file := sent.file("file"); file != nil {
		if strings.TrimSpace(form.List) != "" {
			return i.refuse(w, r, org, http.StatusUnprocessableEntity, form, "file", identity.Say("import.list.both"))
		}
		field, list = "file", file
	}
	switch {
	case list == nil, field == "list" && strings.TrimSpace(form.List) == "" && list.size <= echoed:
		return i.refuse(w, r, org, http.StatusUnprocessableEntity, form, "list", identity.Say("import.list.missing"))
	case list.size > roster.MaxFile:
		return i.refuse(w, r, org, http.StatusRequestEntityTooLarge, form, field, tooLarge(field))
	case !identity.IsSubmission(sent.values["submission"]):
		return i.refuse(w, r, org, http.StatusUnprocessableEntity, form, field, identity.Say("form.stale"))
	}
	reading, sample, err := roster.Recognise(roster.File{ReaderAt: list.at(), Size: list.size, Name: fileName(list.name)})
	if said, known := sayable(err); known {
		return i.refuse(w, r, org, http.StatusUnprocessableEntity, form, field, said)
	}
	if err != nil {
		return err
	}
	content, err := list.all()
	if err != nil {
		return err
	}
	asks := unsure(reading, sample)
	if asks && !reading.Set() {
		reading.Columns = nil // to be said first
	}
	id, err := org.Store.BeginImport(ctx, store.NewImport{
		Submission: sent.values["submission"], FileName: fileName(list.name), File: content, Reading: reading,
		Options: store.ImportOptions{
			Invite: org.Organization().Kind == identity.KindClassroom, Language: views.LanguageOf(ctx),
		},
	})
	if err != nil {
		return err
	}
	if asks {
		return redirect(w, r, views.ImportStepPath(org.ID(), string(id), "columns"))
	}
	return i.planned(w, r, org, id)
}

// refuse shows the form again, with what is wrong beside the field.
func (i importing) refuse(
	w http.ResponseWriter, r *http.Request, org Organization, status int, f views.ImportForm, field string, said identity.Message,
) error {
	f.Problems = append(f.Problems, identity.Problem{Field: field, Message: said})
	return i.form(w, r, org, status, f)
}

func tooLarge(field string) identity.Message {
	if field == "file" {
		return identity.Say("import.file.too-large", "Max", roster.MaxFile>>20)
	}
	return identity.Say("import.list.too-large", "Max", roster.MaxFile>>20)
}

// sayable is what somebody may read about an error, if anything.
func sayable(err error) (identity.Message, bool) {
	var known *identity.Error
	if errors.As(err, &known) && known.Message.ID != "" {
		return known.Message, true
	}
	return identity.Message{}, false
}

// fileName is the last part of what a browser calls a file, as far as it is shown.
func fileName(name string) string {
	name = identity.CleanName(path.Base(strings.ReplaceAll(name, `\`, "/")))
	if name == "." || name == "/" {
		return ""
	}
	if runes := []rune(name); len(runes) > 120 {
		name = string(runes[:120])
	}
	return name
}

// unsure reports whether somebody should look at the columns before anything is
// made of them: nobody is named, a column without a title is not understood, or
// the list speaks of several schools.
func unsure(reading roster.Reading, sample roster.Sample) bool {
	switch {
	case reading.Set():
		return len(sample.Schools) > 1 && reading.School == ""
	case reading.Format != roster.FormatTable:
		return false
	case !reading.Named():
		return true
	case reading.Header > 0:
		return false
	}
	for _, meaning := range reading.Columns {
		if meaning == roster.MeansNothing {
			return true
		}
	}
	return false
}

// pausedUntil is until when the lists of a school wait; those of a class do not.
func pausedUntil(ctx context.Context, org Organization) (time.Time, error) {
	if org.Organization().Kind != identity.KindSchool {
		return time.Time{}, nil
	}
	return org.Store.ImportsPausedUntil(ctx)
}
