package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"microspend/internal/ownfile"
	"microspend/ledger"
	"microspend/ledger/stores"
	"microspend/report"
)

// inPlace has symlink manifests kept with the ledger.
const inPlace = "in-place"

// symlinks is where they are then kept, among the ledger's documents.
const symlinks = "symlinks"

func (a *app) ledgerFilesCommand() *cobra.Command {
	var manifests string
	cmd := a.command(&cobra.Command{
		Use:   "files",
		Short: "List the ledger's Parquet files, for other query engines",
		Long: `files lists the Parquet files that make up the ledger. A query engine that reads exactly these counts each record
once. In a bucket, an engine must not read every file it finds: earlier versions of a day stay there for a day.

--symlink-manifests also writes the list as dt=YYYY-MM-DD/manifest, one for each day, which Athena, Trino and Hive
read as SymlinkTextInputFormat; "in-place" keeps them with the ledger. Run it after each import. docs/bucket.md has
the table definitions.`,
		Example: `  microspend ledger files
  # With rows and sizes
  microspend ledger files --format csv --output files.csv
  # A table for Athena
  microspend ledger files --ledger s3://finance/ledger --symlink-manifests in-place`,
	}, func(cmd *cobra.Command, _ []string) error {
		opened, err := a.openLedger(cmd.Context())
		if err != nil {
			return err
		}
		lister, can := opened.(ledger.FileLister)
		if !can {
			return fmt.Errorf("%s is not kept in Parquet files; export it with microspend ledger export", opened.Name())
		}
		files, damaged, err := lister.Files(cmd.Context())
		if err != nil {
			return err
		}
		for i, f := range files {
			if !strings.Contains(f.Location, "://") {
				if files[i].Location, err = filepath.Abs(f.Location); err != nil {
					return err
				}
			}
		}
		switch manifests {
		case "":
		case inPlace:
			err = a.writeLedger(cmd.Context(), ledger.Options{Command: "microspend ledger files"},
				func(ctx context.Context, w ledger.Store) error { return keepSymlinks(ctx, w, symlinksOf(files)) })
		default:
			err = writeSymlinks(manifests, symlinksOf(files))
		}
		if err != nil {
			return err
		}
		if a.output.format == "text" {
			err = a.write(a.output.file, func(w io.Writer) (err error) {
				for _, f := range files {
					if err == nil {
						_, err = fmt.Fprintln(w, f.Location)
					}
				}
				return err
			})
			for _, file := range damaged {
				fmt.Fprintf(a.err, "%s is damaged: %s\n", file.Path, file.Reason)
			}
		} else {
			err = a.print(report.LedgerFiles(opened.Name(), files, damaged))
		}
		return errors.Join(err, passes(len(damaged) == 0))
	})
	a.output.addFormat(cmd, "text", "table", "json", "csv")
	a.ledgerFlags(cmd)
	cmd.Flags().StringVar(&manifests, "symlink-manifests", "",
		"also write symlink manifests for Athena and Trino to the folder `DIR`, or \"in-place\" to keep them with the ledger")
	return cmd
}

// symlinksOf are the manifests by their names, such as dt=2026-10-01/manifest: a file a line.
func symlinksOf(files []ledger.File) map[string][]byte {
	manifests := map[string][]byte{}
	for _, f := range files {
		name := "dt=" + f.Day.Format(time.DateOnly) + "/manifest"
		location := f.Location
		if stores.IsFolder(location) {
			location = "file://" + filepath.ToSlash(location)
		}
		manifests[name] = append(manifests[name], location+"\n"...)
	}
	return manifests
}

// keepSymlinks writes what has changed.
func keepSymlinks(ctx context.Context, w ledger.Store, manifests map[string][]byte) error {
	there, err := w.ListDocuments(ctx, symlinks)
	if err != nil {
		return err
	}
	for name, text := range manifests {
		name = symlinks + "/" + name
		if slices.Contains(there, name) {
			before, err := w.Document(ctx, name)
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
			if bytes.Equal(before, text) {
				continue
			}
		}
		if err := w.PutDocument(ctx, name, text); err != nil {
			return err
		}
	}
	for _, name := range there {
		if manifests[strings.TrimPrefix(name, symlinks+"/")] == nil {
			if err := w.RemoveDocument(ctx, name); err != nil {
				return err
			}
		}
	}
	return nil
}

// writeSymlinks writes the manifests to a folder, and removes those of days that are no more.
func writeSymlinks(dir string, manifests map[string][]byte) error {
	place := ownfile.Place(dir)
	for name, text := range manifests {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := errors.Join(place.Folder(filepath.Dir(path)), place.Write(path, text)); err != nil {
			return err
		}
	}
	there, err := filepath.Glob(filepath.Join(dir, "dt=[0-9]*", "manifest"))
	for _, path := range there {
		name := filepath.Base(filepath.Dir(path)) + "/manifest"
		if manifests[name] == nil {
			err = errors.Join(err, place.Remove(path), place.Remove(filepath.Dir(path)))
		}
	}
	return err
}
