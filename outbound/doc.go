// Package outbound fetches what strangers name: metadata URLs, discovery
// documents, proofs of domains. It asks no address of our own network, however
// a name resolves and wherever a redirect leads.
//
// It imports identity alone. Start reading at [Client.Get].
package outbound
