// Command microspend tells what AWS Lambda MicroVMs cost: a workload's bill, line by line and exact, and how it
// compares.
package main

import (
	"context"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"
	_ "time/tzdata" // --tz works where the system has no time zones
)

const (
	grace           = 2 * time.Second
	exitInterrupted = 130
)

func main() {
	p := process{in: os.Stdin, out: os.Stdout, err: os.Stderr, environ: os.Environ(), now: time.Now}
	if len(os.Args) > 1 && os.Args[1] == "meter" {
		// It passes signals on to the command that it runs, and ends when that does.
		os.Exit(run(context.Background(), os.Args[1:], p))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var patience atomic.Int64
	patience.Store(int64(grace))
	p.patience = func(d time.Duration) { patience.Store(int64(d)) }
	done := make(chan int, 1)
	go func() { done <- run(ctx, os.Args[1:], p) }()
	select {
	case code := <-done:
		os.Exit(code)
	case <-ctx.Done():
		stop() // a second signal ends the program at once
	}
	// A command finishes what it is writing, but need not finish waiting for input.
	select {
	case code := <-done:
		os.Exit(code)
	case <-time.After(time.Duration(patience.Load())):
		os.Exit(exitInterrupted)
	}
}
