package main

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/require"

	"microspend/internal/clickhousetest"
)

// TestEveryLedgerAnswersTheSame runs one script on every kind of ledger: what commands print must be the same, to the
// byte, but for what the ledger is called and how large its files are. The answers are those of a folder.
func TestEveryLedgerAnswersTheSame(t *testing.T) {
	type kind struct {
		name string
		make func(t testing.TB) string // names a ledger that there is nothing of
	}
	kinds := []kind{
		{"bucket", ledgerInBucket},
		{"folder", func(testing.TB) string { return "kept-here" }},
		{"ClickHouse", clickhousetest.Ledger},
	}
	if testing.Short() { // for the race detector: the one of which most is read at once
		kinds = kinds[:1]
	}
	scripts, err := filepath.Glob("testdata/ledgers/*.txtar")
	require.NoError(t, err)
	for _, kind := range kinds {
		for _, script := range scripts {
			t.Run(kind.name+"/"+filepath.Base(script), func(t *testing.T) {
				said := &answers{ledger: kind.make(t)} // which may skip the test, as the setup of a script could not
				askScript(t, script, said, *update && kind.name == "folder")
			})
		}
	}
}

// askScript plays a script, whose answers are held to those that a folder gave, or take their place.
func askScript(t *testing.T, script string, said *answers, replace bool) {
	root, err := os.Getwd()
	require.NoError(t, err)
	testscript.Run(t, testscript.Params{
		Files: []string{script},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"ask": func(ts *testscript.TestScript, _ bool, args []string) { said.ask(ts, args) },
			"answers": func(ts *testscript.TestScript, _ bool, args []string) {
				said.compare(ts, filepath.Join(root, "testdata", "ledgers", args[0]), replace)
			},
		},
		Setup: func(env *testscript.Env) error {
			env.Setenv("LEDGER", said.ledger)
			env.Setenv("ROOT", root+"/../..")
			env.Setenv("XDG_DATA_HOME", env.WorkDir+"/data")
			return errors.Join(setUpAWS(env), setUpSources(env))
		},
	})
}

// ledgerInBucket names a ledger on a server of S3's API in this process.
func ledgerInBucket(t testing.TB) string {
	backend := s3mem.New()
	require.NoError(t, backend.CreateBucket("usage"))
	server := httptest.NewServer(gofakes3.New(backend, gofakes3.WithLogger(gofakes3.DiscardLog())).Server())
	t.Cleanup(server.Close)
	options := url.Values{"endpoint": {server.URL}, "path-style": {"true"}, "region": {"us-east-1"}}
	return "s3://usage/ledger?" + options.Encode()
}

// answers are what commands have printed so far.
type answers struct {
	ledger string
	text   string
}

// wholeAnswer is how many lines of an answer are kept; of a longer one it is the first, and a checksum of all.
const wholeAnswer = 12

var (
	// ownFigures are those that each kind of ledger has of its own: sizes, and what a server has yet to do.
	ownFigures = regexp.MustCompile(`("(?:files|bytes|unmerged_parts)": )\d+`)
	// logTimes are when a log says that something was, and how long it took.
	logTimes = regexp.MustCompile(`(\b(?:time|took)=)\S+`)
)

// ask runs microspend and notes what it prints and how it ends.
func (a *answers) ask(ts *testscript.TestScript, args []string) {
	err := ts.Exec("microspend", args...)
	command := a.unnamed(strings.Join(args, " "))
	for _, variable := range []string{"CLOUDWATCH", "ROOT", "WORK"} {
		command = strings.ReplaceAll(command, ts.Getenv(variable), "$"+variable)
	}
	a.text += fmt.Sprintf("$ microspend %s\n", command)
	for _, stream := range []string{"stdout", "stderr"} {
		a.note(stream, ts.ReadFile(stream))
	}
	if err != nil {
		a.text += fmt.Sprintf("[%v]\n", err)
	}
	a.text += "\n"
}

// unnamed leaves out what the ledger is called, with and without the options of a URL.
func (a *answers) unnamed(text string) string {
	short, _, _ := strings.Cut(a.ledger, "?")
	return strings.ReplaceAll(strings.ReplaceAll(text, a.ledger, "LEDGER"), short, "LEDGER")
}

func (a *answers) note(stream, said string) {
	if said == "" {
		return
	}
	said = a.unnamed(said)
	said = logTimes.ReplaceAllString(ownFigures.ReplaceAllString(said, "${1}0"), "${1}…")
	lines := strings.SplitAfter(said, "\n")
	sum := ""
	if len(lines) > wholeAnswer {
		sum = fmt.Sprintf("… %d lines, SHA-256 %x\n", len(lines)-1, sha256.Sum256([]byte(said)))
		lines = lines[:wholeAnswer]
	}
	a.text += fmt.Sprintf("[%s]\n%s%s", stream, strings.Join(lines, ""), sum)
}

func (a *answers) compare(ts *testscript.TestScript, path string, write bool) {
	if write {
		ts.Check(os.WriteFile(path, []byte(a.text), 0o644))
		return
	}
	want, err := os.ReadFile(path)
	ts.Check(err)
	got, wanted := split(a.text), split(string(want))
	differ := 0
	for i := range max(len(got), len(wanted)) {
		here, folder := append(got, make([]string, len(wanted))...)[i], append(wanted, make([]string, len(got))...)[i]
		if here != folder {
			differ++
			ts.Logf("a folder answers\n$ %s\nand here the answer is\n$ %s", folder, here)
		}
	}
	if differ > 0 {
		ts.Fatalf("%d answers are not those of a folder", differ)
	}
}

// split tells the answers apart.
func split(text string) []string { return strings.Split(strings.TrimPrefix(text, "$ "), "\n\n$ ") }
