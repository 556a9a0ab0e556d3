package zitadel_test

import (
	"context"
	"sync"

	"homeroom.dev/homeroom/sso/testdns"
	"homeroom.dev/homeroom/zitadel/standin"
)

// standinServer is the one stand-in of the suite. It lives as long as the tests
// do; tests that make it fail start their own.
var standinWorld = sync.OnceValues(func() (*world, error) {
	server, err := startStandin(context.Background())
	if err != nil {
		return nil, err
	}
	w, err := newWorld(server.Issuer(), server.OwnerKey())
	if err != nil {
		return nil, err
	}
	w.dns, err = standinDNS()
	return w, err
})

// standinDNS is what a stand-in asks for the records that prove domains.
var standinDNS = sync.OnceValues(func() (*testdns.Server, error) { return testdns.Start("127.0.0.1:0") })

func startStandin(ctx context.Context) (*standin.Server, error) {
	dns, err := standinDNS()
	if err != nil {
		return nil, err
	}
	server, err := standin.New(standin.Options{Resolver: dns.Resolver()})
	if err != nil {
		return nil, err
	}
	return server, server.Start(ctx, "127.0.0.1:0")
}
