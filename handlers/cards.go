package handlers

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/go-chi/chi/v5"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store"
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
			choice.LeftOut = append(choice.LeftOut, identity.LeftOutCard{User: student.User, Why: why.Message})
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
// Form: user, any number of them, or all=on for everybody in the class, or import,
// for whom that list made an account, with after, for those behind that one;
// secrets=new, to make new first passwords for those without a known one;
// badges=on, for pictures that sign in.
func (c carding) make(w http.ResponseWriter, r *http.Request, org Organization) error {
	ctx := r.Context()
	choice, next, err := c.asked(r, org)
	if err != nil {
		return err
	}
	if len(choice.Students) == 0 {
		return c.again(w, r, org, identity.Conflict("cards.none-chosen"))
	}
	var failed []views.LeftOut
	if r.PostFormValue("secrets") == "new" && org.Organization().Kind != identity.KindSchool {
		if failed, err = newSecrets(ctx, org, choice.Students); err != nil {
			return c.again(w, r, org, err)
		}
	}
	links := map[identity.UserID]string{}
	if r.PostFormValue("badges") == "on" {
		if links, err = c.badging.issue(ctx, org, usersOf(choice.Students)); err != nil {
			return c.again(w, r, org, err)
		}
	}
	sheet, err := makeSheet(ctx, org, choice, links)
	if err != nil {
		return err
	}
	if len(failed) > 0 {
		return render(w, r, http.StatusOK, views.ResetsDone(org.Page, org.Opened, sheet, len(choice.Students)-len(failed), failed))
	}
	return redirect(w, r, views.WithQuery(views.CardSheetPath(org.ID(), sheet), next.Params()...))
}

// again shows a class's form as it was sent, with what is wrong with it or away.
func (c carding) again(w http.ResponseWriter, r *http.Request, org Organization, problem error) error {
	status, problems := retryable(problem, "user")
	if problems == nil || org.Organization().Kind == identity.KindSchool {
		return problem
	}
	choice, err := c.choice(r.Context(), org, userIDs(r.PostForm["user"]))
	if err != nil {
		return err
	}
	logged(r.Context()).aside = problem
	choice.Secrets, choice.Plain, choice.Problems = r.PostFormValue("secrets") == "new", r.PostFormValue("badges") != "on", problems
	return render(w, r, status, views.ChooseCards(org.Page, org.Opened, choice))
}

// asked are those that the form of make is about, and where the cards of an
// import go on.
func (c carding) asked(r *http.Request, org Organization) (views.CardChoice, views.NextCards, error) {
	ctx := r.Context()
	if id := store.ImportID(r.PostFormValue("import")); id != "" {
		return imported(ctx, org, id, identity.UserID(r.PostFormValue("after")))
	}
	chosen := userIDs(r.PostForm["user"])
	if len(chosen) > identity.MaxCards {
		return views.CardChoice{}, views.NextCards{}, identity.Invalid("cards.number", "Max", identity.MaxCards)
	}
	choice, err := studentsOf(ctx, org, chosen)
	if r.PostFormValue("all") != "on" {
		choice = choice.Of(chosen)
	}
	return choice, views.NextCards{}, err
}

// studentsOf are the students of the opened class, or those of these people who
// are students of the opened school.
func studentsOf(ctx context.Context, org Organization, users []identity.UserID) (views.CardChoice, error) {
	if org.Organization().Kind != identity.KindSchool {
		students, err := org.Store.ClassStudents(ctx)
		return whoMay(org, students), err
	}
	var students []identity.CardStudent
	for _, user := range users {
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

// importedAtOnce bounds how many of those that an import made are looked through
// for students who get a card: teachers get none.
const importedAtOnce = 5 * identity.MaxCards

// imported are those who get a card of whom an import made, from after one on: as
// many as a sheet has cards.
func imported(
	ctx context.Context, org Organization, id store.ImportID, after identity.UserID,
) (choice views.CardChoice, next views.NextCards, err error) {
	for range importedAtOnce / identity.MaxCards {
		most := identity.MaxCards - len(choice.Students)
		users, err := org.Store.ImportCreated(ctx, id, after, most)
		if err != nil {
			return choice, next, err
		}
		more, err := studentsOf(ctx, org, users)
		if err != nil {
			return choice, next, err
		}
		more = more.Of(users)
		choice.Students, choice.LeftOut = append(choice.Students, more.Students...), append(choice.LeftOut, more.LeftOut...)
		if len(users) < most {
			return choice, next, nil
		}
		if after = users[len(users)-1]; len(choice.Students) == identity.MaxCards {
			break
		}
	}
	rest, err := org.Store.ImportCreated(ctx, id, after, 1)
	if len(rest) > 0 {
		next = views.NextCards{Import: string(id), After: after}
	}
	return choice, next, err
}

func usersOf(students []identity.CardStudent) []identity.UserID {
	users := make([]identity.UserID, len(students))
	for i, student := range students {
		users[i] = student.User.ID
	}
	return users
}

// makeSheet makes a sheet of who was chosen, and who of them has no card.
func makeSheet(
	ctx context.Context, org Organization, choice views.CardChoice, links map[identity.UserID]string,
) (identity.CardSheetID, error) {
	var sheet []identity.Card
	for _, student := range choice.Students {
		sheet = append(sheet, identity.Card{User: student.User.ID, Classroom: student.Classroom, Link: links[student.User.ID]})
	}
	for _, left := range choice.LeftOut {
		sheet = append(sheet, identity.Card{User: left.User.ID, Why: left.Why.ID})
	}
	return org.Store.MakeCardSheet(ctx, sheet)
}
