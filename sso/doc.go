// Package sso reads what a school's identity provider says and explains it:
// metadata, assertions, claims, Zitadel's reasons for a refusal, the steps of
// each vendor's set-up and the proof of a domain.
//
// All of it is pure: no network, no clock, no state. It imports identity alone,
// and knows no language: it answers with entries of the catalogue, and with the
// words of the vendors' own menus, which are the same in every language. Start
// reading at [CheckArrival], which compares what arrived with what was
// [Expected], and at [ParseMetadata].
package sso
