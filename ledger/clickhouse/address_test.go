package clickhouse

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func environment(values map[string]string) func(string) string {
	return func(name string) string { return values[name] }
}

func TestAddresses(t *testing.T) {
	for name, want := range map[string][2]string{ // the endpoint, and what the ledger is called
		"clickhouse://db/usage":                 {"http://db:8123/", "clickhouse://db:8123/usage"},
		"clickhouses://db/usage":                {"https://db:8443/", "clickhouses://db:8443/usage"},
		"clickhouse://db:80/usage?cluster=main": {"http://db:80/", "clickhouse://db:80/usage?cluster=main"},
		"clickhouse://[::1]:8123/usage/":        {"http://[::1]:8123/", "clickhouse://[::1]:8123/usage"},
	} {
		a, err := parseAddress(name, environment(nil))
		require.NoError(t, err, name)
		assert.Equal(t, want, [2]string{a.endpoint.String(), a.name})
		assert.Equal(t, "default", a.user)
	}
	for name, reason := range map[string]string{
		"clickhouse://db":                      `"" is not the name of a database`,
		"clickhouse:///usage":                  "has no host",
		"clickhouse://db/a`b":                  "is not the name of a database",
		"clickhouse://db/a/b":                  "is not the name of a database",
		"clickhouse://db/usage?cluster=":       "is not the name of a cluster",
		"clickhouse://db/usage?cluster=a'b":    "is not the name of a cluster",
		"clickhouse://db/usage?secure=1":       `unknown parameter "secure"`,
		"clickhouse://me:hunter2@db/usage":     "must not have credentials",
		"clickhouse://me:hunter2@db:port/used": "cannot be read",
	} {
		_, err := parseAddress(name, environment(nil))
		require.ErrorContains(t, err, reason, name)
		assert.NotContains(t, err.Error(), "hunter2")
	}
}

func TestCredentials(t *testing.T) {
	file := filepath.Join(t.TempDir(), "password")
	require.NoError(t, os.WriteFile(file, []byte("from the file\n"), 0o600))
	a, err := parseAddress("clickhouse://db/usage", environment(map[string]string{
		UserVariable: "writer", PasswordFileVariable: file,
	}))
	require.NoError(t, err)
	assert.Equal(t, [2]string{"writer", "from the file"}, [2]string{a.user, a.password})
	require.NoError(t, os.Chmod(file, 0o644))
	_, err = parseAddress("clickhouse://db/usage", environment(map[string]string{PasswordFileVariable: file}))
	require.ErrorContains(t, err, PasswordFileVariable)
	assert.NotContains(t, err.Error(), "from the file")
}

func TestServersThatAreTooOld(t *testing.T) {
	for version, old := range map[string]bool{
		"18.16.1": true, "24.3.1.2672": true, "24.8.14.39": false, "24.10.1": false, "25.1": false, "26.7.2.1": false, "24": true,
	} {
		assert.Equal(t, old, older(version, "24.8"), version)
	}
}

// TestClusterTables shows the statements for a cluster, which no test here can run: chdb is a single server.
func TestClusterTables(t *testing.T) {
	s := schema{database: "usage_db", cluster: "main"}
	var text strings.Builder
	for _, statement := range append(s.versionTable(), s.migrations()[0]...) {
		text.WriteString(statement + ";\n\n")
	}
	for _, statement := range s.usageTable("usage_in_7", 7) {
		text.WriteString(statement + ";\n\n")
	}
	golden(t, "cluster.sql", text.String())
}

// TestTables shows the statements for a single server.
func TestTables(t *testing.T) {
	s := schema{database: "usage_db"}
	var text strings.Builder
	for _, statement := range append(s.versionTable(), s.migrations()[0]...) {
		text.WriteString(statement + ";\n\n")
	}
	golden(t, "single.sql", text.String())
}

// golden compares a text with a file, which UPDATE_GOLDEN writes anew.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if os.Getenv("UPDATE_GOLDEN") != "" {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), got)
}
