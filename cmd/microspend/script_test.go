package main

import (
	"context"
	"errors"
	"flag"
	"os"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "rewrite the expected output in the scripts")

// scriptDay is the day on which the scripts run, so that the age of rates is always the same.
var scriptDay = time.Date(2026, time.November, 23, 12, 0, 0, 0, time.UTC)

func TestMain(m *testing.M) {
	if folder := os.Getenv(hostileMeter); folder != "" {
		os.Exit(meterOnClock(folder))
	}
	testscript.Main(m, map[string]func(){
		"microspend": func() {
			os.Exit(run(context.Background(), os.Args[1:], process{
				in: os.Stdin, out: os.Stdout, err: os.Stderr, environ: os.Environ(),
				now: func() time.Time { return scriptDay },
			}))
		},
	})
}

// TestScripts runs the command line's contract: each script has its input, the commands, and what they must print.
func TestScripts(t *testing.T) {
	root, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:           "testdata/script",
		UpdateScripts: *update,
		Cmds:          map[string]func(*testscript.TestScript, bool, []string){"mirror": makeMirror},
		Setup: func(env *testscript.Env) error {
			env.Setenv("ROOT", root+"/../..")
			env.Setenv("XDG_DATA_HOME", env.WorkDir+"/data")
			return errors.Join(setUpAWS(env), setUpSources(env), setUpBucket(env))
		},
	})
}
