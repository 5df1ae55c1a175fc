package clickhouse

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"microspend/usage"
)

// schemaVersion is the version of the tables that this program makes. [schema.migrations] has what leads from one to
// the next.
const schemaVersion = 1

// leastServer is the oldest ClickHouse whose statements are all known to mean what is meant here: of the long-term
// releases the first with FINAL across partitions by itself, ATTACH PARTITION as one transaction and EPHEMERAL columns.
const leastServer = "24.8"

// The tables. On a cluster each is a Distributed table over one of the same name with [localSuffix] on each shard.
const (
	tableUsage     = "usage"
	tableHourly    = "usage_hourly"
	tableDocuments = "documents"
	tableAudit     = "audit"
	tableSchema    = "schema_version"

	localSuffix   = "_local"
	stagingPrefix = "usage_in_"
	hourlyPrefix  = "hourly_in_"
)

// schema writes the statements that make tables.
type schema struct{ database, cluster string }

// table is a table as queries name it.
func (s schema) table(name string) string { return s.database + "." + name }

// local is what the table that has the rows is called, on a cluster on each server.
func (s schema) local(name string) string {
	if s.cluster == "" {
		return name
	}
	return name + localSuffix
}

// stored is the table that has the rows.
func (s schema) stored(name string) string { return s.table(s.local(name)) }

// everywhere is the clause that has a statement run on all servers of a cluster.
func (s schema) everywhere() string {
	if s.cluster == "" {
		return ""
	}
	return " ON CLUSTER " + s.cluster
}

// engine is one of the MergeTree engines. On a cluster it is the replicated one: the path in Keeper tells shards and
// tables apart, and its macros are the servers' own.
func (s schema) engine(name, kind, arguments string) string {
	if s.cluster == "" {
		return kind + "(" + arguments + ")"
	}
	replicated := fmt.Sprintf("'/clickhouse/tables/{shard}/%s/%s', '{replica}'", s.database, name)
	if arguments != "" {
		replicated += ", " + arguments
	}
	return "Replicated" + kind + "(" + replicated + ")"
}

// create makes a table, and on a cluster the one that spreads it, by a hash of the columns that rows of one key must
// agree on: FINAL looks at one server's rows alone.
func (s schema) create(name, columns, engine, rest, shardBy string) []string {
	statements := []string{fmt.Sprintf("CREATE TABLE IF NOT EXISTS %s%s (\n%s\n) ENGINE = %s %s",
		s.stored(name), s.everywhere(), columns, engine, rest)}
	if s.cluster != "" {
		statements = append(
			statements,
			fmt.Sprintf("CREATE TABLE IF NOT EXISTS %s%s AS %s ENGINE = Distributed(%s, %s, %s, %s)",
				s.table(name), s.everywhere(), s.stored(name), s.cluster, s.database, name+localSuffix, shardBy),
		)
	}
	return statements
}

// resourceExpression is [usage.Resource.String] of the columns that Parquet files have.
func resourceExpression() string {
	var cases strings.Builder
	for _, kind := range []usage.ResourceKind{usage.KindImage, usage.KindFleet} {
		mark := usage.Resource{Kind: kind}.String()
		fmt.Fprintf(
			&cases,
			"%s = '%s', multiIf(%[3]s = '', '%[4]s', startsWith(%[3]s, '%[4]s'), %[3]s, concat('%[4]s ', %[3]s)), ",
			kindColumn,
			kind,
			microVMColumn,
			mark,
		)
	}
	return "multiIf(" + cases.String() + microVMColumn + ")"
}

// kinds are those that a resource's name tells by how it begins, and last the one of all others.
var kinds = []usage.ResourceKind{usage.KindImage, usage.KindFleet, usage.KindMicroVM}

// kindNames are their names as the elements of an array: see [usage.ParseResource].
func kindNames() string {
	var names []string
	for _, kind := range kinds {
		names = append(names, "'"+kind.String()+"'")
	}
	return strings.Join(names, ", ")
}

// kindNumber is the place of a resource's kind among [kinds], from 1. Marks begin with a bracket; that a name does not
// is told by comparing it, in a fraction of the time that looking for the marks takes.
func kindNumber() string {
	return fmt.Sprintf(
		"if(resource < '(' OR resource >= ')', 3, multiIf(startsWith(resource, '%s'), 1, startsWith(resource, '%s'), 2, 3))",
		usage.Resource{Kind: kinds[0]},
		usage.Resource{Kind: kinds[1]},
	)
}

// usageColumns are those of usage. A version of 0 is one that rows must have themselves.
func usageColumns(version uint64) string {
	lines := []string{kindColumn + " String EPHEMERAL", microVMColumn + " String EPHEMERAL"}
	for _, c := range columns {
		line := c.name + " " + c.kind
		switch c.name {
		case "resource":
			line += " DEFAULT " + resourceExpression()
		case "deleted":
			line += " DEFAULT 0"
		}
		if c.codec != "" {
			line += " CODEC(" + c.codec + ")"
		}
		lines = append(lines, line)
	}
	line := "version UInt64"
	if version > 0 {
		line += " DEFAULT " + strconv.FormatUint(version, 10)
	}
	return "    " + strings.Join(append(lines, line+" CODEC(DoubleDelta, ZSTD(1))"), ",\n    ")
}

// usageTable makes usage, or a table of its form that an import is staged in. Rows lie in the order of
// [ledger.CompareKeys], which is also that of our Parquet files.
func (s schema) usageTable(name string, version uint64) []string {
	return s.create(name, usageColumns(version), s.engine(name, "ReplacingMergeTree", "version"),
		"PARTITION BY toDate(period_start) ORDER BY (resource, period_start, source, region, account)",
		"cityHash64(resource)")
}

// migrations lead from each version to the next: those before it have been run. A statement may be run again after a
// writer died in the middle.
func (s schema) migrations() [schemaVersion][]string {
	var first []string
	first = append(first, s.usageTable(tableUsage, 0)...)
	first = append(first, s.hourlyTable(tableHourly)...)
	first = append(first, s.create(tableDocuments,
		"    name String,\n    content String CODEC(ZSTD(3)),\n    version UInt64,\n    deleted UInt8",
		s.engine(tableDocuments, "ReplacingMergeTree", "version"), "ORDER BY name", "cityHash64(name)")...)
	first = append(first, s.create(tableAudit,
		"    seq UInt64,\n    entry String CODEC(ZSTD(3))",
		s.engine(tableAudit, "MergeTree", ""), "ORDER BY seq", "1")...)
	return [...][]string{first}
}

// versionTable makes the table that says which version the others are of.
func (s schema) versionTable() []string {
	return s.create(
		tableSchema,
		"    version UInt32",
		s.engine(tableSchema, "ReplacingMergeTree", ""),
		"ORDER BY version",
		"1",
	)
}

// ddl are settings for statements that change tables: on a cluster they wait for all its servers.
func (s schema) ddl() map[string]string {
	if s.cluster == "" {
		return nil
	}
	return map[string]string{
		"alter_sync":                   "2",
		"distributed_ddl_task_timeout": "180",
		"distributed_ddl_output_mode":  "throw",
	}
}

// migrate brings the tables to today's version.
func (c *client) migrate(ctx context.Context) error {
	s := c.schema()
	if err := c.run(ctx, request{text: "CREATE DATABASE IF NOT EXISTS " + s.database + s.everywhere(), server: true, again: true}); err != nil &&
		!hasCode(err, codeAccessDenied) { // who may make no database may still have one
		return err
	}
	found, err := c.schemaFound(ctx)
	if err != nil || found == schemaVersion {
		return err
	}
	statements := s.versionTable()
	for version := found; version < schemaVersion; version++ {
		statements = append(statements, s.migrations()[version]...)
		statements = append(statements, fmt.Sprintf("INSERT INTO %s VALUES (%d)", s.table(tableSchema), version+1))
	}
	for _, statement := range statements {
		if err := c.run(ctx, request{text: statement, settings: s.ddl(), again: true}); err != nil {
			return fmt.Errorf("making the tables: %w", err)
		}
	}
	return nil
}

// schemaFound is the version of the tables that are there, 0 where there are none. Tables of a later version are an
// error: what they mean is not known.
func (c *client) schemaFound(ctx context.Context) (version int, err error) {
	err = c.rows(
		ctx,
		request{text: "SELECT max(version) FROM " + c.schema().table(tableSchema)},
		func(r *rowReader) error {
			version = int(r.uint32())
			return nil
		},
	)
	switch {
	case hasCode(err, codeUnknownTable):
		return 0, nil
	case err == nil && version > schemaVersion:
		return 0, fmt.Errorf("%s: the tables are of version %d, which a newer microspend has made; this one knows version %d",
			c.name, version, schemaVersion)
	}
	return version, err
}

// checkServer refuses a server that is too old.
func (c *client) checkServer(ctx context.Context) error {
	var version string
	err := c.rows(ctx, request{text: "SELECT version()", server: true}, func(r *rowReader) error {
		version = r.name()
		return nil
	})
	if err != nil {
		return err
	}
	if older(version, leastServer) {
		return fmt.Errorf("%s: the server is ClickHouse %s; it takes %s or later", c.name, version, leastServer)
	}
	return nil
}

// older reports whether a version such as 24.3.1.2672 is older than one such as 24.8.
func older(version, least string) bool {
	have, want := strings.Split(version, "."), strings.Split(least, ".")
	for i := range want {
		if i == len(have) {
			return true
		}
		h, err := strconv.Atoi(have[i])
		w, _ := strconv.Atoi(want[i])
		if err != nil || h != w {
			return err == nil && h < w
		}
	}
	return false
}

func (a *address) schema() schema { return schema{a.database, a.cluster} }
