package views

import (
	"testing"

	"homeroom.dev/homeroom/identity"
)

// What was observed at Zitadel, and what the log itself and its streams cause, is
// told in plain sentences in every language.
func TestRecordsAreToldInSentences(t *testing.T) {
	maria := identity.Actor{User: "u1", Name: "Maria Lee"}
	values := func(pairs ...string) map[string]string {
		v := make(map[string]string)
		for i := 0; i < len(pairs); i += 2 {
			v[pairs[i]] = pairs[i+1]
		}
		return v
	}
	for _, tt := range []struct {
		record identity.AuditRecord
		en, es string
	}{
		{identity.AuditRecord{Action: identity.ActionSignedIn, Actor: maria, Target: "u1", TargetName: "Maria Lee"}, "Maria Lee signed in.", "Maria Lee inició sesión."},
		{identity.AuditRecord{Action: identity.ActionSignInFailed, Target: "u2", TargetName: "Sam Kim"}, "A sign-in as Sam Kim failed.", "Falló un inicio de sesión de Sam Kim."},
		{identity.AuditRecord{Action: identity.ActionSignInFailed, Target: "u2", TargetName: "Sam Kim", After: values("credential", "password")}, "A sign-in as Sam Kim with the password failed.", "Falló un inicio de sesión de Sam Kim con la contraseña."},
		{identity.AuditRecord{Action: identity.ActionSignedOut, Actor: maria, Target: "u1", TargetName: "Maria Lee"}, "Maria Lee signed out.", "Maria Lee cerró sesión."},
		{identity.AuditRecord{Action: identity.ActionPasswordChanged, Actor: maria, Target: "u1", TargetName: "Maria Lee"}, "Maria Lee changed their password.", "Maria Lee cambió su contraseña."},
		{identity.AuditRecord{Action: identity.ActionPasswordChanged, Actor: maria, Target: "u2", TargetName: "Sam Kim"}, "Maria Lee changed the password of Sam Kim.", "Maria Lee cambió la contraseña de Sam Kim."},
		{identity.AuditRecord{Action: identity.ActionFactorAdded, Actor: maria, Target: "u1", TargetName: "Maria Lee", After: values("factor", "totp")}, "Maria Lee added a way to sign in: an authenticator app.", "Maria Lee añadió una forma de iniciar sesión: una aplicación de autenticación."},
		{identity.AuditRecord{Action: identity.ActionFactorRemoved, Actor: maria, Target: "u2", TargetName: "Sam Kim", After: values("credential", "recovery-code")}, "Maria Lee removed a way to sign in of Sam Kim: recovery codes.", "Maria Lee quitó a Sam Kim una forma de iniciar sesión: códigos de recuperación."},
		{identity.AuditRecord{Action: identity.ActionFactorRemoved, Target: "u2", TargetName: "Sam Kim", After: values("factor", "hologram")}, "Sam Kim removed a way to sign in: another one.", "Sam Kim quitó una forma de iniciar sesión: otra."},
		{identity.AuditRecord{Action: identity.ActionRemotePolicy, Actor: maria, Organization: "o1", Target: "o1", After: values("policy", "login", "change", "changed")}, "Maria Lee changed a policy in Zitadel: login, changed.", "Maria Lee cambió una política en Zitadel: login, changed."},
		{identity.AuditRecord{Action: identity.ActionRemoteProvider, Target: "p9", After: values("name", "Okta", "change", "added")}, "Somebody changed an identity provider in Zitadel: Okta, added.", "Alguien cambió un proveedor de identidad en Zitadel: Okta, added."},
		{identity.AuditRecord{Action: identity.ActionRemoteDomain, Target: "linden.example", After: values("change", "verified")}, "Somebody changed a domain in Zitadel: linden.example, verified.", "Alguien cambió un dominio en Zitadel: linden.example, verified."},
		{identity.AuditRecord{Action: identity.ActionRemoteManager, Target: "u2", TargetName: "Sam Kim", After: values("roles", "ORG_OWNER", "change", "added")}, "Somebody changed who administers this in Zitadel: Sam Kim, ORG_OWNER, added.", "Alguien cambió quién administra esto en Zitadel: Sam Kim, ORG_OWNER, added."},
		{identity.AuditRecord{Action: identity.ActionRemoteState, Organization: "o1", Target: "o1", After: values("state", "inactive")}, "Somebody switched this off or on in Zitadel: inactive.", "Alguien desactivó o activó esto en Zitadel: inactive."},
		{identity.AuditRecord{Action: identity.ActionRemoteOther, Event: identity.AuditEvent{Type: "user.token.added"}}, "Somebody changed something in Zitadel: user.token.added.", "Alguien cambió algo en Zitadel: user.token.added."},
		{identity.AuditRecord{Action: identity.ActionAuditExported, Actor: maria, After: values("records", "1200")}, "Maria Lee exported 1,200 of this log’s records.", "Maria Lee exportó 1200 registros de este historial."},
		{identity.AuditRecord{Action: identity.ActionAuditExported, Actor: maria}, "Maria Lee exported records of this log.", "Maria Lee exportó registros de este historial."},
		{identity.AuditRecord{Action: identity.ActionStreamAdded, Actor: maria, Target: "s1", TargetName: "SIEM"}, "Maria Lee began to send this log to “SIEM”.", "Maria Lee empezó a enviar este historial a «SIEM»."},
		{identity.AuditRecord{Action: identity.ActionStreamChanged, Actor: maria, TargetName: "SIEM", After: values("state", "paused")}, "Maria Lee paused sending this log to “SIEM”.", "Maria Lee pausó el envío de este historial a «SIEM»."},
		{identity.AuditRecord{Action: identity.ActionStreamChanged, Actor: maria, TargetName: "SIEM", After: values("secret", "shown")}, "Maria Lee looked at the signing secret of “SIEM”.", "Maria Lee miró el secreto de firma de «SIEM»."},
		{identity.AuditRecord{Action: identity.ActionVisited, Actor: maria, After: values("reason", "ticket 12")}, "Maria Lee, an operator of the platform, began to look into this: ticket 12.", "Maria Lee, de la operación de la plataforma, empezó a mirar aquí: ticket 12."},
		// What people are called is no part of a sentence's grammar.
		{identity.AuditRecord{Action: identity.ActionRoleRemoved, Actor: identity.Actor{Name: "{{.Target}}"}, TargetName: "100%\x02"}, "{{.Target}} removed 100%\x02.", "{{.Target}} quitó a 100%\x02."},
	} {
		for language, want := range map[string]string{"en": tt.en, "es": tt.es} {
			if got := AuditSentence(WithLanguage(t.Context(), language), tt.record); got != want {
				t.Errorf("%s in %s: %q, want %q", tt.record.Action, language, got, want)
			}
		}
	}
}
