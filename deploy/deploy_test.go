// Package deploy has no code: samples of how to run microspend hardened, and the test that they are.
package deploy

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v4"
)

// settings reads a unit: what each key was last set to.
func settings(t *testing.T, file string) map[string]string {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	set := map[string]string{}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") || strings.HasPrefix(line, "[") {
			continue
		}
		key, value, ok := strings.Cut(line, "=")
		require.True(t, ok, line)
		set[key] = value
	}
	return set
}

func TestUnitsAreHardened(t *testing.T) {
	units, err := filepath.Glob("systemd/*.service")
	require.NoError(t, err)
	require.NotEmpty(t, units)
	for _, unit := range units {
		set := settings(t, unit)
		require.Equal(t, "microspend", set["User"], unit)
		require.Equal(t, "0077", set["UMask"], unit)
		require.Equal(t, "strict", set["ProtectSystem"], unit)
		require.Contains(t, set, "CapabilityBoundingSet", unit)
		require.Empty(t, set["CapabilityBoundingSet"], unit)
		for _, key := range []string{
			"NoNewPrivileges", "ProtectHome", "PrivateTmp", "PrivateDevices", "ProtectKernelTunables", "ProtectKernelModules",
			"ProtectControlGroups", "RestrictNamespaces", "LockPersonality", "MemoryDenyWriteExecute", "RestrictSUIDSGID",
		} {
			require.Equal(t, "yes", set[key], "%s: %s", unit, key)
		}
	}
}

// programText is the code that has the program's flags.
func programText(t *testing.T) string {
	t.Helper()
	files, err := filepath.Glob("../cmd/microspend/*.go")
	require.NoError(t, err)
	var code strings.Builder
	for _, file := range files {
		if !strings.HasSuffix(file, "_test.go") {
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			code.Write(text)
		}
	}
	return code.String()
}

// The flags of the units are flags that the program has.
func TestUnitsRun(t *testing.T) {
	code := programText(t)
	for unit, command := range map[string]string{"collect": "collect", "serve": "serve", "budgets": "budget check"} {
		start := settings(t, "systemd/microspend-"+unit+".service")["ExecStart"]
		require.Contains(t, start, "/microspend "+command+" ")
		for word := range strings.FieldsSeq(start) {
			if flag, ok := strings.CutPrefix(word, "--"); ok {
				require.Contains(t, code, `"`+flag+`"`, unit)
			}
		}
	}
}

func TestSystemdTakesTheUnits(t *testing.T) {
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		t.Skip("no systemd-analyze to verify the units with")
	}
	units, err := filepath.Glob("systemd/*")
	require.NoError(t, err)
	folder, files := t.TempDir(), []string{}
	for _, unit := range units {
		text, err := os.ReadFile(unit)
		require.NoError(t, err)
		// Only the program is not there.
		there := strings.Replace(string(text), "/usr/local/bin/microspend", "/bin/true", 1)
		files = append(files, filepath.Join(folder, filepath.Base(unit)))
		require.NoError(t, os.WriteFile(files[len(files)-1], []byte(there), 0o644))
	}
	out, err := exec.Command("systemd-analyze", append([]string{"verify"}, files...)...).CombinedOutput()
	require.NoError(t, err, string(out))
	require.NotContains(t, string(out), "Unknown key")
	require.NotContains(t, string(out), "microspend-", "a warning about one of them")
}

// What Kubernetes is given is hardened like the units, and calls the program as it is.
func TestKubernetes(t *testing.T) {
	text, err := os.ReadFile("kubernetes/microspend.yaml")
	require.NoError(t, err)
	kinds := map[string]int{}
	documents := yaml.NewDecoder(bytes.NewReader(text))
	for {
		var document struct{ Kind string }
		if err := documents.Decode(&document); err == io.EOF {
			break
		} else {
			require.NoError(t, err)
		}
		kinds[document.Kind]++
	}
	require.Equal(t, map[string]int{
		"ServiceAccount": 1, "ConfigMap": 1, "PersistentVolumeClaim": 1, "Deployment": 1, "CronJob": 1,
	}, kinds)
	for _, wanted := range []string{
		"allowPrivilegeEscalation: false", "readOnlyRootFilesystem: true", "drop: [ALL]", "runAsNonRoot: true", "type: RuntimeDefault",
	} {
		require.Equal(t, 2, strings.Count(string(text), wanted), wanted)
	}
	code := programText(t)
	flags := regexp.MustCompile(`--([a-z-]+)`).FindAllStringSubmatch(string(text), -1)
	require.NotEmpty(t, flags)
	for _, flag := range flags {
		require.Contains(t, code, `"`+flag[1]+`"`)
	}
}

// The image has no shell, no other user's rights and no base that needs updates.
func TestImage(t *testing.T) {
	text, err := os.ReadFile("Dockerfile")
	require.NoError(t, err)
	_, final, found := strings.Cut(string(text), "FROM scratch\n")
	require.True(t, found)
	require.Contains(t, final, "USER 65532:65532\n")
	require.NotContains(t, final, "RUN ")
	require.Contains(t, string(text), "-trimpath")
}
