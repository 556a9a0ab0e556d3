// Package roster says what a list means that a teacher pastes: pure functions
// from text to entries, each with what is wrong with it. It imports only the
// words of package identity. Start reading at [ParseAddresses].
package roster
