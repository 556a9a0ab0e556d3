// Package projection keeps the rows that pages read equal to what Zitadel's
// event log says.
//
// It reads events through [identity.Events] and folds them into package store;
// Zitadel's own lists serve nothing but [Projection.Reconcile], because a real
// server was seen to lose rows from them for good. Start reading at
// [Projection.Run], the tail, and at [Projection.Rebuild], which makes the rows
// anew beside the old ones. It imports identity and store.
package projection
