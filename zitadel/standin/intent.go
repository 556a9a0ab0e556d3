package standin

// intent is one sign-in through an identity provider.
type intent struct {
	aggregate
}
