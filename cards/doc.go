// Package cards draws login cards: the picture that a phone reads ([Path]), and
// sheets of cards as PDF ([Sheet.PDF]) for paper of two sizes in three layouts.
// The print page draws the same cards with a style sheet; it shows every script
// there is, the PDF those its fonts have ([Sheet.Undrawable]).
//
// It is pure: cards come in as texts and go out as bytes. It imports identity's
// words at most. Start reading at [Sheet].
package cards
