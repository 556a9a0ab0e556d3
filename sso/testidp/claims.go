package testidp

// standardClaims are OpenID's own names, as Okta and most others send them.
func standardClaims(p Person) map[string]any {
	return map[string]any{
		"sub": pairwise(p), "name": p.name(), "given_name": p.GivenName, "family_name": p.FamilyName,
		"preferred_username": p.UserName, "email": p.Address, "email_verified": true,
	}
}

// entraClaims have no email_verified: Entra sends none.
func entraClaims(p Person) map[string]any {
	claims := standardClaims(p)
	delete(claims, "email_verified")
	claims["oid"], claims["tid"] = p.ID, entraTenant
	return claims
}

// googleClaims have no user name, and name the hosted domain.
func googleClaims(p Person) map[string]any {
	claims := standardClaims(p)
	delete(claims, "preferred_username")
	claims["hd"] = domainOf(p.Address)
	return claims
}

// oneLoginClaims have no email_verified either.
func oneLoginClaims(p Person) map[string]any {
	claims := standardClaims(p)
	delete(claims, "email_verified")
	return claims
}

func cleverClaims(p Person) map[string]any {
	kind := map[string]string{"staff": "teacher"}[p.Affiliation]
	if kind == "" {
		kind = "student"
	}
	return map[string]any{
		"sub": p.ID, "user_id": p.ID, "user_type": kind, "district": p.District,
		"given_name": p.GivenName, "family_name": p.FamilyName, "email": p.Address, "email_verified": true,
	}
}

func classLinkClaims(p Person) map[string]any {
	role := map[string]string{"staff": "Teacher"}[p.Affiliation]
	if role == "" {
		role = "Student"
	}
	return map[string]any{
		"sub": p.ID, "UserId": p.ID, "TenantId": p.District, "Role": role,
		"given_name": p.GivenName, "family_name": p.FamilyName, "email": p.Address,
	}
}
