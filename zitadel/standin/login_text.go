package standin

import "golang.org/x/text/language"

// texts are the words of the login pages, in the languages the portal speaks.
type texts struct {
	code                                                              string
	signIn, name, password, next, forgot, register                    string
	activate, activateLead, inviteCode, newPassword, repeat, rules    string
	setPassword, reset, resetLead, change, changeLead                 string
	signUp, signUpLead, given, family, address                        string
	signedOut, signedOutLead, done, doneLead, backToSignIn            string
	lost, lostLead, failed, wrong, inactive, badCode, differ, noMatch string
	idpNotAllowed, noWay, notVerified, loginFailed                    string
	strangerTitle, strangerRefused, unknownTitle, unknownLead         string
	secondFactor, skip, locked, noFactor                              string
	verify, codeLead, appCode, useKey, useKeyLead, sentLead           string
	setUpLead, setUpAppLead, secret, confirm, wrongCode               string
	security, securityLead, hasFactors, hasNone, remove, addApp       string
	signedInAs, other, toSecurity, setUp                              string
	factors                                                           map[int32]string
	notMember, needsRole, noRegister, taken, noPassword, many         string
	weak                                                              map[string]string // by error ID
}

var matcher = language.NewMatcher([]language.Tag{language.English, language.Spanish})

// textsFor finds the words for the languages a request names, first those of
// the auth request, then those of the browser.
func textsFor(wanted ...language.Tag) texts {
	_, index, _ := matcher.Match(wanted...)
	if index == 1 {
		return spanish
	}
	return english
}

var english = texts{
	code:   "en",
	signIn: "Welcome back", name: "User name or e-mail address", password: "Password", next: "Sign in",
	forgot: "Set a new password", register: "Register a new account",
	activate: "Activate your account", activateLead: "Choose a password for %s.",
	inviteCode: "Invite code", newPassword: "New password", repeat: "New password again",
	rules:       "At least 8 characters, with upper and lower case, a number and a symbol.",
	setPassword: "Set password", reset: "Set a new password", resetLead: "For %s.",
	change: "Choose your own password", changeLead: "The one you were given works once.",
	signUp: "Register", signUpLead: "Your address will be your user name.", given: "Given name", family: "Family name", address: "E-mail address",
	signedOut: "You are signed out", signedOutLead: "This window may be closed.",
	done: "All set", doneLead: "You are signed in here. This window may be closed.", backToSignIn: "Sign in",
	lost: "This sign-in is no longer open", lostLead: "Go back to where you came from and start again.",
	failed: "This did not work", wrong: "User name or password is wrong.", inactive: "This account is not active.",
	badCode: "The code is wrong, was used already, or is too old.", differ: "The two passwords differ.",
	noMatch: "Nobody is known by this name.", notMember: "This account does not belong to the organization that was asked for.",
	needsRole: "This account may not use the application.", noRegister: "Registration is not allowed.",
	taken: "This name is taken.", noPassword: "This account has no password yet. Use the link of the invitation.",
	many:          "Several accounts have this address. Use the user name.",
	idpNotAllowed: "External Login Provider not allowed", noWay: "There is no way to sign in here.",
	notVerified: "The e-mail address of this account is not verified yet.", loginFailed: "Login failed",
	secondFactor: "2-Factor Setup", skip: "Skip", locked: "This account is locked. Ask the person who looks after it.",
	noFactor: "A second factor is required, and none is allowed here.",
	verify:   "Verify 2-Factor", codeLead: "Enter the code that the authenticator app shows.", appCode: "Code",
	useKey: "Use the security key", useKeyLead: "The stand-in asks for no real key: the button is enough.",
	sentLead: "The stand-in sends nothing. The code is", setUpLead: "An account is safer with a second factor.",
	setUpAppLead: "Enter this secret in an authenticator app, then the code that the app shows.", secret: "Secret",
	confirm: "Confirm", wrongCode: "The code is wrong or too old.",
	security: "Security", securityLead: "What proves a second time who signs in.", hasFactors: "Second factors", hasNone: "There is no second factor.",
	remove: "Remove", addApp: "Add an authenticator app", signedInAs: "Signed in as %s.", other: "Sign in as somebody else", toSecurity: "Security of this account", setUp: "Set one up",
	factors: map[int32]string{
		factorTOTP: "Authenticator app", factorKey: "Security key", factorMail: "Codes by e-mail", factorText: "Codes by text message",
	},
	strangerTitle:   "External User Not Found",
	strangerRefused: "Neither creation of linking is allowed on this provider. Please contact your administrator. (LOGIN-3kl44)",
	unknownTitle:    "Account Not Found", unknownLead: "There is no account here for this sign-in. Contact your administrator.",
	weak: map[string]string{
		"COMMA-HuJf6": "The password is too short.", "DOMAIN-oz5Zy": "The password is too long.",
		"COMMA-co3Xw": "The password has no lower case letter.", "COMMA-VoaRj": "The password has no upper case letter.",
		"COMMA-ZBv4H": "The password has no number.", "COMMA-ZDLwA": "The password has no symbol.",
	},
}

var spanish = texts{
	code:   "es",
	signIn: "Hola de nuevo", name: "Nombre de usuario o correo electrónico", password: "Contraseña", next: "Entrar",
	forgot: "Crear una contraseña nueva", register: "Crear una cuenta",
	activate: "Activar la cuenta", activateLead: "Elegir una contraseña para %s.",
	inviteCode: "Código de invitación", newPassword: "Contraseña nueva", repeat: "Repetir la contraseña nueva",
	rules:       "Al menos 8 caracteres, con mayúsculas y minúsculas, un número y un símbolo.",
	setPassword: "Guardar la contraseña", reset: "Crear una contraseña nueva", resetLead: "Para %s.",
	change: "Elegir una contraseña propia", changeLead: "La contraseña recibida sirve una sola vez.",
	signUp: "Crear una cuenta", signUpLead: "El correo electrónico será el nombre de usuario.", given: "Nombre", family: "Apellidos", address: "Correo electrónico",
	signedOut: "La sesión está cerrada", signedOutLead: "Ya se puede cerrar esta ventana.",
	done: "Listo", doneLead: "La sesión está abierta aquí. Ya se puede cerrar esta ventana.", backToSignIn: "Entrar",
	lost: "Este inicio de sesión ya no está abierto", lostLead: "Hay que volver a la página anterior y empezar de nuevo.",
	failed: "No ha funcionado", wrong: "El nombre de usuario o la contraseña no es correcto.", inactive: "Esta cuenta no está activa.",
	badCode: "El código no es correcto, ya se usó o es demasiado antiguo.", differ: "Las dos contraseñas son distintas.",
	noMatch: "No hay ninguna cuenta con este nombre.", notMember: "Esta cuenta no pertenece a la organización solicitada.",
	needsRole: "Esta cuenta no puede usar la aplicación.", noRegister: "El registro no está permitido.",
	taken: "Este nombre ya está en uso.", noPassword: "Esta cuenta aún no tiene contraseña. Hay que usar el enlace de la invitación.",
	many:          "Varias cuentas tienen este correo. Hay que usar el nombre de usuario.",
	idpNotAllowed: "El proveedor de inicio de sesión externo no está permitido", noWay: "Aquí no hay ninguna manera de entrar.",
	notVerified: "El correo electrónico de esta cuenta aún no está verificado.", loginFailed: "No se pudo iniciar la sesión",
	secondFactor: "Configuración de doble factor", skip: "Saltar", locked: "Esta cuenta está bloqueada. Hay que consultar a quien la administra.",
	noFactor: "Se exige un segundo factor y aquí no se permite ninguno.",
	verify:   "Comprobar el segundo factor", codeLead: "Escribir el código que muestra la aplicación de autenticación.", appCode: "Código",
	useKey: "Usar la llave de seguridad", useKeyLead: "Aquí no hace falta ninguna llave de verdad: basta con el botón.",
	sentLead: "Aquí no se envía nada. El código es", setUpLead: "Una cuenta es más segura con un segundo factor.",
	setUpAppLead: "Escribir este secreto en una aplicación de autenticación y, después, el código que muestra.", secret: "Secreto",
	confirm: "Confirmar", wrongCode: "El código no es correcto o es demasiado antiguo.",
	security: "Seguridad", securityLead: "Lo que demuestra por segunda vez quién entra.", hasFactors: "Segundos factores", hasNone: "No hay ningún segundo factor.",
	remove: "Quitar", addApp: "Añadir una aplicación de autenticación", signedInAs: "Sesión de %s.", other: "Entrar con otra cuenta", toSecurity: "Seguridad de esta cuenta", setUp: "Configurar uno",
	factors: map[int32]string{
		factorTOTP: "Aplicación de autenticación", factorKey: "Llave de seguridad", factorMail: "Códigos por correo", factorText: "Códigos por mensaje de texto",
	},
	strangerTitle:   "Usuario externo no encontrado",
	strangerRefused: "Ni la creación ni la vinculación están permitidas en este proveedor. Hay que consultar a la administración. (LOGIN-3kl44)",
	unknownTitle:    "No se encontró la cuenta", unknownLead: "Aquí no hay ninguna cuenta para este inicio de sesión. Hay que consultar a la administración.",
	weak: map[string]string{
		"COMMA-HuJf6": "La contraseña es demasiado corta.", "DOMAIN-oz5Zy": "La contraseña es demasiado larga.",
		"COMMA-co3Xw": "A la contraseña le falta una minúscula.", "COMMA-VoaRj": "A la contraseña le falta una mayúscula.",
		"COMMA-ZBv4H": "A la contraseña le falta un número.", "COMMA-ZDLwA": "A la contraseña le falta un símbolo.",
	},
}
