package parquet

import (
	"slices"
	"time"

	"microspend/usage"
)

// column is a column of the ledger's files, wherever a file has it.
type column int

// The columns, in the order in which files are written. The measures of [usage.Record.Amounts] lie between the names
// and the coverage, in their own order.
const (
	columnPeriodStart column = iota
	columnPeriodSeconds
	columnRegion
	columnAccount
	columnKind
	columnResource
	columnImage
	columnArch
	columnTenant
	columnTenantBy
	columnRole
	columnSource
	firstAmount
	columnCoverage = firstAmount + column(usage.MeasureCount)
	columnCount    = columnCoverage + 1

	// Of rollups alone.
	columnSeconds        = columnCount
	columnCoveredSeconds = columnCount + 1
	columnRecords        = columnCount + 2
	columnsAtAll         = columnCount + 3
)

// columnNames are what files call the columns.
var columnNames = func() (names [columnsAtAll]string) {
	names[columnSeconds], names[columnCoveredSeconds], names[columnRecords] = "seconds", "covered_seconds", "records"
	names[columnPeriodStart], names[columnPeriodSeconds] = "period_start", "period_seconds"
	names[columnKind], names[columnCoverage] = "resource_kind", "coverage"
	for n, name := range usage.NameColumns() {
		names[nameColumns[n]] = name
	}
	for _, m := range usage.Measures() {
		names[amountColumn(m)] = m.Counted().Column
	}
	return names
}()

// nameColumns are the columns of a record's names, in the order of [usage.Record.Names].
var nameColumns = [usage.NameCount]column{
	columnRegion, columnAccount, columnResource, columnImage, columnArch, columnTenant, columnTenantBy,
	columnRole, columnSource,
}

func amountColumn(m usage.Measure) column { return firstAmount + column(m) }

// The versions of the format. A day's manifest says which one its files are of at most; a file says it by its columns.
//
// In version 1 the kind of a resource was a mark before its id, as it is in CSV files, and there was no architecture.
// Up to version 2 nothing said whose word a tenant is. Both are read as if they had been written today, and a day gets
// today's version when it is next written.
const (
	versionMarkedIDs = 1
	versionKinds     = 2
	versionTenantBy  = 3
	writtenVersion   = versionTenantBy

	// rollupLayout tells a rollup's columns from those of a part, in the place of a version. It is above all versions, as
	// rollups lack nothing of what they added. A manifest of any version may name one: programs that do not know rollups
	// pass over them.
	rollupLayout = 1 << 16
)

// layouts are the columns of each version's files, in order.
var layouts = map[int][]column{
	rollupLayout:     append(columnsWithout(columnResource, columnCoverage), columnSeconds, columnCoveredSeconds, columnRecords),
	versionMarkedIDs: columnsWithout(columnKind, columnArch, columnTenantBy),
	versionKinds:     columnsWithout(columnTenantBy),
	versionTenantBy:  columnsWithout(),
}

func columnsWithout(missing ...column) (columns []column) {
	for c := range columnCount {
		if !slices.Contains(missing, c) {
			columns = append(columns, c)
		}
	}
	return columns
}

// versionOf tells the version of a file by the names of its columns, and where it has them: -1 where it does not.
func versionOf(names [][]string) (version int, places [columnsAtAll]int, known bool) {
	for version, layout := range layouts {
		same := slices.EqualFunc(names, layout, func(name []string, c column) bool {
			return len(name) == 1 && name[0] == columnNames[c]
		})
		if !same {
			continue
		}
		for c := range places {
			places[c] = slices.Index(layout, column(c))
		}
		return version, places, true
	}
	return 0, places, false
}

// secondStart is a period's start in the one form that can be compared with ==.
func secondStart(unix int64) time.Time { return time.Unix(unix, 0).UTC() }
