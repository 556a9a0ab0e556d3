// Package jobs is background work that survives restarts: mail, and whatever
// else is registered under a name. A job is enqueued in the transaction of the
// rows it is about, runs at least once, and is tried again with growing pauses.
//
// River does the work behind our few words; no other package imports it. Start
// reading at [Jobs].
package jobs
