// Package bulk does in the background what a school does to many: to people, one
// after the other and each by the use case and the rules that hold for one; and
// opens classrooms from a list.
//
// A run and whom it is about are rows before it begins ([store.Organization.BeginRun]).
// [Runner.Handle] is the handler of its jobs: it works in slices, opens the
// organization again for the actor before each person, so that who lost the role
// meanwhile does no more, and notes what it is about to do before it does it, so
// that a process that is killed is gone on with and nothing is doubled. What can
// be done to many is one table: start reading at actions.go.
package bulk
