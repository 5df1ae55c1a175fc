//go:build unix

package meter

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// documented is the code in a language under a heading of docs/agent-budget.md.
func documented(t *testing.T, heading, language string) string {
	page, err := os.ReadFile("../../docs/agent-budget.md")
	require.NoError(t, err)
	_, below, ok := strings.Cut(string(page), "\n## "+heading+"\n")
	require.True(t, ok, heading)
	block := regexp.MustCompile("(?s)```" + language + "\n(.*?)```").FindStringSubmatch(below)
	require.NotNil(t, block, language)
	return block[1]
}

// TestDocumentedBudget: the page's document is what the meter answers. Launching reads 3 GB × 0.0016403088, two hours
// of one vCPU and 2 GB cost 7,200 × (0.0000291572 + 2 × 0.0000038603).
func TestDocumentedBudget(t *testing.T) {
	b := newBudgeted(t, "").limits("2.00", "3h", "")
	b.does(b.launched)
	b.now.Wall = noon.UnixNano()
	b.recorder.life.from, b.recorder.life.pos = b.now.Wall, b.now.Wall
	b.recorder.at = b.now
	b.each(2 * time.Hour)
	require.JSONEq(t, documented(t, "`GET /v1/budget`", "json"), b.json())
}

// TestDocumentedAgents: the page's agents obey a budget of four cents, at half a cent for each second.
func TestDocumentedAgents(t *testing.T) {
	t.Parallel()
	for language, around := range map[string][2]string{
		"python": {
			"import sys, time\nprint('up', flush=True)\nsys.stdin.readline()\n" +
				"next_step = lambda: True\nrun = lambda step: time.sleep(0.5)\nsave_and_stop = lambda: print('stopped')\n", "",
		},
		"sh": {
			"echo up; read go\nmicrospend_meter() { \"$METER\" --budget-address \"$ADDRESS\" \"$@\" >&2; }\n" +
				"run_next_step() { sleep 0.5; }\n", "echo stopped\n",
		},
	} {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			interpreter := strings.Replace(language, "python", "python3", 1)
			if _, err := exec.LookPath(interpreter); err != nil {
				t.Skip(err)
			}
			code := documented(t, "Ask before an expensive step", language)
			code = strings.ReplaceAll(code, "http://127.0.0.1:9471/v1/budget", "$URL")
			code = strings.ReplaceAll(code, "microspend-meter --ask", "microspend_meter --ask")
			s := startSpender(t, nil, []string{interpreter, "-c", around[0] + code + around[1]})
			require.NoError(t, s.Wait(), s.errs)
			require.Contains(t, s.out.String(), "stopped\n")
			s.requireObeyed(t)
		})
	}
}
