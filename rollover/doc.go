// Package rollover takes a school from one term into the next: it suggests what is
// to become of each class, opens the classes of the next year group with their
// people, archives the old ones, and puts all that back.
//
// What a class's name says about its year group is decided by pure functions; start
// reading at [YearOf]. [Engine] carries plans out, as the handler of
// [store.RolloverJob]: in slices, each class by steps that are noted before and
// after they are made, so that a process that is killed is gone on with and
// nothing is doubled. Archiving and restoring a class is what package bulk does.
package rollover
