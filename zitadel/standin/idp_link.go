package standin

// externalID is who somebody is at an identity provider. One user alone can be
// that.
type externalID struct{ idp, user string }

// idpLink ties a user to who they are at an identity provider.
type idpLink struct{ idp, user, name string }
