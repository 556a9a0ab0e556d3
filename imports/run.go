package imports

import (
	"context"
	"time"

	"homeroom.dev/homeroom/identity"
)

// applying applies what was planned, until end.
func (e *Engine) applying(context.Context, work, time.Time) error {
	return identity.Unavailable("import.taken-nowhere")
}
