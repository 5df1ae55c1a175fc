package clickhouse

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"time"

	"microspend/ledger"
)

const snapshotPrefix = "snapshot_"

// snapshotTable is the table of a snapshot. Names may have bytes that tables must not have.
func snapshotTable(name string) string {
	sum := sha256.Sum256([]byte(name))
	return snapshotPrefix + hex.EncodeToString(sum[:16])
}

// isSnapshot reports whether what is read is a snapshot and not the ledger itself.
func (l *Ledger) isSnapshot() bool { return l.usage != tableUsage }

// Snapshot implements [ledger.Store]. The days' parts are shared with usage as links to the same files, and are not
// changed by what becomes of them there. The table gets its name when it is complete.
func (s *Store) Snapshot(ctx context.Context, name string, from, to time.Time, loc *time.Location) (err error) {
	if err := ledger.CheckDocumentName(name); err != nil {
		return err
	}
	staged, err := s.stage(ctx)
	defer s.dropAfter(ctx, staged.name, &err)
	if err != nil {
		return err
	}
	found, err := s.states(ctx)
	if err != nil {
		return err
	}
	sc, b := s.client.schema(), boundsOf(&ledger.Query{From: from, To: to, Location: loc}, nil)
	for _, day := range found.days() {
		if !b.touches(day) {
			continue
		}
		err := s.alter(ctx, staged.name, fmt.Sprintf("ATTACH PARTITION ID '%s' FROM %s", partitionID(day), sc.stored(tableUsage)))
		if err != nil {
			return err
		}
	}
	table := snapshotTable(name)
	for _, statement := range sc.usageTable(table, 0) {
		if err := s.client.run(ctx, request{text: statement, settings: sc.ddl(), again: true}); err != nil {
			return err
		}
	}
	return s.client.run(ctx, request{
		text: fmt.Sprintf("EXCHANGE TABLES %s AND %s%s", sc.stored(staged.name), sc.stored(table), sc.everywhere()), settings: sc.ddl(),
	})
}

// OpenSnapshot implements [ledger.Reader].
func (l *Ledger) OpenSnapshot(ctx context.Context, name string) (ledger.Reader, error) {
	if err := ledger.CheckDocumentName(name); err != nil {
		return nil, err
	}
	s, table := l.client.schema(), snapshotTable(name)
	there, err := l.number(ctx, "SELECT count() FROM system.tables WHERE database = {database:String} AND name = {name:String}",
		map[string]string{"database": s.database, "name": table})
	if err == nil && there == 0 {
		err = fmt.Errorf("no snapshot: %w", &fs.PathError{Op: "opening", Path: name, Err: fs.ErrNotExist})
	}
	if err != nil {
		return nil, err
	}
	return &Ledger{l.client, l.options, table}, nil
}

// RemoveSnapshot implements [ledger.Store].
func (s *Store) RemoveSnapshot(ctx context.Context, name string) error {
	if err := ledger.CheckDocumentName(name); err != nil {
		return err
	}
	return s.drop(ctx, snapshotTable(name))
}
