package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store"
)

// sendMail sends a mail of the outbox. A crash between the server's answer and
// our note of it sends it once more, under the same Message-ID; a mail that was
// sent or withdrawn is left alone.
func sendMail(s *store.Store, mailer identity.Mailer) Handler {
	return func(ctx context.Context, payload json.RawMessage, last bool) error {
		var job store.MailPayload
		if err := json.Unmarshal(payload, &job); err != nil {
			return Final(fmt.Errorf("read the job: %w", err))
		}
		m, err := s.OutboxMail(ctx, job.Mail)
		switch {
		case identity.IsKind(err, identity.KindNotFound):
			return nil
		case err != nil:
			return fmt.Errorf("load mail %s: %w", job.Mail, err)
		}
		err = mailer.Send(ctx, m)
		var refused *identity.Error
		switch {
		case err == nil:
			return s.MailSent(ctx, job.Mail)
		case errors.As(err, &refused) && refused.Kind == identity.KindInvalid:
			return Final(errors.Join(err, s.MailFailed(ctx, job.Mail, refused.Message)))
		case last:
			return errors.Join(err, s.MailFailed(ctx, job.Mail, identity.Say("mail.gave-up")))
		}
		return err
	}
}
