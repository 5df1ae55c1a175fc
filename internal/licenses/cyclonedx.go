package licenses

import (
	"encoding/json"
	"io"
	"runtime/debug"
	"strings"
)

// The parts of CycloneDX 1.5 that are written; https://cyclonedx.org/docs/1.5/json/.
type (
	bom struct {
		Schema      string      `json:"$schema"`
		Format      string      `json:"bomFormat"`
		SpecVersion string      `json:"specVersion"`
		Version     int         `json:"version"`
		Metadata    metadata    `json:"metadata"`
		Components  []component `json:"components"`
	}
	metadata struct {
		Component component `json:"component"`
	}
	component struct {
		Type       string          `json:"type"`
		Ref        string          `json:"bom-ref"`
		Name       string          `json:"name"`
		Version    string          `json:"version,omitempty"`
		PURL       string          `json:"purl,omitempty"`
		Licenses   []licenseChoice `json:"licenses,omitempty"`
		Properties []property      `json:"properties,omitempty"`
	}
	// licenseChoice is one license by its id, or an expression of several.
	licenseChoice struct {
		License    *licenseID `json:"license,omitempty"`
		Expression string     `json:"expression,omitempty"`
	}
	licenseID struct {
		ID string `json:"id"`
	}
	property struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	}
)

func choice(license string) []licenseChoice {
	if strings.Contains(license, " ") {
		return []licenseChoice{{Expression: license}}
	}
	return []licenseChoice{{License: &licenseID{license}}}
}

// WriteCycloneDX writes what a program is built from as a CycloneDX 1.5 software bill of materials. The same program
// gives the same bytes: there is neither a time nor a serial number in it.
func WriteCycloneDX(w io.Writer, info *debug.BuildInfo, version string, modules []Module) error {
	sums := map[string]string{}
	for _, dep := range info.Deps {
		if dep.Replace != nil {
			dep = dep.Replace
		}
		sums[dep.Path] = dep.Sum
	}
	program := component{
		Type:     "application",
		Ref:      "microspend",
		Name:     "microspend",
		Version:  version,
		Licenses: choice("Apache-2.0"),
	}
	for _, setting := range info.Settings {
		switch setting.Key {
		case "vcs.revision", "vcs.time", "vcs.modified", "GOOS", "GOARCH", "CGO_ENABLED", "-trimpath":
			program.Properties = append(program.Properties, property{"go:build:" + setting.Key, setting.Value})
		}
	}
	out := bom{
		Schema: "http://cyclonedx.org/schema/bom-1.5.schema.json", Format: "CycloneDX", SpecVersion: "1.5", Version: 1,
		Metadata: metadata{program},
	}
	for _, m := range modules {
		c := component{
			Type: "library", Ref: m.PURL(), Name: m.Path, Version: m.Version, PURL: m.PURL(), Licenses: choice(m.License),
		}
		if sum := sums[m.Path]; sum != "" {
			c.Properties = []property{{"go:sum", sum}}
		}
		out.Components = append(out.Components, c)
	}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(out)
}
