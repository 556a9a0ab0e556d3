package standin

import (
	"fmt"

	"github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/message"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// failure is an error as Zitadel answers it: a code, its own ID, and a text.
type failure struct {
	code     codes.Code
	id, text string
}

func (f *failure) Error() string { return fmt.Sprintf("%s (%s)", f.text, f.id) }

// GRPCStatus carries ID and text in a zitadel.v1.ErrorDetail.
func (f *failure) GRPCStatus() *status.Status {
	st := status.New(f.code, f.Error())
	if detailed, err := st.WithDetails(&message.ErrorDetail{Id: f.id, Message: f.text}); err == nil {
		return detailed
	}
	return st
}

func notFound(id, text string) error { return &failure{codes.NotFound, id, text} }

func precondition(id, text string) error { return &failure{codes.FailedPrecondition, id, text} }

func invalid(id, text string) error { return &failure{codes.InvalidArgument, id, text} }

func exists(id, text string) error { return &failure{codes.AlreadyExists, id, text} }

func denied(id, text string) error { return &failure{codes.PermissionDenied, id, text} }

func unauthenticated(id, text string) error { return &failure{codes.Unauthenticated, id, text} }

const (
	unimplemented = codes.Unimplemented
	internalCode  = codes.Internal
	invalidCode   = codes.InvalidArgument
	unknownCode   = codes.Unknown
)

// Texts that many calls share.
const (
	noUser       = "User could not be found"
	noMembership = "membership not found"
	noPermission = "No matching permissions found"
	noChanges    = "No changes"
)

// validation is a field the generated validators of the real server refuse;
// it carries no detail.
func validation(format string, args ...any) error {
	return status.Errorf(codes.InvalidArgument, "invalid "+format, args...)
}

// checkLength refuses a field that is not 1 to most runes long.
func checkLength(field, value string, most int) error {
	if n := len([]rune(value)); n < 1 || n > most {
		return validation("%s: value length must be between 1 and %d runes, inclusive", field, most)
	}
	return nil
}
