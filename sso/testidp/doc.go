// Package testidp is an identity provider for the demo and for tests. It speaks
// SAML 2.0 and OpenID Connect, imitates what each vendor sends, and misbehaves
// when told to. It has people and no passwords: whoever reaches it signs in as
// anybody, so it answers on this machine alone. It may import identity. Start
// reading at [New] and [Server.CreateApp].
package testidp
