// Package mail carries outgoing mail: by SMTP, or into the demo's mailbox. It
// imports only the words of package identity; what a mail says is written
// elsewhere. Start reading at [SMTP].
package mail
