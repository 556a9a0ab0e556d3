// Package handlers is the portal over HTTP: routes, who may pass, and from a
// request to a page.
//
// It imports identity, views, store, static and roster, and of third parties
// chi, scs and zitadel/oidc's relying party. It never imports package zitadel:
// the gateway arrives as [identity.Gateway].
//
// Start reading at routes.go, which is both the map and the access matrix, then
// access.go, where an organization is opened, and server.go, which has the
// chain around every request.
package handlers
