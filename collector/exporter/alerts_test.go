package exporter

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"microspend/internal/strictyaml"
)

// The alert rules in the docs are YAML, and ask for metrics that there are.
func TestAlertRules(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "prometheus", "collect-alerts.yml"))
	require.NoError(t, err)
	_, err = strictyaml.Parse("collect-alerts.yml", text)
	require.NoError(t, err)
	w := newWorld(t)
	w.run(0)
	_, served := w.get("/metrics")
	dashboard, err := os.ReadFile(filepath.Join("..", "..", "docs", "grafana", "collect.json"))
	require.NoError(t, err)
	require.True(t, json.Valid(dashboard))
	docs, err := os.ReadFile(filepath.Join("..", "..", "docs", "collect.md"))
	require.NoError(t, err)
	name := regexp.MustCompile(`microspend_collect_[a-z_]+`)
	asked := name.FindAllString(string(text), -1)
	require.NotEmpty(t, asked)
	asked = append(asked, name.FindAllString(string(dashboard), -1)...)
	for _, metric := range asked {
		require.Contains(t, served, "\n"+metric+"{", metric)
	}
	for _, metric := range name.FindAllString(served, -1) {
		require.Contains(t, string(docs), "`"+metric+"`", "it is documented")
	}
}
