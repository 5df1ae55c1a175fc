package main

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"sync"
	"time"
)

// watchPeak looks at the peak that the kernel keeps for a process until the process has ended, and then gives it, in bytes. What
// wait4 tells is no use here: it begins with the peak of the process that this one was started by.
func watchPeak(process *os.Process) func(*os.ProcessState) int64 {
	var (
		peak int64
		done = make(chan struct{})
		wait sync.WaitGroup
	)
	wait.Go(func() {
		for {
			if status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", process.Pid)); err == nil {
				peak = max(peak, highWater(status))
			}
			select {
			case <-done:
				return
			case <-time.After(2 * time.Millisecond):
			}
		}
	})
	return func(*os.ProcessState) int64 {
		close(done)
		wait.Wait()
		return peak
	}
}

// highWater reads VmHWM, the most that was ever resident, from a process's status.
func highWater(status []byte) int64 {
	_, after, found := bytes.Cut(status, []byte("VmHWM:"))
	fields := bytes.Fields(after)
	if !found || len(fields) == 0 {
		return 0
	}
	kib, err := strconv.ParseInt(string(fields[0]), 10, 64)
	if err != nil {
		return 0
	}
	return kib * 1024
}
