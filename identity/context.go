package identity

import "context"

type requestKey struct{}

// WithRequest returns a context that carries request to the audit records
// written under it.
func WithRequest(ctx context.Context, request Request) context.Context {
	return context.WithValue(ctx, requestKey{}, request)
}

// RequestFrom is the request ctx carries; zero for work nobody asked for by
// HTTP.
func RequestFrom(ctx context.Context) Request {
	request, _ := ctx.Value(requestKey{}).(Request)
	return request
}
