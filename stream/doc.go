// Package stream sends what is on the audit logs on to the systems of those whose
// logs they are: webhooks, syslog servers, buckets, directories.
//
// Records are sent in the order in which they were closed, in batches, as JSON
// Lines in the shape of the Open Cybersecurity Schema Framework (OCSF, see package
// audit). A batch is named before it is sent, and the cursor moves only after the
// target took it: what a crash or an outage cut off is sent again as the very same
// batch, so nothing is lost, and what comes twice has the same ID.
//
// It may import identity, audit, store and outbound. Start reading at [Streams].
package stream
