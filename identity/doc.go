// Package identity holds Homeroom's words and rules: organizations, users,
// roles, invitations, who may do what, and the contracts the rest is built on.
//
// It imports nothing of ours and no vendor: Zitadel, SQL and HTTP are other
// packages' business. Start reading at [Open], which decides what an actor may
// do in an organization, and at [Remote], which is all that a page may change
// at Zitadel.
package identity
