// Command generate collects the licenses of the modules that microspend is built from, for package licenses. It is run
// by go generate in the folder of that package; an argument names another file to write.
package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"microspend/internal/licenses"
)

func main() {
	file := "modules.json.gz"
	if len(os.Args) > 1 {
		file = os.Args[1]
	}
	if err := generate(file); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func generate(file string) error {
	modules, err := collect()
	if err != nil {
		return err
	}
	text, err := json.Marshal(modules)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestCompression) // without a time, so that the same licenses make the same file
	if err != nil {
		return err
	}
	if _, err := w.Write(text); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return os.WriteFile(file, out.Bytes(), 0o644)
}

// systems are what the program is built for. Each links modules that others do not.
var systems = []string{"linux", "darwin", "windows"}

// commands are what is handed out. The meter has a part of the other one's modules.
var commands = []string{"microspend/cmd/microspend", "microspend/cmd/microspend-meter"}

func collect() ([]licenses.Module, error) {
	folders := map[string]string{} // by module and version
	for _, system := range systems {
		list := exec.Command("go", append([]string{
			"list", "-deps", "-f", "{{with .Module}}{{.Path}} {{.Version}} {{.Dir}}{{end}}",
		}, commands...)...)
		list.Env = append(os.Environ(), "GOOS="+system, "CGO_ENABLED=0")
		list.Stderr = os.Stderr
		out, err := list.Output()
		if err != nil {
			return nil, fmt.Errorf("go list for %s: %w", system, err)
		}
		for line := range strings.Lines(string(out)) {
			module, folder, ok := cutLast(strings.TrimSpace(line))
			if ok && !strings.HasPrefix(module, "microspend ") {
				folders[module] = folder
			}
		}
	}
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return nil, fmt.Errorf("go env GOROOT: %w", err)
	}
	std, err := read("std", "", strings.TrimSpace(string(root)))
	if err != nil {
		return nil, err
	}
	modules := []licenses.Module{std}
	for module, folder := range folders {
		path, version, _ := strings.Cut(module, " ")
		m, err := read(path, version, folder)
		if err != nil {
			return nil, err
		}
		modules = append(modules, m)
	}
	slices.SortFunc(modules, func(a, b licenses.Module) int { return strings.Compare(a.Path, b.Path) })
	return modules, nil
}

// cutLast cuts a line's folder, which is last, from the module and its version.
func cutLast(line string) (module, folder string, ok bool) {
	fields := strings.SplitN(line, " ", 3)
	if len(fields) != 3 {
		return "", "", false
	}
	return fields[0] + " " + fields[1], fields[2], true
}

var licenseName = regexp.MustCompile(`(?i)^(un)?(licen[sc]e|copying|notice|patents)`)

func read(path, version, folder string) (licenses.Module, error) {
	m := licenses.Module{Path: path, Version: version}
	entries, err := os.ReadDir(folder)
	if err != nil {
		return m, err
	}
	var ids []string
	for _, entry := range entries {
		if !licenseName.MatchString(entry.Name()) || !entry.Type().IsRegular() || filepath.Ext(entry.Name()) == ".go" {
			continue
		}
		text, err := os.ReadFile(filepath.Join(folder, entry.Name()))
		if err != nil {
			return m, err
		}
		m.Files = append(m.Files, licenses.File{Name: entry.Name(), Text: string(text)})
		ids = append(ids, identify(string(text))...)
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	if len(ids) == 0 {
		return m, fmt.Errorf("%s %s in %s: no license that this program knows; teach it or do without the module",
			path, version, folder)
	}
	m.License = strings.Join(ids, " AND ")
	return m, nil
}

// identify names the licenses in a text by sentences that only they have.
func identify(text string) (ids []string) {
	text = strings.Join(strings.Fields(text), " ")
	has := func(sentence string) bool { return strings.Contains(text, sentence) }
	if has("Apache License Version 2.0") || has("Apache License, Version 2.0") {
		ids = append(ids, "Apache-2.0")
	}
	if has("Permission is hereby granted, free of charge, to any person obtaining a copy") {
		ids = append(ids, "MIT")
	}
	if has("Redistribution and use in source and binary forms") {
		if has("may be used to endorse or promote products") {
			ids = append(ids, "BSD-3-Clause")
		} else {
			ids = append(ids, "BSD-2-Clause")
		}
	}
	if has("Permission to use, copy, modify, and/or distribute this software for any purpose with or without fee") ||
		has("Permission to use, copy, modify, and distribute this software for any purpose with or without fee") {
		ids = append(ids, "ISC")
	}
	if has("Mozilla Public License Version 2.0") || has("Mozilla Public License, version 2.0") {
		ids = append(ids, "MPL-2.0")
	}
	return ids
}
