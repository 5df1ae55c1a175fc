package bucket

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"microspend/internal/civil"
	"microspend/ledger/parquet"
)

// tidyEvery is how often a ledger's writers look for parts that nothing names any more.
const tidyEvery = 24 * time.Hour

const probesLast = time.Hour // those that a writer which died has left

// tidy deletes parts that neither a manifest nor a snapshot names, once they and the day's manifest are older than
// [Grace] by the server's clock: a day that has just changed may have readers at work with what it was before. It returns
// how many it has deleted.
func (f *files) tidy(ctx context.Context) (deleted int, err error) {
	// In this order: a part that is listed and becomes in force only later would have to be in the manifest already, as
	// writers upload under new names, or be too young.
	parts, now, err := f.list(ctx, partsFolder+"/")
	if err != nil {
		return 0, err
	}
	manifests, err := f.manifests(ctx)
	if err != nil {
		return 0, err
	}
	if now.IsZero() {
		return 0, errors.New("the server does not tell the time")
	}
	old := func(o object) bool { return now.Sub(o.modified) > Grace }
	byDay := map[civil.Day][]object{}
	for _, o := range parts {
		if day, _, ok := dayOf(partsFolder, o.key); ok && old(o) {
			byDay[day] = append(byDay[day], o)
		}
	}
	named, err := f.namedBySnapshots(ctx)
	if err != nil {
		return 0, err
	}
	for day, candidates := range byDay {
		if m, has := manifests[day]; has && !old(m) {
			continue
		}
		text, _, err := f.Manifest(ctx, day)
		if err != nil {
			return deleted, err
		}
		if text != nil {
			names, err := parquet.Named(text, day)
			if err != nil { // nobody knows what it names
				continue
			}
			for _, name := range names {
				named[partsFolder+"/"+dayPrefix+day.String()+"/"+name] = true
			}
		}
		for _, o := range candidates {
			if named[o.key] {
				continue
			}
			if err := f.remove(ctx, o.key); err != nil {
				return deleted, err
			}
			deleted++
		}
	}
	probes, _, err := f.list(ctx, probeName+"-")
	for _, o := range probes {
		if err == nil && now.Sub(o.modified) > probesLast {
			err = f.remove(ctx, o.key)
		}
	}
	return deleted, err
}

// namedBySnapshots are the parts that snapshots name.
func (f *files) namedBySnapshots(ctx context.Context) (map[string]bool, error) {
	named := map[string]bool{}
	snapshots, _, err := f.list(ctx, snapshotsFolder+"/")
	if err != nil {
		return nil, err
	}
	for _, o := range snapshots {
		name := strings.TrimSuffix(strings.TrimPrefix(o.key, snapshotsFolder+"/"), ".json")
		s, err := f.readSnapshot(ctx, name)
		if errors.Is(err, fs.ErrNotExist) {
			continue // it has just gone
		}
		if err != nil {
			return nil, fmt.Errorf("nothing is deleted, as %s may name it: %w", o.key, err)
		}
		for text, manifest := range s.Days {
			day, err := civil.Parse(text)
			if err != nil {
				return nil, fmt.Errorf("nothing is deleted, as %s may name it: %w", o.key, err)
			}
			names, err := parquet.Named(manifest, day)
			if err != nil {
				return nil, fmt.Errorf("nothing is deleted, as %s may name it: %w", o.key, err)
			}
			for _, name := range names {
				named[partsFolder+"/"+dayPrefix+text+"/"+name] = true
			}
		}
	}
	return named, nil
}
