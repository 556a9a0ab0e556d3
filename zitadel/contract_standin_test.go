package zitadel_test

var standinWorld = func() (*world, error) { return nil, nil }
