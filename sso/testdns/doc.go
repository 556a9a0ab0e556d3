// Package testdns is a name server for tests and the demo: it answers on a UDP
// port of this machine with the records it was told, and knows no other name.
// It imports nothing of ours. Start reading at [Start].
package testdns
