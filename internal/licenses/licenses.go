// Package licenses has the licenses of the modules that are linked into microspend, and their texts.
//
// modules.json.gz is made by the generator beside it from the module cache, for all operating systems that the program
// is built for, and embedded: whoever has the binary has the texts that its parts must be passed on with.
package licenses

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"encoding/json"
	"fmt"
	"runtime/debug"
	"strings"
)

//go:generate go run ./generate

//go:embed modules.json.gz
var compressed []byte

// Module is a part of the program that others have written.
type Module struct {
	Path    string `json:"path"`    // as in go.mod, "std" for Go's standard library and runtime
	Version string `json:"version"` // "" for Go, which is that of the toolchain
	License string `json:"license"` // an SPDX expression, such as "MIT" or "Apache-2.0 AND BSD-3-Clause"
	Files   []File `json:"files"`
}

// File is a license or a notice, as the module has it.
type File struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

// PURL is the package URL of a module.
func (m Module) PURL() string {
	if m.Path == "std" {
		return "pkg:golang/std"
	}
	return "pkg:golang/" + m.Path + "@" + strings.ReplaceAll(m.Version, "+", "%2B")
}

// All returns the modules of every operating system, in order of their paths.
func All() ([]Module, error) {
	in, err := gzip.NewReader(bytes.NewReader(compressed))
	if err != nil {
		return nil, fmt.Errorf("the embedded licenses: %w", err)
	}
	var all []Module
	if err := json.NewDecoder(in).Decode(&all); err != nil {
		return nil, fmt.Errorf("the embedded licenses: %w", err)
	}
	return all, nil
}

// Linked returns the modules that a program with this build information consists of. It is an error if one of them has
// no license here: the program was built from other modules than the licenses were collected from.
func Linked(info *debug.BuildInfo) ([]Module, error) {
	all, err := All()
	if err != nil {
		return nil, err
	}
	byPath := map[string]Module{}
	for _, m := range all {
		byPath[m.Path] = m
	}
	std := byPath["std"]
	std.Version = info.GoVersion
	linked := []Module{std}
	var missing []string
	for _, dep := range info.Deps {
		if dep.Replace != nil {
			dep = dep.Replace
		}
		m, ok := byPath[dep.Path]
		if !ok || m.Version != dep.Version {
			missing = append(missing, dep.Path+" "+dep.Version)
			continue
		}
		linked = append(linked, m)
	}
	if len(missing) > 0 {
		return nil, fmt.Errorf("no license is known for what this program was built with; run make licenses: %s",
			strings.Join(missing, ", "))
	}
	return linked, nil
}
