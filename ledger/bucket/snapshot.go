package bucket

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"microspend/internal/civil"
	"microspend/ledger"
	"microspend/ledger/parquet"
)

const snapshotsFolder = "snapshots"

// snapshot is a stretch of days as they were: their manifests, whose parts stay for as long as it does. It is one object,
// and so is there as a whole or not at all.
type snapshot struct {
	Days map[string]json.RawMessage `json:"days"`
}

func snapshotName(name string) (string, error) {
	return snapshotsFolder + "/" + name + ".json", ledger.CheckDocumentName(name)
}

func (f *files) readSnapshot(ctx context.Context, name string) (s snapshot, err error) {
	key, err := snapshotName(name)
	if err != nil {
		return s, err
	}
	text, _, err := f.read(ctx, key)
	if err == nil {
		err = json.Unmarshal(text, &s)
	}
	return s, err
}

// Snapshot implements [ledger.Store]. Parts are shared with the days, as nothing ever writes to one again.
func (w *Writer) Snapshot(ctx context.Context, name string, from, to time.Time, loc *time.Location) error {
	key, err := snapshotName(name)
	if err != nil {
		return err
	}
	hashes, err := w.DayHashes(ctx, from, to, cmp.Or(loc, time.UTC))
	if err != nil {
		return err
	}
	s := snapshot{Days: map[string]json.RawMessage{}}
	for text := range hashes {
		day, err := civil.Parse(text)
		if err != nil {
			return err
		}
		manifest, _, err := w.files.Manifest(ctx, day)
		if err != nil {
			return err
		}
		if _, err := parquet.Named(manifest, day); err != nil {
			return fmt.Errorf("copying %s: %w", day, err)
		}
		s.Days[text] = manifest
	}
	content, err := json.Marshal(s)
	if err != nil {
		return err
	}
	_, err = w.files.putBytes(ctx, key, content, condition{})
	return err
}

// OpenSnapshot implements [ledger.Reader].
func (l *Ledger) OpenSnapshot(ctx context.Context, name string) (ledger.Reader, error) {
	s, err := l.files.readSnapshot(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("no snapshot: %w", err)
	}
	f := &files{client: l.files.client, readOnly: map[string][]byte{}}
	for day, manifest := range s.Days {
		f.readOnly[day] = append(manifest, '\n') // which JSON leaves out, and which the hash of the day is of, too
	}
	return &Ledger{parquet.Read(f, l.options), f, l.options}, nil
}

// RemoveSnapshot implements [ledger.Store].
func (w *Writer) RemoveSnapshot(ctx context.Context, name string) error {
	key, err := snapshotName(name)
	if err != nil {
		return err
	}
	return w.files.remove(ctx, key)
}
