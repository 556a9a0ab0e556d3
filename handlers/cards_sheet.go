package handlers

import (
	"net/http"
	"slices"
	"strings"

	"github.com/go-chi/chi/v5"

	"homeroom.dev/homeroom/cards"
	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/views"
)

// showCards serves GET /o/{organization}/cards/{sheet}. Query: paper, layout,
// language.
func showCards(w http.ResponseWriter, r *http.Request, org Organization) error {
	view, _, err := sheetOf(r, org)
	if err != nil {
		return err
	}
	return render(w, r, http.StatusOK, views.CardSheet(org.Page, org.Opened, view))
}

// cardLetters serves GET /o/{organization}/cards/{sheet}/letters. Query: as
// showCards.
func cardLetters(w http.ResponseWriter, r *http.Request, org Organization) error {
	view, _, err := sheetOf(r, org)
	if err != nil {
		return err
	}
	return render(w, r, http.StatusOK, views.CardLetters(org.Page, org.Opened, view))
}

// cardFile serves GET /o/{organization}/cards/{sheet}/cards.pdf. Query: as
// showCards. Names that its fonts cannot write lead back to the page that can.
func cardFile(w http.ResponseWriter, r *http.Request, org Organization) error {
	view, sheet, err := sheetOf(r, org)
	if err != nil {
		return err
	}
	if len(view.Boxes) > 0 {
		return redirect(w, r, views.WithQuery(views.CardSheetPath(org.ID(), view.Sheet.ID), view.Params()...),
			identity.Say("cards.pdf.boxes", "Names", strings.Join(view.Boxes, ", ")))
	}
	d := newDownload(w, r, "application/pdf", sheet.Title+".pdf")
	return d.finish(sheet.PDF(d))
}

// sheetOf is the sheet of the path as the query wants it, for the page and for
// the file.
func sheetOf(r *http.Request, org Organization) (views.CardSheetView, cards.Sheet, error) {
	ctx, query := r.Context(), r.URL.Query()
	made, err := org.Store.CardSheet(ctx, identity.CardSheetID(chi.URLParam(r, "sheet")))
	if err != nil {
		return views.CardSheetView{}, cards.Sheet{}, err
	}
	address := org.Portal.Typed("")
	sheet := cards.Sheet{
		Paper: oneOf(cards.Papers, query.Get("paper")), Layout: oneOf(cards.Layouts, query.Get("layout")), Address: address,
		Title: views.Text(ctx, identity.Say("cards.file")) + " " + org.Organization().Name,
	}
	view := views.CardSheetView{
		Next:  views.NextCards{Import: query.Get("import"), After: identity.UserID(query.Get("after"))},
		Sheet: made, Paper: string(sheet.Paper), Layout: string(sheet.Layout), Language: query.Get("language"),
		PerPage: sheet.PerPage(), Address: address, Teacher: org.Actor().Name,
	}
	if !views.Speaks(view.Language) {
		view.Language = views.LanguageOf(ctx)
	}
	words := &sheet.Words
	words.Open, words.UserName, words.Secret, words.NoSecret, words.Scan = views.CardWords(ctx, view.Language)
	for _, card := range made.Cards {
		link := card.Link
		if link == "" {
			link = org.Portal.URL(views.SignInAsPath(card.User.UserName))
		}
		code, err := cards.NewCode(link)
		if err != nil {
			return view, sheet, err
		}
		view.Codes = append(view.Codes, views.CardCode{Path: code.Path(), Size: code.Size()})
		sheet.Cards = append(sheet.Cards, cards.Card{
			Name: card.User.DisplayName(), Classroom: card.Classroom, UserName: card.User.UserName, Secret: card.Secret, Link: link,
		})
	}
	view.Boxes = sheet.Undrawable()
	return view, sheet, nil
}

// oneOf is what was asked for, or the first of what there is.
func oneOf[T ~string](there []T, asked string) T {
	if slices.Contains(there, T(asked)) {
		return T(asked)
	}
	return there[0]
}
