package licenses

import (
	"bytes"
	"debug/buildinfo"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/require"
)

// build builds a command.
func build(t *testing.T, command string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), command)
	cmd := exec.Command("go", "build", "-o", file, "microspend/cmd/"+command)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	return file
}

// Adding or updating a module without collecting its license again fails here: run make licenses.
func TestEveryLinkedModuleHasItsLicense(t *testing.T) {
	all, err := All()
	require.NoError(t, err)
	for _, command := range []string{"microspend", "microspend-meter"} {
		info, err := buildinfo.ReadFile(build(t, command))
		require.NoError(t, err)
		linked, err := Linked(info)
		require.NoError(t, err)
		require.Len(t, linked, len(info.Deps)+1, "and Go's own")
		for _, m := range linked {
			require.NotEmpty(t, m.Files, m.Path)
			require.NotEmpty(t, m.License, m.Path)
		}
		if command == "microspend-meter" {
			require.Less(t, len(linked), len(all)/2, "the meter has a few of them")
		}
	}
}

// What is embedded is what the generator makes: nothing is left of modules that are not used any more.
func TestGenerated(t *testing.T) {
	file := filepath.Join(t.TempDir(), "modules.json.gz")
	generate := exec.Command("go", "run", "./generate", file)
	generate.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := generate.CombinedOutput()
	require.NoError(t, err, string(out))
	made, err := os.ReadFile(file)
	require.NoError(t, err)
	require.True(t, bytes.Equal(compressed, made), "run make licenses")
}

func TestCycloneDX(t *testing.T) {
	all, err := All()
	require.NoError(t, err)
	info := &debug.BuildInfo{GoVersion: "go1.26.8"}
	for _, m := range all[:10] {
		info.Deps = append(info.Deps, &debug.Module{Path: m.Path, Version: m.Version, Sum: "h1:of " + m.Path})
	}
	linked, err := Linked(info)
	require.NoError(t, err)
	var first, second bytes.Buffer
	require.NoError(t, WriteCycloneDX(&first, info, "v1.2.3", linked))
	require.NoError(t, WriteCycloneDX(&second, info, "v1.2.3", linked))
	require.Equal(t, first.String(), second.String())
	var got bom
	require.NoError(t, json.Unmarshal(first.Bytes(), &got))
	require.Equal(t, "CycloneDX", got.Format)
	require.Equal(t, "1.5", got.SpecVersion)
	require.Equal(t, "v1.2.3", got.Metadata.Component.Version)
	require.Len(t, got.Components, len(info.Deps)+1)
	refs := map[string]bool{}
	for i, c := range got.Components {
		require.False(t, refs[c.Ref], "a reference is unique: %s", c.Ref)
		refs[c.Ref] = true
		if i > 0 {
			require.Equal(t, "pkg:golang/"+c.Name+"@"+c.Version, c.PURL)
			require.Regexp(t, `^h1:`, c.Properties[0].Value)
		}
	}
}

// A program that was built from something else says so, instead of listing less than it has.
func TestUnknownModule(t *testing.T) {
	info := &debug.BuildInfo{Deps: []*debug.Module{{Path: "example.com/new", Version: "v1.0.0"}}}
	_, err := Linked(info)
	require.ErrorContains(t, err, "make licenses: example.com/new v1.0.0")
}
