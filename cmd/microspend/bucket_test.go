package main

import (
	"net/http/httptest"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
	"github.com/rogpeppe/go-internal/testscript"
)

// setUpBucket has scripts find an S3 server with an empty bucket, "usage", by the options of a ledger's name: $S3.
func setUpBucket(env *testscript.Env) error {
	backend := s3mem.New()
	if err := backend.CreateBucket("usage"); err != nil {
		return err
	}
	server := httptest.NewServer(gofakes3.New(backend, gofakes3.WithLogger(gofakes3.DiscardLog())).Server())
	env.Defer(server.Close)
	env.Setenv("S3", "endpoint="+server.URL+"&path-style=true&region=eu-west-1")
	return nil
}
