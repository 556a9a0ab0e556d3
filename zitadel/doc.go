// Package zitadel is the gateway to Zitadel: its APIs in our words.
//
// Three service accounts are three types with a key each and only their own
// methods: [Runtime] changes opened organizations, [Provisioner] opens and
// deletes them, [Events] reads the event log and how the instance is set up.
// [Bootstrap] makes them, once for an installation. Nobody else's token is ever
// used.
//
// Zitadel's calls by ID check little by themselves, so every method here loads
// the object first and compares its owner with the opened organization; start
// reading at remote.atHome and remote.assignment. What gRPC answers is put into
// our words in error.go alone.
//
// The package imports identity, and no other package of ours.
package zitadel
