package collector

import (
	"cmp"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"microspend/usage"
)

// An entry of the journal that cannot be applied would keep every run from getting any further, of all targets: the
// journal is what a run begins with. Such an entry is whole by its checksum, so it is no accident of a kill but the
// work of another version of the program, or a bug. It is put into a file of its own beside the journal, for whoever
// looks into it, and named; the run goes on as if it had never been written. Nothing is lost by that: the checkpoint
// has not moved past it, so what it held is asked for again.

// maxAside is how many such files are kept: the latest.
const maxAside = 20

const asideSuffix = ".unreadable"

// sift looks for entries that cannot be applied, and sets them aside. What it finds is quarantined: by target, or where
// that is not known either by none.
//
// A batch without its plan is one of them. It may have been planned with another configuration, and its records would
// then stand beside those of this one.
func (j *journal) sift(now time.Time, live bool) (damaged []Quarantine, err error) {
	planned := map[string]bool{} // batches, by target and key
	err = j.entriesDo(func(at int64, content []byte) error {
		if j.aside[at] {
			return nil
		}
		var of Target
		fault := readEntry(content, func(p planEntry) error {
			of = p.Target
			for _, b := range p.Batches {
				planned[of.String()+" "+b.key()] = true
			}
			if live { // its windows have no period, and its first one is empty
				return nil
			}
			return checkBatches(p.Batches)
		}, func(b batchEntry, text []byte) error {
			of = b.Target
			if !planned[of.String()+" "+b.Key] {
				return fmt.Errorf("its plan is missing")
			}
			return eachRecord(text, func(*usage.Record) {})
		})
		if fault == nil {
			return nil
		}
		j.aside[at] = true
		path, err := keepAside(j.file.Name(), content, now)
		damaged = append(damaged, Quarantine{
			Target: of, What: "an entry of the journal",
			Reason: fmt.Sprintf("it cannot be used: %v; what it held is requested again; it was set aside as %s", fault, path),
		})
		return err
	})
	return damaged, err
}

// keepAside writes an entry beside the journal, unless it is there already, as where a run was killed after it had.
func keepAside(journal string, content []byte, now time.Time) (path string, err error) {
	sum := fmt.Sprintf("-%08x%s", crc32.Checksum(content, castagnoli), asideSuffix)
	place := placeOf(filepath.Dir(journal))
	before, err := asides(journal)
	if err != nil {
		return "", err
	}
	if i := slices.IndexFunc(before, func(path string) bool { return strings.HasSuffix(path, sum) }); i >= 0 {
		return before[i], nil
	}
	for len(before) >= maxAside {
		if err := place.Remove(before[0]); err != nil {
			return "", fmt.Errorf("removing an old entry of the journal that was set aside: %w", err)
		}
		before = before[1:]
	}
	path = journal + "-" + now.UTC().Format("20060102T150405Z") + sum
	if err := place.Write(path, content); err != nil {
		return "", fmt.Errorf("setting an entry of the journal aside: %w", err)
	}
	return path, nil
}

// asides lists the files of entries that were set aside, the oldest first.
func asides(journal string) ([]string, error) {
	entries, err := os.ReadDir(filepath.Dir(journal))
	if err != nil {
		return nil, err
	}
	var paths []string
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), filepath.Base(journal)+"-") && strings.HasSuffix(e.Name(), asideSuffix) {
			paths = append(paths, filepath.Join(filepath.Dir(journal), e.Name()))
		}
	}
	slices.SortFunc(paths, func(a, b string) int { return cmp.Compare(a, b) }) // their names begin with the time
	return paths, nil
}

// replaceForeign moves a journal aside as a whole that another version of the program has written, and begins a new
// one. It returns what to say of it; nil where the journal is one of this version, or one whose beginning a kill cut
// off.
func (j *journal) replaceForeign(now time.Time) (*Quarantine, error) {
	head := make([]byte, len(journalMagic))
	n, err := j.file.ReadAt(head, 0)
	if err != nil && err != io.EOF {
		return nil, fmt.Errorf("the journal cannot be read: %w", err)
	}
	if n < len(head) || string(head) == journalMagic || !strings.HasPrefix(string(head), "microspend journal ") {
		return nil, nil
	}
	path := j.file.Name()
	aside := path + "-" + now.UTC().Format("20060102T150405Z") + asideSuffix
	j.close() // or Windows would not rename it
	place := placeOf(filepath.Dir(path))
	if err := place.Rename(path, aside); err != nil {
		return nil, fmt.Errorf("setting the journal aside: %w", err)
	}
	if j.file, err = place.OpenFile(path, os.O_RDWR|os.O_CREATE); err != nil {
		return nil, fmt.Errorf("the journal cannot be opened: %w", err)
	}
	return &Quarantine{
		What: "the journal", Reason: fmt.Sprintf("another version of the program has written it; what it held is requested "+
			"again; it was set aside as %s", aside),
	}, nil
}
