package sso

func entraOIDCGuide(v Values) []Step {
	return []Step{
		v.bothACS(v.step("guide.title.create", "guide.entra-oidc.create",
			append([]CopyValue{{"Name", v.AppName}}, v.redirects("Redirect URI (Web)")...)...)),
		v.step("guide.title.claims", "guide.entra-oidc.claims", CopyValue{"ID", "email, family_name, given_name"}).
			noting("guide.note.entra-mail-empty"),
		v.step("guide.title.client", "guide.entra-oidc.client", CopyValue{"Issuer", "https://login.microsoftonline.com/TENANT-ID/v2.0"}).
			noting("guide.note.entra-secret-value", "guide.note.secret-expiry"),
		v.step("guide.title.assign", "guide.entra-oidc.assign").noting("guide.note.assign-yourself"),
		v.tile("guide.entra-oidc.tile", "Home page URL"),
	}
}

func googleOIDCGuide(v Values) []Step {
	return []Step{
		v.step("guide.title.consent", "guide.google-oidc.consent", CopyValue{"App name", v.AppName}),
		v.bothACS(v.step("guide.title.create", "guide.google-oidc.create",
			append([]CopyValue{{"Name", v.AppName}}, v.redirects("Authorized redirect URIs")...)...)),
		v.step("guide.title.client", "guide.google-oidc.client", CopyValue{"Issuer", "https://accounts.google.com"}),
	}
}

func oktaOIDCGuide(v Values) []Step {
	return []Step{
		v.bothACS(v.step("guide.title.create", "guide.okta-oidc.create",
			append([]CopyValue{{"App integration name", v.AppName}}, v.redirects("Sign-in redirect URIs")...)...)),
		v.step("guide.title.client", "guide.okta-oidc.client", CopyValue{"Issuer", "https://ORGANIZATION.okta.com"}),
		v.step("guide.title.assign", "guide.okta.assign").noting("guide.note.assign-yourself"),
		v.tile("guide.okta-oidc.tile", "Initiate login URI"),
	}
}

func oneLoginOIDCGuide(v Values) []Step {
	return []Step{
		v.step("guide.title.create", "guide.onelogin-oidc.create", CopyValue{"Display Name", v.AppName}),
		v.bothACS(v.step("guide.title.addresses", "guide.onelogin-oidc.addresses",
			append([]CopyValue{{"Login URL", v.StartURL}}, v.redirects("Redirect URI's")...)...)),
		v.step("guide.title.client", "guide.onelogin-oidc.client", CopyValue{"Issuer", "https://SUBDOMAIN.onelogin.com/oidc/2"}),
		v.step("guide.title.assign", "guide.onelogin.assign").noting("guide.note.assign-yourself"),
	}
}

func oidcGuide(v Values) []Step {
	return []Step{
		v.bothACS(v.step("guide.title.create", "guide.oidc.create", v.redirects("redirect_uri")...)),
		v.step("guide.title.claims", "guide.oidc.claims",
			CopyValue{"scope", "openid profile email"}, CopyValue{"claims", "sub, email, given_name, family_name"}),
		v.step("guide.title.client", "guide.oidc.client"),
		v.tile("guide.oidc.tile", "initiate_login_uri"),
	}
}

// Clever and ClassLink are connected once for the whole installation. What is
// left to a school is its own district.

func cleverGuide(v Values) []Step {
	district := v.step("guide.title.district", "guide.clever.district")
	if v.District != "" {
		district.Copy = []CopyValue{{"district", v.District}}
	}
	return []Step{
		v.step("guide.title.share", "guide.clever.share", CopyValue{"App", v.AppName}),
		district,
		v.step("guide.title.tile", "guide.clever.tile", CopyValue{"URL", v.StartURL}),
	}
}

func classLinkGuide(v Values) []Step {
	district := v.step("guide.title.district", "guide.classlink.district")
	if v.District != "" {
		district.Copy = []CopyValue{{"TenantId", v.District}}
	}
	return []Step{
		v.step("guide.title.share", "guide.classlink.share", CopyValue{"App", v.AppName}),
		district,
		v.step("guide.title.tile", "guide.classlink.tile", CopyValue{"URL", v.StartURL}),
	}
}
