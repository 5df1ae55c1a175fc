package clickhouse

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"
)

// codeTableExists is what the server says where a table is already there, and codeReplicaExists Keeper of a replica.
const (
	codeTableExists   = 57
	codeReplicaExists = 253
)

const (
	lockPrefix = "lock_"
	deadPrefix = "dead_" // of locks that were taken away
	lockWait   = 5 * time.Minute
)

// locked does something while no other writer does anything under the same lock. ClickHouse has no locks, but of those
// who make a table of one name at the same time only one succeeds. On a cluster it is a replica of one name in Keeper.
//
// A writer that died leaves its table behind. Whoever finds one that is too old gives it another name, which is made of
// its own id, so that of several who do so only one succeeds, and nobody takes away the lock that came after it.
func (s *Store) locked(ctx context.Context, what string, do func() error) error {
	sum := sha256.Sum256([]byte(what))
	table := lockPrefix + hex.EncodeToString(sum[:12])
	sc := s.client.schema()
	token := rand.Text()
	create := request{
		text: fmt.Sprintf("CREATE TABLE %s (holder String) ENGINE = %s COMMENT '%s'", sc.table(table), sc.lockEngine(table), token),
	}
	for begun, pause := time.Now(), 5*time.Millisecond; ; pause = min(2*pause, 500*time.Millisecond) {
		err := s.client.run(ctx, create)
		if err == nil {
			break
		}
		if !hasCode(err, codeTableExists) && !hasCode(err, codeReplicaExists) {
			return err
		}
		if time.Since(begun) > lockWait {
			return fmt.Errorf("%s: another writer does not come to an end with %s", s.Name(), what)
		}
		if err := s.breakStale(ctx, table); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
	err := do()
	return errors.Join(err, s.client.run(context.WithoutCancel(ctx), request{
		text: "DROP TABLE IF EXISTS " + sc.table(table) + sc.everywhere() + " SYNC", settings: sc.ddl(), again: true,
	}))
}

// lockEngine is the engine of a lock's table, which has no rows.
func (s schema) lockEngine(name string) string {
	if s.cluster == "" {
		return "Memory"
	}
	return fmt.Sprintf("ReplicatedMergeTree('/clickhouse/microspend/%s/%s', 'lock') ORDER BY holder", s.database, name)
}

// breakStale takes away a lock whose holder has died.
func (s *Store) breakStale(ctx context.Context, table string) error {
	sc := s.client.schema()
	from := "system.tables"
	if sc.cluster != "" {
		from = "clusterAllReplicas(" + sc.cluster + ", system.tables)"
	}
	var stale []string
	err := s.client.rows(ctx, request{
		text: "SELECT replaceAll(toString(uuid), '-', '') FROM " + from + " WHERE database = {database:String} AND name = {name:String} AND " +
			"metadata_modification_time < now() - toIntervalSecond({age:UInt32})",
		parameters: map[string]string{"database": sc.database, "name": table, "age": fmt.Sprint(int(s.sizes.lockStale.Seconds()))},
	}, func(r *rowReader) error {
		stale = append(stale, r.name())
		return r.err
	})
	for _, id := range stale {
		if err != nil {
			break
		}
		dead := sc.table(deadPrefix + id)
		rename := s.client.run(ctx, request{
			text: fmt.Sprintf("RENAME TABLE %s TO %s%s", sc.table(table), dead, sc.everywhere()), settings: sc.ddl(),
		})
		if rename == nil {
			s.options.Logger.Warn("the lock of a writer that died was taken away", "table", table)
		} else if !hasCode(rename, codeTableExists) && !hasCode(rename, codeUnknownTable) {
			err = rename
		}
	}
	return err
}
