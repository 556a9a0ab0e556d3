// Package standin speaks Zitadel's wire in process, so that the demo and the
// tests need no Zitadel: the same gRPC services, OIDC, login pages and event
// log on one port, with the identifiers, states, conflicts, rights and error
// codes a real v4 server was seen to have. The portal talks to it through the
// code that talks to the real one. Nothing is kept: a stopped server forgets.
//
// It imports nothing of Homeroom. Start reading at [New]; state.go has what is
// known, log.go the events it is told in, caller.go who may do what, and one
// file for each of Zitadel's services has its answers. How people sign in
// through identity providers begins at external.go: intents there are in
// intent.go, and the login pages' own way in login_external.go. What may stand
// between a password and the application is in sign_in.go and login_factor.go;
// [Seed] fills a server with people and, day by day, with a past.
package standin
