package main

import (
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// initialized is a line of the runtime's on what a package did before main.
var initialized = regexp.MustCompile(`(?m)^init (microspend/\S+) .* (\d+) bytes, \d+ allocs$`)

// A shell prompt waits for the whole program to start. Bytes rather than times are bounded, as they are the same on
// every machine: a pattern with {1,512} in it takes 350 KB, and the collector of garbage has to look at them, too.
func TestPackagesStartLight(t *testing.T) {
	program, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.Command(program, "--version")
	cmd.Args[0] = "microspend" // as which the test's program is ours
	cmd.Env = append(os.Environ(), "GODEBUG=inittrace=1")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	require.Contains(t, string(out), "microspend development")
	packages := initialized.FindAllStringSubmatch(string(out), -1)
	require.Greater(t, len(packages), 20, string(out))
	for _, line := range packages {
		if line[1] == "microspend/cmd/microspend" {
			continue // with what its tests make
		}
		bytes, err := strconv.Atoi(line[2])
		require.NoError(t, err)
		require.Less(t, bytes, 32<<10, "%s makes this much as the program starts: make it when it is first used, "+
			"as lazyregexp and sync.OnceValue do", line[1])
	}
}
