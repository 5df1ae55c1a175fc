//go:build unix && !linux

package main

import (
	"os"
	"runtime"
	"syscall"
)

// watchPeak gives the most memory that an ended process had, in bytes.
func watchPeak(*os.Process) func(*os.ProcessState) int64 {
	return func(state *os.ProcessState) int64 {
		usage, ok := state.SysUsage().(*syscall.Rusage)
		if !ok {
			return 0
		}
		if runtime.GOOS == "darwin" {
			return usage.Maxrss
		}
		return usage.Maxrss * 1024
	}
}
