package handlers

import (
	"errors"
	"net/http"

	"homeroom.dev/homeroom/identity"
)

// retryable makes of an error a problem to show with the form as it was typed:
// beside field where it contradicts what is there, and above the form where
// something is away for now. Problems are nil for any other error, which has a
// page of its own.
func retryable(err error, field string) (int, identity.Problems) {
	var known *identity.Error
	if !errors.As(err, &known) {
		return 0, nil
	}
	switch known.Kind {
	case identity.KindConflict:
		return http.StatusUnprocessableEntity, identity.Problems{{Field: field, Message: known.Message}}
	case identity.KindUnavailable:
		return http.StatusServiceUnavailable, identity.Problems{{Message: known.Message}}
	}
	return 0, nil
}
