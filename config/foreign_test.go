//go:build unix

package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"microspend/config"
	"microspend/internal/inputfile"
	"microspend/pricing"
)

// TestNamedFilesAreNotShown lets a configuration name files that are none of its business. What is wrong with them is
// said, with the line; what they hold is not.
func TestNamedFilesAreNotShown(t *testing.T) {
	const shadow = "root:$6$secret$:19000:0:99999:7:::\ndaemon:secret2:19000:0:99999:7:::\n"
	for _, tc := range []struct{ name, configuration, content, want string }{
		{
			"shadow as CSV", "tenants: FILE", shadow,
			"FILE:1:1: unknown column; columns are match, value, tenant, from, to, group\n" +
				"FILE:1:1: column match is missing; columns are match, value, tenant, from, to, group\n" +
				"FILE:1:1: column value is missing; columns are match, value, tenant, from, to, group\n" +
				"FILE:1:1: column tenant is missing; columns are match, value, tenant, from, to, group",
		},
		{
			"a key as CSV", "tenants: FILE", "-----BEGIN secret-----\n\"secret\n",
			"FILE:1:1: unknown column; columns are match, value, tenant, from, to, group\n" +
				"FILE:1:1: column match is missing; columns are match, value, tenant, from, to, group\n" +
				"FILE:1:1: column value is missing; columns are match, value, tenant, from, to, group\n" +
				"FILE:1:1: column tenant is missing; columns are match, value, tenant, from, to, group",
		},
		{
			"shadow as YAML", "tenants: FILE.yaml", shadow,
			"FILE.yaml:1:1: unknown key; allowed here: rules, tenants, groups\n" +
				"FILE.yaml:2:1: unknown key; allowed here: rules, tenants, groups",
		},
		{
			"YAML of something else", "tenants: FILE.yaml", "secret: secret2\nsecret3: [secret4]\n",
			"FILE.yaml:1:1: unknown key; allowed here: rules, tenants, groups\n" +
				"FILE.yaml:2:1: unknown key; allowed here: rules, tenants, groups",
		},
		{
			"a password as YAML", "tenants: FILE.yaml", "secret\n",
			"FILE.yaml:1:1: is not a mapping with the keys rules, tenants, groups",
		},
		{
			"YAML that is not allowed", "tenants: FILE.yaml", "secret: &secret2 a\nsecret: b\n",
			"FILE.yaml:1:9: anchors and aliases are not supported; write the value out\n" +
				"FILE.yaml:2:1: is given twice; the first is in line 1",
		},
		{
			"shadow as a card", "rates: {eu-west-1: {card: FILE}}", shadow,
			"CONFIG:1:27: rates.eu-west-1.card: FILE:1: not a rate card; see docs/discounts.md for what one looks like",
		},
		{
			"YAML as a card", "rates: {eu-west-1: {card: FILE}}", "a: 1\nsecret: secret2\n",
			"CONFIG:1:27: rates.eu-west-1.card: FILE:1: not a rate card; see docs/discounts.md for what one looks like",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dir := t.TempDir()
			file, path := filepath.Join(dir, "file"), filepath.Join(dir, config.Name)
			expand := strings.NewReplacer("FILE", file, "CONFIG", path)
			for _, name := range []string{file, file + ".yaml"} {
				require.NoError(t, os.WriteFile(name, []byte(tc.content), 0o600))
			}
			read, err := config.Load(path, []byte(expand.Replace(tc.configuration)))
			require.NoError(t, err)
			_, err = read.Inputs(pricing.EmbeddedCards(), inputfile.Read)
			require.EqualError(t, err, expand.Replace(tc.want))
			require.NotContains(t, err.Error(), "secret")
		})
	}
}

// TestNamedFilesAreOfAKindAndSize lets it name what never ends, or never begins.
func TestNamedFilesAreOfAKindAndSize(t *testing.T) {
	dir := t.TempDir()
	fifo, large := filepath.Join(dir, "fifo"), filepath.Join(dir, "large")
	require.NoError(t, syscall.Mkfifo(fifo, 0o600))
	require.NoError(t, os.WriteFile(large, nil, 0o600))
	require.NoError(t, os.Truncate(large, 1<<40))
	for _, tc := range []struct{ configuration, want string }{
		{"tenants: " + fifo, "is a named pipe; give a file"},
		{"tenants: /dev/zero", "/dev/zero is a device; give a file"},
		{"tenants: " + dir, "is a directory; give a file"},
		{"tenants: " + large, "is larger than 16 MiB, the most that is read of such a file"},
		{"rates: {eu-west-1: {card: " + fifo + "}}", "is a named pipe; give a file"},
		{"rates: {eu-west-1: {card: /dev/zero}}", "/dev/zero is a device; give a file"},
		{"rates: {eu-west-1: {card: " + large + "}}", "is larger than 64 KiB, the most that is read of such a file"},
	} {
		read, err := config.Load(filepath.Join(dir, config.Name), []byte(tc.configuration))
		require.NoError(t, err)
		done := make(chan error, 1)
		go func() {
			_, err := read.Inputs(pricing.EmbeddedCards(), inputfile.Read)
			done <- err
		}()
		select {
		case err := <-done:
			require.ErrorContains(t, err, tc.want)
		case <-time.After(10 * time.Second):
			t.Fatalf("%s hangs", tc.configuration)
		}
	}
}
