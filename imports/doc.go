// Package imports does what lists of people say: it reads and plans them, applies
// what was planned, and undoes it.
//
// A list, its rows and what each of them is to become are rows of the store
// ([store.Organization.BeginImport]). [Engine.Plan] fills them. [Engine.Handle] is
// the handler of the jobs that do the rest: rows are taken a batch at a time, put
// on record as begun before anything is written, written by several writers at
// once, read back together, repaired where Zitadel does not show them, and closed
// in one transaction. IDs, user names and first passwords come from the import's
// sealed key, so that a process that is killed is gone on with and nothing is
// doubled. Start reading at engine.go.
package imports
