package main

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"sync/atomic"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
)

// farAway is how long each request takes a bucket that is not next door.
const farAway = 20 * time.Millisecond

// bucketServer is a server of S3's API in this process, so that what it takes is not measured.
type bucketServer struct {
	http.Handler
	delay    atomic.Int64 // of each request
	requests atomic.Int64
}

func (s *bucketServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.requests.Add(1)
	time.Sleep(time.Duration(s.delay.Load()))
	s.Handler.ServeHTTP(w, r)
}

// bucketFigures set a ledger in a bucket beside the folder that it is a copy of.
func bucketFigures(show func(figure)) error {
	rows, err := serverRows()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "microspend-bench-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	backend := s3mem.New()
	if err := errors.Join(fakeCredentials(), backend.CreateBucket("bench")); err != nil {
		return err
	}
	server := &bucketServer{Handler: gofakes3.New(backend, gofakes3.WithLogger(gofakes3.DiscardLog())).Server()}
	listening := httptest.NewServer(server)
	defer listening.Close()
	name := "s3://bench/ledger?" + url.Values{
		"endpoint": {listening.URL}, "path-style": {"true"}, "region": {"us-east-1"},
	}.Encode()
	whole, err := filled(dir, "whole", fleet{rows / 1000, fleetDays}, 1)
	if err != nil {
		return err
	}
	copied, err := fastest(1, nil, "./microspend", "ledger", "move", whole.dir, name)
	if err != nil {
		return err
	}
	show(figure{
		"moving a folder into a bucket", fmt.Sprintf("%.2f × its import", ratio(copied.wall, whole.took.wall)), "",
		fmt.Sprintf("%s for %s", seconds(copied.wall), millions(rows)),
	})
	for _, from := range []struct{ what, timezone string }{
		{"rollups", "UTC"}, {"every row", "Asia/Kolkata"}, // whose midnights are at half past the hour, in UTC
	} {
		if err := bucketSpend(show, server, whole.dir, name, from.what, from.timezone); err != nil {
			return err
		}
	}
	return nil
}

func bucketSpend(show func(figure), server *bucketServer, dir, name, what, timezone string) error {
	local, err := spendTime(dir, timezone)
	if err != nil {
		return err
	}
	server.delay.Store(0)
	before := server.requests.Load()
	near, err := spendTime(name, timezone)
	if err != nil {
		return err
	}
	requests := (server.requests.Load() - before) / spendRuns
	server.delay.Store(int64(farAway))
	far, err := spendTime(name, timezone)
	if err != nil {
		return err
	}
	show(figure{
		fmt.Sprintf("spend of %d days, from %s", fleetDays, what), fmt.Sprintf("%d requests", requests), "100 or fewer", "",
	})
	show(figure{
		"  processor time", fmt.Sprintf("%.2f × the folder's", ratio(near.cpu, local.cpu)), "1.5 or less",
		fmt.Sprintf("%s against %s; %s of memory", seconds(near.cpu), seconds(local.cpu), megabytes(near.memory)),
	})
	show(figure{
		fmt.Sprintf("  with %d ms added to each request", farAway.Milliseconds()),
		fmt.Sprintf("%.2f × the folder's time", ratio(far.wall, local.wall)), "2.5 or less",
		fmt.Sprintf("%s against %s; %s without the delay", seconds(far.wall), seconds(local.wall), seconds(near.wall)),
	})
	return nil
}
