package pricing_test

import (
	"os"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"microspend/pricing"
)

// Another instance type, bundle, runner or provider of a known shape is an entry in a file: nothing in Go names them.
func TestAlternativesAreData(t *testing.T) {
	files := fstest.MapFS{}
	for _, name := range []string{"ec2", "fargate", "function", "lightsail", "ci", "sandbox", "limits"} {
		text, err := os.ReadFile("rates/alternatives/" + name + ".yaml")
		require.NoError(t, err)
		files[name+".yaml"] = &fstest.MapFile{Data: text}
	}
	const dated = `, source: "a test", read_on: "2026"}`
	add := func(file, text string) { files[file].Data = append(files[file].Data, text...) }
	add("sandbox.yaml", "acme:\n  title: Acme Boxes\n  per: second\n  gives_up: a test\n  only_if_named: true\n"+
		"  vcpu: {usd: 0.00001"+dated+"\n  memory: {usd: 0.000002"+dated+"\n")
	add("ci.yaml", "  acme-linux: {title: Acme CI, price: {usd: 0.01"+dated+"}\n")
	add("lightsail.yaml", "  16GB: {usd: 80"+dated+"\n") // ipv6_only is the last table of the file
	book, err := pricing.ReadPrices(files)
	require.NoError(t, err)

	require.Contains(t, book.Sandboxes(), "acme")
	require.NotContains(t, book.UsualSandboxes(), "acme")
	require.NotContains(t, book.UsualSandboxes(), "fly-shared")
	require.Contains(t, book.UsualSandboxes(), "fly")
	demand := pricing.Demand{
		Region: "us-east-1", Size: size(t, "2GB"), Users: whole(1), Running: whole(3600), Stretches: whole(1),
	}
	for _, test := range []struct {
		candidate   pricing.Candidate
		name, month string
		reason      string
	}{
		{pricing.Sandbox{Provider: "acme"}, "Acme Boxes", "0.0504", "3,600 s × (1 × 0.00001 + 2 × 0.000002)"},
		{pricing.CI{Runner: "acme-linux"}, "Acme CI", "0.6", "60 minutes × 0.01"},
		{pricing.Lightsail{GB: dec("16"), IPv6Only: true}, "Lightsail 16 GB, IPv6 only", "80", "one bundle"},
	} {
		got := test.candidate.Price(book, demand)
		require.Empty(t, got.Unknown())
		require.Equal(t, test.name, got.Name)
		require.Equal(t, test.month, got.Curve.At(demand.Running).String(), test.reason)
	}
	require.Equal(
		t,
		"no Lightsail bundle of 3 GB is known; bundles are 0.5, 1, 2, 4, 8 and 16 GB; give another's price as per_month",
		pricing.Lightsail{GB: dec("3"), IPv6Only: true}.Price(book, demand).Unknown(),
	)
}
