package handlers

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/go-chi/chi/v5"

	"homeroom.dev/homeroom/cards"
	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/views"
)

// studentRoutes are the pages about students without e-mail: how their accounts
// are made, new first passwords, login cards.
func (s *Server) studentRoutes(r chi.Router) {
	c := carding{s.badging()}
	r.Method("GET", "/students/rules", s.inOrganization(identity.ManageClassroom, showStudentRules))
	r.Method("POST", "/students/rules", s.inOrganization(identity.ManageClassroom, saveStudentRules))
	r.Method("GET", "/students/reset", s.inOrganization(identity.ManageStudents, askResets))
	r.Method("POST", "/students/reset", s.inOrganization(identity.ManageStudents, resetStudents))
	r.Method("GET", "/cards", s.inOrganization(identity.ManageStudents, c.choose))
	r.Method("POST", "/cards", s.inOrganization(identity.ManageStudents, c.make))
	r.Method("GET", "/cards/{sheet}", s.inOrganization(identity.ManageStudents, showCards))
	r.Method("GET", "/cards/{sheet}/cards.pdf", s.inOrganization(identity.ManageStudents, cardFile))
	r.Method("GET", "/cards/{sheet}/letters", s.inOrganization(identity.ManageStudents, cardLetters))
}

// carding makes login cards; with badges on them where a school uses those.
type carding struct{ badging badging }

// choose serves GET /o/{organization}/cards. Query: user, any number of them, to
// have them chosen already.
func (c carding) choose(w http.ResponseWriter, r *http.Request, org Organization) error {
	if org.Organization().Kind == identity.KindSchool {
		return render(w, r, http.StatusOK, views.ChooseClassForCards(org.Page, org.Opened))
	}
	choice, err := c.choice(r.Context(), org, userIDs(r.URL.Query()["user"]))
	if err != nil {
		return err
	}
	return render(w, r, http.StatusOK, views.ChooseCards(org.Page, org.Opened, choice))
}

func (c carding) choice(ctx context.Context, org Organization, chosen []identity.UserID) (views.CardChoice, error) {
	students, err := org.Store.ClassStudents(ctx)
	if err != nil {
		return views.CardChoice{}, err
	}
	on, err := c.badging.on(ctx, org)
	choice := whoMay(org, students)
	choice.Chosen, choice.Badges = chosen, on
	return choice, err
}

// whoMay parts students into those who get a card and those who do not, and why.
func whoMay(org Organization, students []identity.CardStudent) views.CardChoice {
	var choice views.CardChoice
	for _, student := range students {
		var why *identity.Error
		if err := org.MayCard(student); errors.As(err, &why) {
			choice.LeftOut = append(choice.LeftOut, views.LeftOut{Name: student.User.DisplayName(), Why: why.Message})
			continue
		}
		choice.Students = append(choice.Students, student)
	}
	return choice
}

func userIDs(texts []string) []identity.UserID {
	var users []identity.UserID
	for _, text := range texts {
		if id := identity.UserID(text); id != "" && !slices.Contains(users, id) {
			users = append(users, id)
		}
	}
	return users
}

// make serves POST /o/{organization}/cards: a sheet for whoever may have a card.
// Form: user, any number of them, or all=on for everybody in the class;
// secrets=new, to make new first passwords for those without a known one;
// badges=on, for pictures that sign in.
func (c carding) make(w http.ResponseWriter, r *http.Request, org Organization) error {
	ctx := r.Context()
	chosen := userIDs(r.PostForm["user"])
	school := org.Organization().Kind == identity.KindSchool
	if len(chosen) > identity.MaxCards {
		return identity.Invalid("cards.number", "Max", identity.MaxCards)
	}
	var choice views.CardChoice
	var err error
	if school {
		choice, err = schoolChoice(ctx, org, chosen)
	} else {
		choice, err = c.choice(ctx, org, chosen)
	}
	if err != nil {
		return err
	}
	if r.PostFormValue("all") != "on" {
		choice.Students = slices.DeleteFunc(choice.Students, func(s identity.CardStudent) bool { return !slices.Contains(chosen, s.User.ID) })
	}
	if len(choice.Students) == 0 {
		if school {
			return identity.Invalid("cards.none-chosen")
		}
		again, err := c.choice(ctx, org, nil)
		if err != nil {
			return err
		}
		again.Problems.Add("user", "cards.none-chosen")
		return render(w, r, http.StatusUnprocessableEntity, views.ChooseCards(org.Page, org.Opened, again))
	}
	var failed []views.LeftOut
	if r.PostFormValue("secrets") == "new" && !school {
		if failed, err = newSecrets(ctx, org, choice.Students); err != nil {
			return err
		}
	}
	links := map[identity.UserID]string{}
	if r.PostFormValue("badges") == "on" {
		if links, err = c.badging.issue(ctx, org, usersOf(choice.Students)); err != nil {
			return err
		}
	}
	sheet, err := makeSheet(ctx, org, choice.Students, links)
	if err != nil {
		return err
	}
	if len(failed) > 0 {
		return render(w, r, http.StatusOK, views.ResetsDone(org.Page, org.Opened, sheet, len(choice.Students)-len(failed), failed))
	}
	return redirect(w, r, views.CardSheetPath(org.ID(), sheet))
}

// schoolChoice are the chosen ones as a school's page knows them.
func schoolChoice(ctx context.Context, org Organization, chosen []identity.UserID) (views.CardChoice, error) {
	var students []identity.CardStudent
	for _, user := range chosen {
		student, err := org.Store.SchoolStudent(ctx, user)
		if identity.IsKind(err, identity.KindNotFound) {
			continue // of another school, or gone meanwhile
		}
		if err != nil {
			return views.CardChoice{}, err
		}
		students = append(students, student)
	}
	return whoMay(org, students), nil
}

func usersOf(students []identity.CardStudent) []identity.UserID {
	users := make([]identity.UserID, len(students))
	for i, student := range students {
		users[i] = student.User.ID
	}
	return users
}

func makeSheet(
	ctx context.Context, org Organization, students []identity.CardStudent, links map[identity.UserID]string,
) (identity.CardSheetID, error) {
	sheet := make([]identity.Card, len(students))
	for i, student := range students {
		sheet[i] = identity.Card{User: student.User.ID, Classroom: student.Classroom, Link: links[student.User.ID]}
	}
	return org.Store.MakeCardSheet(ctx, sheet)
}

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
	_, address, _ := strings.Cut(org.Portal.PublicURL, "://")
	sheet := cards.Sheet{
		Paper: oneOf(cards.Papers, query.Get("paper")), Layout: oneOf(cards.Layouts, query.Get("layout")), Address: address,
		Title: views.Text(ctx, identity.Say("cards.file")) + " " + org.Organization().Name,
	}
	view := views.CardSheetView{
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
