package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"microspend/internal/licenses"
	"microspend/view"
)

// The formats of licenses beside those of every document.
const (
	formatText      view.Format = "text"
	formatCycloneDX view.Format = "cyclonedx"
)

func (a *app) licensesCommand() *cobra.Command {
	cmd := a.command(&cobra.Command{
		Use:   "licenses",
		Short: "List the modules built into this program, with their licenses",
		Long: `licenses lists the modules that this program is built from, with version and license. --format text prints the full
text of all licenses and notices; --format cyclonedx writes a software bill of materials (CycloneDX 1.5, JSON).
microspend-meter is built from some of the same modules.`,
		Example: `  microspend licenses
  # The license texts
  microspend licenses --format text
  # A software bill of materials
  microspend licenses --format cyclonedx --output microspend.cdx.json`,
	}, func(*cobra.Command, []string) error {
		info, ok := debug.ReadBuildInfo()
		if !ok {
			return errors.New("this program was built without build information")
		}
		modules, err := licenses.Linked(info)
		if err != nil {
			return err
		}
		switch view.Format(a.output.format) {
		case formatText:
			return a.write(a.output.file, func(w io.Writer) error { return writeLicenses(w, modules) })
		case formatCycloneDX:
			return a.write(a.output.file, func(w io.Writer) error {
				return licenses.WriteCycloneDX(w, info, cmp.Or(info.Main.Version, "(devel)"), modules)
			})
		}
		return a.print(licensesDocument(modules))
	})
	a.output.addTo(cmd, formatText, formatCycloneDX)
	return cmd
}

func licensesDocument(modules []licenses.Module) view.Document {
	table := view.NewTable([]view.Column[licenses.Module]{
		{ID: "module", Title: "module", Value: func(m licenses.Module) view.Value { return view.Text(m.Path) }},
		{
			ID:     "version",
			Title:  "version",
			Shrink: true,
			Value:  func(m licenses.Module) view.Value { return view.Text(m.Version) },
		},
		{ID: "license", Title: "license", Value: func(m licenses.Module) view.Value { return view.Text(m.License) }},
	}, modules, nil)
	return view.Document{
		Sections: []view.Section{{Table: table}},
		JSON: view.Object{
			{ID: "schema", Value: "microspend.licenses/v1"},
			{ID: "modules", Value: view.Records{Table: table}},
		},
	}
}

func writeLicenses(w io.Writer, modules []licenses.Module) error {
	for _, m := range modules {
		for _, f := range m.Files {
			heading := strings.TrimSpace(m.Path + " " + m.Version)
			_, err := fmt.Fprintf(
				w,
				"%s: %s (%s)\n%s\n\n%s\n\n",
				heading,
				f.Name,
				m.License,
				strings.Repeat("=", 80),
				strings.TrimSpace(f.Text),
			)
			if err != nil {
				return err
			}
		}
	}
	return nil
}
