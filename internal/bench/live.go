package main

import (
	"bufio"
	"errors"
	"fmt"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"time"

	"microspend/collector/microvmapi"
	"microspend/internal/fakemicrovms"
)

const (
	liveMicroVMs = 1000
	livePromised = 10 * time.Second // for all of them to be listed, at 50 a page
	liveWatched  = 30 * time.Second // after the first look, which learns what there is
)

// liveFigures has top look at a fleet of which a twentieth changes its state each minute: once, and for a while.
func liveFigures(show func(figure)) error {
	program, err := filepath.Abs("microspend")
	if err != nil {
		return err
	}
	if err := fakeCredentials(); err != nil {
		return err
	}
	server := httptest.NewServer(liveService(time.Now()))
	defer server.Close()
	return inTemp(func(dir string) error {
		args := []string{
			"top", "--endpoint-url", server.URL, "--region", "eu-west-1", "--ledger", filepath.Join(dir, "none"), "--format", "json",
		}
		began := time.Now()
		once := exec.Command(program, append(args, "--once")...)
		once.Dir = dir
		if out, err := once.CombinedOutput(); err != nil {
			return fmt.Errorf("%w: %.500s", err, out)
		}
		show(figure{
			"top --once of 1,000 MicroVMs", time.Since(began).Round(time.Millisecond).String(), livePromised.String() + " at most",
			"20 pages, and what 25 of them were launched with",
		})
		return liveIdle(show, program, dir, args)
	})
}

// liveService is a fleet of which one in twenty is suspended or resumed each minute.
func liveService(now time.Time) *fakemicrovms.Service {
	const arn = "arn:aws:lambda:eu-west-1:123456789012:microvm-image:sandbox"
	service := fakemicrovms.New(fakemicrovms.Options{})
	service.AddImage(fakemicrovms.Image{
		ARN: arn, Version: "1.0", MemoryMiB: 2048, CreatedAt: now.AddDate(0, 0, -9),
		Builds: []fakemicrovms.Build{{ID: "b1", Memory: 1 << 30, Disk: 1 << 20}},
	})
	for i := range liveMicroVMs {
		start := now.Add(-time.Hour - time.Duration(i)*time.Second)
		m := fakemicrovms.MicroVM{
			ID:         fmt.Sprintf("mvm-%04d", i),
			Image:      arn,
			Version:    "1.0",
			StartedAt:  start,
			MaxSeconds: 28_800,
		}
		states := []microvmapi.MicrovmState{microvmapi.StateRunning, microvmapi.StateSuspended}
		for n, at := 0, start.Add(time.Second); at.Before(now.Add(time.Hour)); n, at = n+1, at.Add(20*time.Minute) {
			m.Changes = append(m.Changes, fakemicrovms.Change{At: at, State: states[n%2]})
		}
		service.Add(m)
	}
	return service
}

// liveIdle is what looking takes while the fleet is watched.
func liveIdle(show func(figure), program, dir string, args []string) error {
	const name = "the same watched every 2 s, of one processor"
	if runtime.GOOS != "linux" {
		show(figure{name, "–", "1 % at most", "measured on Linux only"})
		return nil
	}
	watch := exec.Command(program, append(args, "--watch", "2s", "--limit", "1")...)
	watch.Dir = dir
	out, err := watch.StdoutPipe()
	if err != nil {
		return err
	}
	if err := watch.Start(); err != nil {
		return err
	}
	defer func() {
		_ = watch.Process.Kill()
		_ = watch.Wait()
	}()
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 16<<20)
	if !lines.Scan() {
		return errors.New("top --watch printed nothing")
	}
	looks := make(chan int)
	go func() {
		n := 0
		for lines.Scan() {
			n++
		}
		looks <- n
	}()
	pid := strconv.Itoa(watch.Process.Pid)
	before, err := processorTime(pid)
	if err != nil {
		return err
	}
	time.Sleep(liveWatched)
	after, err := processorTime(pid)
	if err != nil {
		return err
	}
	if err := watch.Process.Kill(); err != nil {
		return err
	}
	show(figure{
		name, fmt.Sprintf("%.2f %%", 100*ratio(after-before, liveWatched)), "1 % at most",
		fmt.Sprintf("%d looks, of which each fifth lists and asks about 25 of them", <-looks),
	})
	return nil
}
