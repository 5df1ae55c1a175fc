// Package clickhouse keeps a ledger in ClickHouse, for fleets and companies that one machine is not enough for: many
// writers at once, and servers that share the reading. It is the program's own and promises nothing. It promises what
// package ledger does.
//
// The program speaks ClickHouse's HTTP interface with net/http: Native blocks and Parquet go in, RowBinary comes out.
// No driver is needed for that, and what a name consists of never gets into the text of a query.
//
// # Tables
//
// usage is a ReplacingMergeTree of the records by their keys, a partition for each UTC day. A record that was removed
// stays as a row that says so. Readers take of each key the row with the highest version (FINAL), so that it does not
// matter what the server has merged yet.
//
// An import is staged in a table of its own, in which it is complete before any of it counts. Then each day's rows are
// attached to usage at once. Rows that do not change are not staged, or a repeated import would double the day until
// the server merges it.
//
// usage_hourly has a day's sums by hour and by everything but the resource, with the state of the partition of usage
// that they were made of. Where that is not the partition's state any more, the rows answer. A materialized view could
// not be that table: it would count replaced rows twice.
//
// documents and audit have what is kept beside usage.
package clickhouse
