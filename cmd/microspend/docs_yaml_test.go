package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v4"
)

// docsTenants has the tenants and groups that samples of budgets name.
const docsTenants = `match,value,tenant,group
microvm_id,mvm-a*,acme,Engineering/Platform
microvm_id,mvm-b*,bravo,Engineering/Data
microvm_id,mvm-c*,cinder,Sales
`

// checkYAML reads a block as the file that it is, or is a part of: a workload, a tenants file, or a configuration.
func checkYAML(t *testing.T, folder string, block docsBlock, where string) {
	t.Helper()
	var keys map[string]any
	require.NoError(t, yaml.Unmarshal([]byte(block.text), &keys), where)
	has := func(names ...string) bool {
		for _, name := range names {
			if _, ok := keys[name]; ok {
				return true
			}
		}
		return false
	}
	rates, _ := keys["rates"].(map[string]any)
	_, ofNoRegion := rates["discount"]
	text, name := block.text, filepath.Join(t.TempDir(), "sample.yaml")
	switch {
	case has("rules", "groups"):
		// A tenants file is read with the configuration that names it.
		require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
		text, name = "tenants: sample.yaml\n", filepath.Join(filepath.Dir(name), "microspend.yaml")
	case has("microvm", "workload", "compare", "image", "state", "traits", "region") || ofNoRegion:
		for _, missing := range []struct{ key, value string }{
			{"region", "eu-west-1"}, {"microvm", "4GB"}, {"workload", "{users: 2, days: 20, running: 3h}"},
		} {
			if !has(missing.key) {
				text += missing.key + ": " + missing.value + "\n"
			}
		}
		name = filepath.Join(folder, "sample.yaml") // beside the traces that it may name
		require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
		for _, command := range []string{"estimate", "compare"} {
			code, _, errs := inDocsFolder(folder, command, name)
			assert.Equal(t, exitDone, code, "%s: %s", where, errs)
		}
		return
	}
	if !has("tenants") {
		text += "tenants: tenants.csv\n"
	}
	require.NoError(t, os.WriteFile(filepath.Join(filepath.Dir(name), "tenants.csv"), []byte(docsTenants), 0o600))
	for _, beside := range []string{"private.yaml", "private-2027.yaml", "tenant.key"} {
		content, err := os.ReadFile(filepath.Join(folder, beside))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(filepath.Dir(name), beside), content, 0o600))
	}
	require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
	code, _, errs := inDocsFolder(folder, "config", "check", "--config", name)
	assert.Equal(t, exitDone, code, "%s: %s", where, errs)
}
