// Package doctor looks at an installation as an operator would who knows where
// it hurts: the portal's own configuration, the rights of its service accounts,
// the server and the policies of the Zitadel instance, the projection and the
// audit log. Each finding says what is so, how bad that is, and what mends it.
//
// It changes nothing, and imports identity and store alone: what it asks comes
// in through [Options]. Start reading at [Doctor.Look].
package doctor
