package zitadel_test

import (
	"context"
	"sync"

	"homeroom.dev/homeroom/zitadel/standin"
)

// standinServer is the one stand-in of the suite. It lives as long as the tests
// do; tests that make it fail start their own.
var standinWorld = sync.OnceValues(func() (*world, error) {
	server, err := startStandin(context.Background())
	if err != nil {
		return nil, err
	}
	return newWorld(server.Issuer(), server.OwnerKey())
})

func startStandin(ctx context.Context) (*standin.Server, error) {
	server, err := standin.New(standin.Options{})
	if err != nil {
		return nil, err
	}
	return server, server.Start(ctx, "127.0.0.1:0")
}
