package tenantproof_test

import (
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"microspend/internal/emf"
	"microspend/internal/tenantproof"
	"microspend/usage"
)

func key(t testing.TB, content string) tenantproof.Key {
	t.Helper()
	k, err := tenantproof.ParseKey([]byte(content))
	require.NoError(t, err)
	return k
}

// The proofs are those of OpenSSL 3: printf %s NAME | openssl dgst -sha256 -hmac 0123456789abcdef
func TestProof(t *testing.T) {
	for name, want := range map[string]string{
		"acme":   "42dd7a21e34198f45c8767fa1dc9c386ba6cba3d037da11564bf70ca18935edd",
		"Müller": "85cd6d896614f122b40000af99f48f66896932cfe7f38960c1ce20dcedcf20f7",
	} {
		for _, content := range []string{"0123456789abcdef", "0123456789abcdef\n", "0123456789abcdef\r\n"} {
			k := key(t, content)
			payload, err := k.Payload(name)
			require.NoError(t, err)
			assert.Equal(t, tenantproof.Payload{Tenant: name, Proof: want}, payload)
			assert.True(t, k.Proves(name, want))
			assert.True(t, emf.IsProof(want), "the meter passes it on")
		}
		assert.False(t, key(t, "0123456789abcdef ").Proves(name, want), "a space is part of a key")
		assert.False(t, key(t, "0123456789abcdef\n\n").Proves(name, want), "of line breaks, one is not")
	}
}

func TestOnlyTheProofOfTheTenantProves(t *testing.T) {
	k, other := key(t, "0123456789abcdef"), key(t, "0123456789abcdeg")
	proof := k.Proof("acme")
	for _, test := range []struct{ tenant, proof, reason string }{
		{"acme", "", "no proof"},
		{"acme", proof[:62], "cut"},
		{"acme", proof + "00", "longer"},
		{"acme", strings.Repeat("0", 64), "any other"},
		{"acme", strings.Repeat("zz", 32), "not hexadecimal"},
		{"acme", other.Proof("acme"), "of another key"},
		{"bravo", proof, "of another tenant"},
		{"acme ", proof, "of another name"},
		{"Acme", proof, "of another name"},
		{"", k.Proof(""), "nobody cannot be proven"},
	} {
		assert.False(t, tenantproof.Policy{Keys: []tenantproof.Key{k}}.Proves(test.tenant, test.proof), test.reason)
	}
	assert.False(t, tenantproof.Key{}.Proves("acme", tenantproof.Key{}.Proof("acme")), "no key proves nothing")
	both := tenantproof.Policy{Keys: []tenantproof.Key{other, k}}
	assert.True(t, both.Proves("acme", proof) && both.Proves("acme", other.Proof("acme")), "either of two keys does")
}

func TestPolicy(t *testing.T) {
	k := key(t, "0123456789abcdef")
	keys := []tenantproof.Key{k}
	for _, test := range []struct {
		policy       tenantproof.Policy
		proven       bool
		tenant       string
		by           usage.TenantBy
		name, reason string
	}{
		{tenantproof.Policy{}, false, "acme", usage.TenantAsserted, "acme", "as a newcomer expects"},
		{tenantproof.Policy{Keys: keys}, true, "acme", usage.TenantProven, "acme", ""},
		{tenantproof.Policy{Keys: keys}, false, "acme", usage.TenantUnverified, "(unverified) acme", "a key asks for proofs"},
		{tenantproof.Policy{Keys: keys, Trust: "guest"}, true, "acme", usage.TenantProven, "acme", "the step before"},
		{tenantproof.Policy{Keys: keys, Trust: "guest"}, false, "acme", usage.TenantAsserted, "acme", "counts alone"},
		{tenantproof.Policy{Trust: "proven"}, false, "acme", usage.TenantUnverified, "(unverified) acme", "without any key"},
		{tenantproof.Policy{Trust: "proven"}, false, "", usage.TenantUnverified, "", "nobody is nobody"},
		{
			tenantproof.Policy{Keys: keys},
			false, "(unverified) acme", usage.TenantUnverified, "(unverified) (unverified) acme",
			"a guest cannot call itself what another one is shown as",
		},
	} {
		name, by := test.policy.Record(test.tenant, test.proven)
		assert.Equal(t, test.name, name, test.reason)
		assert.Equal(t, test.by, by, test.reason)
	}
}

func TestNames(t *testing.T) {
	k := key(t, "0123456789abcdef")
	for _, test := range []struct{ name, fault string }{
		{"", "is empty"},
		{" acme", "begins or ends with a blank"},
		{"acme\n", "control"},
		{"ac\x00me", "control"},
		{"ac\u202eme", "invisible"},
		{"ac\xffme", "UTF-8"},
		{strings.Repeat("a", 1025), "too long"},
		{strings.Repeat("ü", 171), "too long"},
		{"M%C3%BCller", "cannot be told"},
		{"(unallocated)", "nobody's"},
		{"(unverified) acme", "nobody's"},
	} {
		_, err := k.Payload(test.name)
		assert.ErrorContains(t, err, test.fault, "%.20q", test.name)
	}
	for _, name := range []string{"acme", "a b", "<acme & co>", `"`, "50%", "50%25", strings.Repeat("ü", 170), "東京"} {
		_, err := k.Payload(name)
		assert.NoError(t, err, name)
	}
}

// Whatever name gets a proof comes out of the meter's line as it was, so that the proof holds.
func TestProofsHoldBehindTheLine(t *testing.T) {
	k := key(t, "0123456789abcdef")
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.OneOf(rapid.String(), rapid.StringMatching(`[a-zA-Zéü %0-9A-F]{0,12}`)).Draw(t, "name")
		payload, err := k.Payload(name)
		if err != nil {
			return
		}
		inLine, _ := emf.Name(name)
		if !k.Proves(emf.Decoded(inLine), payload.Proof) {
			t.Fatalf("%q is %q in the line, and its proof does not hold", name, inLine)
		}
	})
}

func TestKeys(t *testing.T) {
	dir := t.TempDir()
	for _, test := range []struct {
		name, content string
		mode          os.FileMode
		fault         string
	}{
		{"short", "fifteen bytes..\n", 0o600, "the key has 15 bytes; it must have at least 16"},
		{"empty", "", 0o600, "has 0 bytes"},
		{"open", "0123456789abcdef", 0o644, "chmod 600"},
		{"long", strings.Repeat("x", 5000), 0o600, ""},
	} {
		path := filepath.Join(dir, test.name)
		require.NoError(t, os.WriteFile(path, []byte(test.content), test.mode))
		_, err := tenantproof.ReadKey(path)
		require.ErrorContains(t, err, test.fault, test.name)
		if len(test.content) >= 8 {
			assert.NotContains(t, err.Error(), test.content[:8], "a key is never in a message")
		}
	}
	made := filepath.Join(dir, "made")
	require.NoError(t, os.WriteFile(made, tenantproof.NewKey(), 0o600))
	k, err := tenantproof.ReadKey(made)
	require.NoError(t, err)
	content, err := os.ReadFile(made)
	require.NoError(t, err)
	secret, err := hex.DecodeString(strings.TrimSuffix(string(content), "\n"))
	require.NoError(t, err)
	assert.Len(t, secret, 32)
	assert.NotEqual(t, content, tenantproof.NewKey())
	for _, shown := range []string{fmt.Sprint(k), fmt.Sprintf("%#v", k), fmt.Sprintf("%+v", tenantproof.Policy{Keys: []tenantproof.Key{k}})} {
		assert.NotContains(t, shown, string(content[:8]))
	}
}
