package zitadel

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/message"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"homeroom.dev/homeroom/identity"
)

// IDs of Zitadel's errors that mean something to us, as seen on a v4 server.
// Taken is the answer of every unique constraint: user name, organization
// name, authorization, role, grant.
const (
	idTaken              = "V3-DKcYh"
	idUserExists         = "COMMAND-7yiox1isql" // the user ID, not the user name
	idHasCredential      = "COMMAND-EF34g"
	idNoMembership       = "AUTHZ-cdgFk" // not ours to see, or not there
	idUserGone           = "QUERY-Dfbg2" // or never there, where it would be ours to see
	idNoSuchUser         = "COMMAND-4f8sg"
	idNoSuchUserFast     = "COMMAND-uXHNj" // with improved_performance USER_GRANT
	idNoGrant            = "COMMAND-4m9ff"
	idNoGrantFast        = "COMMAND-m9gsd"
	idRoleNotGranted     = "COMMAND-mm9F4"
	idOrganizationExists = "ORG-laho2n"  // the organization's ID, not its name
	idOrganizationGone   = "ORG-poWwe"   // the ID of a deleted organization
	idAdministratorIs    = "INSTA-pFDwe" // already
	idLogoutURLBlocked   = "PROJECT-msNebo"

	idMetadataRefused    = "ORG-SF3rwhgh" // of a new identity provider
	idNewMetadataRefused = "ORG-SFqqh42"  // of one that is there
	idNoSuchProvider     = "COMMAND-as02jin"
	idHasLoginPolicy     = "Org-Dgfb2"
	idNoLoginPolicy      = "Org-GVDfe"
	idPolicyNotChanged   = "Org-5M9vdd"
	idProviderAttached   = "Org-2B0ps"
	idProviderDetached   = "Org-39fjs"

	idLabelsNotChanged = "Org-8nfSr"
	idLabelsExist      = "Org-2B0ps"

	idOrganizationInactive = "EVENT-Dbs2g" // already
	idOrganizationActive   = "EVENT-bfnrh"
	idOrganizationDeleted  = "COMMA-aps2n"

	idDomainExists   = "V2-e1wse"
	idDomainVerified = "ORG-HGw21"
	idDomainGone     = "ORG-GDfA3"
	idDomainPrimary  = "ORG-Sjdi3"
)

// notProven is what Zitadel answers where the proof of a domain is not to be
// found: no challenge yet; no TXT record, none that fits, no answer in time, or
// no name server that answers; no host, an error of it, no file, or another one.
var notProven = []string{
	"ORG-SFBB3",
	"ORG-G241f", "ORG-G28if", "ORG-K563l", "HTTP-Hwsw2",
	"HTTP-BH42h", "HTTP-G2zsw", "HTTP-HB432", "ORG-F4zhw", "ORG-GH422",
}

// detail is the ID of Zitadel's error, or empty.
func detail(err error) string {
	for _, d := range status.Convert(err).Details() {
		switch d := d.(type) {
		case *message.ErrorDetail:
			return d.GetId()
		case *message.CredentialsCheckError:
			return d.GetId()
		}
	}
	return ""
}

// is reports whether err is one of Zitadel's errors with ids.
func is(err error, ids ...string) bool {
	return err != nil && slices.Contains(ids, detail(err))
}

// isWeak reports whether a password is too short, or lacks a lower or upper
// case letter, a digit or a symbol: Zitadel has an ID for each, with one prefix
// on creating a user and another on changing one.
func isWeak(err error) bool {
	_, id, _ := strings.Cut(detail(err), "-")
	return err != nil && slices.Contains([]string{"HuJf6", "co3Xw", "VoaRj", "ZBv4H", "ZDLwA"}, id)
}

// isLinkTaken reports whether somebody has the link to an identity provider
// already. Every unique constraint answers with one ID; the text tells them
// apart, in the instance's language: each of Zitadel's says "IDP" here but
// Russian, and none does of a user name.
func isLinkTaken(err error) bool {
	text := strings.ToLower(status.Convert(err).Message())
	return is(err, idTaken) && (strings.Contains(text, "idp") || strings.Contains(text, "внешний"))
}

// isNotChanged reports whether a change was refused because nothing would
// change.
func isNotChanged(err error) bool { return is(err, idPolicyNotChanged) }

// errorCode is the gRPC code of err; OK for nil.
func errorCode(err error) codes.Code { return status.Code(err) }

func isCode(err error, code codes.Code) bool {
	return err != nil && status.Code(err) == code
}

// fail puts an error of Zitadel into our words. doing is what was tried, and
// notFound the message about something that is not there.
func fail(doing string, err error, notFound string) error {
	var known *identity.Error
	if err == nil || errors.As(err, &known) {
		return err
	}
	cause := fmt.Errorf("%s: %w", doing, err)
	if errors.Is(err, context.Canceled) || isCode(err, codes.Canceled) {
		return fmt.Errorf("%s: %w", doing, context.Canceled) // of the caller; nobody waits for an answer
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return identity.Unavailable("remote.unavailable").Because(cause)
	}
	switch detail(err) {
	case idNoSuchUser, idNoSuchUserFast:
		return identity.NotFound("user.not-found").Because(cause)
	case idNoGrant, idNoGrantFast:
		// Not an organization we opened: it has no grant of the project.
		return identity.NotFound("organization.not-found").Because(cause)
	case idRoleNotGranted:
		return identity.Invalid("role.not-here").Because(cause)
	}
	switch status.Code(err) {
	case codes.Unavailable, codes.DeadlineExceeded, codes.ResourceExhausted, codes.Aborted:
		return identity.Unavailable("remote.unavailable").Because(cause)
	case codes.NotFound:
		return identity.NotFound(notFound).Because(cause)
	case codes.InvalidArgument:
		return identity.Invalid("remote.refused").Because(cause)
	}
	return cause
}

// notShown says that Zitadel took a write and does not show what was written.
func notShown(doing string) error {
	return identity.Unavailable("remote.not-shown").Because(errors.New(doing + ": accepted, and not shown on Zitadel's read side"))
}
