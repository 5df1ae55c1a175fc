package main

import (
	"fmt"
	"net/http/httptest"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"microspend/collector/meter"
	"microspend/collector/microvmapi"
	"microspend/internal/emf"
	"microspend/internal/fakecloudwatch"
	"microspend/internal/fakemicrovms"
	"microspend/pricing"
)

// scriptedLife lets the meter's own recorder follow a MicroVM of 2 GB through its life, and gives its lines to print,
// each with the moment at which it is printed. The MicroVM is launched at 09:00:30, suspended from 09:20:30 to
// 09:50:30 and terminated at 10:00:45.
func scriptedLife(print func(at time.Time, line string)) error {
	size, err := pricing.ParseSize("2GB")
	if err != nil {
		return err
	}
	wall := scriptDay.Add(-3*time.Hour + 30*time.Second)
	mono := time.Duration(0)
	load := meter.Load{CPUKnown: true, MemoryKnown: true}
	now := func() meter.Instant { return meter.Instant{Mono: mono, Wall: wall.UnixNano()} }
	recorder := &meter.Recorder{
		Publication: emf.Publication{Namespace: emf.DefaultNamespace, Metrics: emf.NoMetrics},
		Timing:      meter.DefaultTiming(),
		Emit:        func(line *emf.Line) { print(wall.Add(80*time.Millisecond), string(line.AppendTo(nil))) },
		Say:         func(string, ...any) {},
		DrawLife:    func(meter.Instant, string) string { return fmt.Sprintf("%032x", 42) },
	}
	runs := func(d time.Duration) {
		for range int(d / time.Second) {
			mono, wall = mono+time.Second, wall.Add(time.Second)
			recorder.Observe(now(), load)
		}
	}
	recorder.Observe(now(), load)
	recorder.Run(now(), load, meter.Identity{
		MicroVMID: "microvm-42", Tenant: "acme", Image: "sandbox", Region: "eu-west-1",
		Account: fakecloudwatch.DefaultAccount,
		Size:    size, ImageBytes: 3 << 30,
	})
	runs(20 * time.Minute)
	recorder.Suspend(now(), load)
	wall = wall.Add(30 * time.Minute) // the monotonic clock stands still
	recorder.Resume(now(), load)
	runs(10*time.Minute + 15*time.Second)
	recorder.Terminate(now(), load)
	return nil
}

// setUpSources gives a script a CloudWatch Logs of its own at $LOGS, with the lines of the scripted life among those
// of the application, and a MicroVM API at $MICROVMS, with a MicroVM that has been running for an hour.
func setUpSources(env *testscript.Env) error {
	clock := func() time.Time { return scriptDay }
	place := fakecloudwatch.Place{Account: fakecloudwatch.DefaultAccount, Region: "eu-west-1"}
	logs := fakecloudwatch.NewLogs(fakecloudwatch.LogsOptions{Now: clock, PageEvents: 10})
	logs.AddGroup(place, fakecloudwatch.LogGroup{
		Name:    "/aws/lambda-microvms/sandbox",
		Created: scriptDay.AddDate(0, 0, -30),
	})
	lines := 0
	err := scriptedLife(func(at time.Time, line string) {
		if lines++; lines == 7 {
			line += line // torn apart and put together again by something on the way
		}
		logs.Put(place, "/aws/lambda-microvms/sandbox", "microvm-42",
			fakecloudwatch.LogEvent{At: at, Message: line}, fakecloudwatch.LogEvent{At: at, Message: "GET /health 200"})
	})
	if err != nil {
		return err
	}
	whole := fakecloudwatch.NewLogs(fakecloudwatch.LogsOptions{Now: clock})
	if err := scriptedLife(func(at time.Time, line string) {
		whole.Put(place, "/aws/lambda-microvms/sandbox", "microvm-42", fakecloudwatch.LogEvent{At: at, Message: line})
	}); err != nil {
		return err
	}
	image := "arn:aws:lambda:eu-west-1:" + fakecloudwatch.DefaultAccount + ":microvm-image:sandbox"
	api := fakemicrovms.New(fakemicrovms.Options{
		Now: clock, Keys: map[string]string{"AKID": "secret"},
		Region: "eu-west-1",
	})
	api.AddImage(fakemicrovms.Image{
		ARN: image, Version: "1.0", MemoryMiB: 2048, CreatedAt: scriptDay.AddDate(0, 0, -9),
		Builds: []fakemicrovms.Build{{ID: "b1", Memory: 1 << 30, Disk: 1 << 20}},
	})
	api.Add(fakemicrovms.MicroVM{
		ID: "microvm-43", Image: image, Version: "1.0", StartedAt: scriptDay.Add(-time.Hour),
		Changes: []fakemicrovms.Change{
			{At: scriptDay.Add(-time.Hour), State: microvmapi.StateRunning},
		},
	})
	for name, server := range map[string]*httptest.Server{
		"LOGS": httptest.NewServer(whole), "TORNLOGS": httptest.NewServer(logs), "MICROVMS": httptest.NewServer(api),
	} {
		env.Defer(server.Close)
		env.Setenv(name, server.URL)
	}
	return nil
}
