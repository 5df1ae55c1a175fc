package main

import (
	"errors"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"microspend/view"
)

// build is what a binary knows of how it was built.
type build struct {
	version  string // the module's; "development" for a build from a checkout
	commit   string // "" where it is not known
	time     string // of the commit, RFC 3339; "" where it is not known
	modified bool   // whether the checkout had changes that are in no commit
	trimmed  bool   // whether -trimpath kept the folders of the machine that built it out
}

func buildOf(info *debug.BuildInfo) build {
	b := build{version: info.Main.Version}
	if b.version == "" || b.version == "(devel)" {
		b.version = "development"
	}
	for _, setting := range info.Settings {
		switch setting.Key {
		case "vcs.revision":
			b.commit = setting.Value
		case "vcs.time":
			b.time = setting.Value
		case "vcs.modified":
			b.modified = setting.Value == "true"
		case "-trimpath":
			b.trimmed = setting.Value == "true"
		}
	}
	return b
}

// version is the module's version, or the commit of a build from a checkout.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	return buildOf(info).short()
}

func (b build) short() string {
	if len(b.commit) >= 12 {
		text := "development, commit " + b.commit[:12]
		if b.modified {
			text += " with changes"
		}
		return text
	}
	return b.version
}

func (a *app) versionCommand() *cobra.Command {
	return a.printing(&cobra.Command{
		Use:   "version",
		Short: "Show the version and the commit it was built from",
		Long:  `version shows the version of this program, and the commit and the version of Go that it was built from.`,
		Example: `  microspend version
  # For a script
  microspend version --format json`,
	}, func(*cobra.Command, []string) (view.Document, error) {
		info, ok := debug.ReadBuildInfo()
		if !ok {
			return view.Document{}, errors.New("this program was built without build information")
		}
		return versionDocument(buildOf(info)), nil
	})
}

func versionDocument(b build) view.Document {
	platform := runtime.GOOS + "/" + runtime.GOARCH
	notes := []view.Note{
		{Tag: "version", Text: b.version}, {Tag: "go", Text: runtime.Version() + " " + platform},
	}
	if b.commit != "" {
		commit := b.commit
		if b.modified {
			commit += ", with changes"
		}
		notes = append(notes, view.Note{Tag: "commit", Text: commit}, view.Note{Tag: "committed", Text: b.time})
	}
	data := view.NewTable([]view.Column[view.Note]{
		{ID: "what", Value: func(n view.Note) view.Value { return view.Text(n.Tag) }},
		{ID: "value", Value: func(n view.Note) view.Value { return view.Text(n.Text) }},
	}, notes, nil)
	return view.Document{
		Title: "microspend", Sections: []view.Section{{Notes: notes}}, Data: data,
		JSON: view.Object{
			{ID: "schema", Value: "microspend.version/v1"},
			{ID: "version", Value: b.version},
			{ID: "commit", Value: b.commit},
			{ID: "committed_at", Value: b.time},
			{ID: "modified", Value: b.modified},
			{ID: "trimpath", Value: b.trimmed},
			{ID: "go", Value: runtime.Version()},
			{ID: "platform", Value: platform},
		},
	}
}
