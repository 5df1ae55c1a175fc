package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// script takes a script out of a page, told by the comment on its second line, and makes it a program.
func script(t *testing.T, page documentPage, name, folder string) {
	t.Helper()
	for _, block := range page.blocks {
		if strings.HasPrefix(block.text, "#!/bin/sh\n# "+name) {
			require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(block.text), 0o755))
			return
		}
	}
	t.Fatalf("%s has no script %s", page.name, name)
}

// The recipe of docs/budgets.md posts once when a budget fails, and once when it recovers; what it posts is JSON in which
// no tenant can mention a channel.
func TestAlertRecipe(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the program several times")
	}
	for _, program := range []string{"jq", "sh"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skip("no " + program)
		}
	}
	folder := t.TempDir()
	page := readPage(t, "docs/budgets.md")
	script(t, page, "budget-alert.sh", folder)
	script(t, page, "slack.sh", folder)
	write := func(name, text string) {
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(text), 0o755))
	}
	// A curl that keeps what it is given, and fails while there is a file "down".
	write("curl", "#!/bin/sh\ntest ! -e "+folder+"/down || exit 22\necho \"$@\" >"+folder+"/arguments\ncat >"+folder+"/posted\n")
	write("usage.csv", `period_start,period_seconds,region,microvm_id,image,tenant,vcpu_seconds,gb_seconds,read_gb,write_gb,storage_gb_hours
2026-11-03T00:00:00Z,3600,us-east-1,m1,web,<!channel>,1000000,0,0,0,0
`)
	environ := append(os.Environ(), "HOME="+folder, "XDG_DATA_HOME="+folder, "XDG_STATE_HOME="+folder+"/state", "XDG_CONFIG_HOME="+folder,
		"PATH="+folder+":"+os.Getenv("PATH"))
	call := func(name string, arguments ...string) error {
		command := exec.CommandContext(t.Context(), name, arguments...)
		command.Env, command.Dir = environ, t.TempDir()
		out, err := command.CombinedOutput()
		if err != nil {
			t.Log(string(out))
		}
		return err
	}
	posted := func() string {
		text, err := os.ReadFile(filepath.Join(folder, "posted"))
		if err != nil {
			return ""
		}
		require.NoError(t, os.Remove(filepath.Join(folder, "posted")))
		return string(text)
	}
	alert := func() error { return call(filepath.Join(folder, "budget-alert.sh"), "slack.sh") }
	budget := func(dollars string) {
		require.NoError(t, os.MkdirAll(filepath.Join(folder, "microspend"), 0o700))
		write("microspend/microspend.yaml", "budgets: {tenants: {<!channel>: "+dollars+"}}\n")
	}

	require.NoError(t, call("microspend", "import", filepath.Join(folder, "usage.csv")))
	budget("100")
	require.NoError(t, alert())
	require.Empty(t, posted(), "nothing fails")

	budget("20")
	require.NoError(t, os.WriteFile(filepath.Join(folder, "down"), nil, 0o600))
	require.Error(t, alert(), "it was not sent")
	require.NoError(t, os.Remove(filepath.Join(folder, "down")))
	require.NoError(t, alert())
	// 1,000,000 vCPU-seconds × $0.0000276944.
	require.JSONEq(t, `{"text": "tenant &lt;!channel&gt;: $27.69 of $20 spent this month\n"}`, posted())
	arguments, err := os.ReadFile(filepath.Join(folder, "arguments"))
	require.NoError(t, err)
	require.Contains(t, string(arguments), "--config "+folder+"/.config/microspend/slack", "the URL is in a file")
	require.NoError(t, alert())
	require.Empty(t, posted(), "it was said already")

	budget("100")
	require.NoError(t, alert())
	require.JSONEq(t, `{"text": "All budgets are met.\n"}`, posted())

	write("microspend/microspend.yaml", "budget: 1\n")
	require.NoError(t, alert())
	require.JSONEq(t, `{"text": "microspend budget check failed with exit code 2\n"}`, posted())

	// What the page has cron call.
	write("mail", "#!/bin/sh\necho \"$@\" >"+folder+"/arguments\ncat >"+folder+"/posted\n")
	write("aws", "#!/bin/sh\necho \"$1 $2 $3 $4\" >"+folder+"/arguments\nprintf '%s\\n' \"$6\" >"+folder+"/posted\n")
	const failed = "microspend budget check failed with exit code 2\n"
	for recipient, message := range map[string]string{
		"slack.sh": `{"text":"` + strings.TrimSpace(failed) + `\n"}`, "mail -s 'microspend budgets' finance@example.com": failed,
		"sns publish --topic-arn arn:aws:sns:eu-west-1:123456789012:budgets": failed,
	} {
		line := regexp.MustCompile(`(?m)^7 \* \* \* \*  (.*` + regexp.QuoteMeta(recipient) + `.*)$`).FindStringSubmatch(page.text)
		require.NotNil(t, line, recipient)
		require.NoError(t, os.Remove(filepath.Join(folder, "state", "microspend", "budget-alert")))
		require.NoError(t, call("sh", "-c", line[1]))
		got := posted()
		if json.Valid([]byte(got)) {
			require.JSONEq(t, message, got)
		} else {
			require.Equal(t, message, got, recipient)
		}
	}
}
