// Package roster says what a list means that somebody brings: pasted text, CSV,
// workbooks, and the sets of OneRoster, School Data Sync and Clever. It reads
// from bytes to records, each with what is wrong with it, and holds no more of a
// list than the IDs its rows refer to. It also writes lists for spreadsheets. It
// imports only the words of package identity. Start reading at [Recognise] and
// [Read]; the addresses and classes that people paste are read by
// [ParseAddresses] and [ParseClassrooms].
package roster
