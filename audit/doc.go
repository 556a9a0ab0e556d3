// Package audit is what makes the audit log hold up: the bytes of a record that
// are hashed, the chain in which each record seals the one before it, signed
// checkpoints, the verification of both, and the forms in which records leave
// the house: JSON Lines, CSV and OCSF.
//
// It imports identity alone and reads and writes nothing by itself; package
// store keeps the records. Start reading at [Canonical].
package audit
