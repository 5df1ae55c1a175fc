package main

import (
	"os"
	"strconv"
	"sync"
	"time"
)

// watchPeak polls the peak memory that the kernel records for a process, and returns it in bytes once the process has
// ended. wait4 is of no use here: what it reports begins with the peak of the parent process.
func watchPeak(process *os.Process) func(*os.ProcessState) int64 {
	var (
		peak int64
		done = make(chan struct{})
		wait sync.WaitGroup
	)
	wait.Go(func() {
		for {
			if sizes, err := procStatus(strconv.Itoa(process.Pid)); err == nil {
				peak = max(peak, sizes["VmHWM"])
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
