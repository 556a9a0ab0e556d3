package views

// FreshSignInPath leads through Zitadel's login, where who signs in has to prove
// once more who they are, and on to next.
func FreshSignInPath(next string) string {
	return WithQuery(SignInPath, Param{"local", "1"}, Param{"fresh", "1"}, Param{"next", next})
}
