package scenarios

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"microspend/internal/strictyaml"
)

var update = flag.Bool("update", false, "rewrite the golden files of this package")

// corpus lists the scenario files in a folder of testdata.
func corpus(t testing.TB, folder string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", folder, "*.yaml"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	return files
}

// TestGoodFiles loads and prices every file in testdata/good. What a file documents of itself was worked out by hand,
// so none of it may have drifted.
func TestGoodFiles(t *testing.T) {
	for _, file := range corpus(t, "good") {
		t.Run(filepath.Base(file), func(t *testing.T) {
			in, err := os.Open(file)
			require.NoError(t, err)
			defer in.Close()
			s, err := LoadWithFiles(file, in, nil)
			require.NoError(t, err)
			e, err := market(t).Estimate(s)
			require.NoError(t, err)
			requireConsistent(t, e)
			for _, check := range e.Documented {
				require.Empty(t, check.Drift, check.ID)
				require.NotEqual(t, Differs, check.Verdict, "%s is exactly %s", check.ID, check.Exact)
			}
		})
	}
}

// TestBadFiles loads, and where that succeeds prices, every file in testdata/bad. The error is exactly what the .err
// file beside it says; run with -update to see what a change of wording does to all of them.
func TestBadFiles(t *testing.T) {
	m := market(t)
	for _, file := range corpus(t, "bad") {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			s, err := m.Load(filepath.Base(file), bytes.NewReader(text), nil)
			if err == nil {
				_, err = m.Estimate(s)
			}
			require.Error(t, err)
			require.True(t, isFault(err), "a fault of the file, not a failure to read it")

			golden := strings.TrimSuffix(file, ".yaml") + ".err"
			if *update {
				require.NoError(t, os.WriteFile(golden, []byte(err.Error()+"\n"), 0o644))
			}
			want, readErr := os.ReadFile(golden)
			require.NoError(t, readErr)
			require.Equal(t, string(want), err.Error()+"\n")
		})
	}
}

// TestBadFilesAreReportedInOrder reads the places back from the messages: each fault has one, and they go down the
// file.
func TestBadFilesAreReportedInOrder(t *testing.T) {
	goldens, err := filepath.Glob("testdata/bad/*.err")
	require.NoError(t, err)
	require.Len(t, goldens, len(corpus(t, "bad")), "an .err without its file, or a file without its .err")
	for _, golden := range goldens {
		t.Run(filepath.Base(golden), func(t *testing.T) {
			text, err := os.ReadFile(golden)
			require.NoError(t, err)
			last := place{}
			for line := range strings.Lines(string(text)) {
				at, ok := placeOf(line)
				if !ok {
					require.Regexp(t, `holds more than one YAML document|: and \d+ more faults$`, strings.TrimSpace(line))
					continue
				}
				require.False(t, at.before(last), "%s comes after line %d, column %d", line, last.line, last.column)
				last = at
			}
		})
	}
}

// isFault reports whether an error is about what a file says, as opposed to reading it.
func isFault(err error) bool {
	_, ok := errors.AsType[*strictyaml.Faults](err)
	return ok
}
