// Package parquet is the embedded ledger: a folder of Parquet files that any query engine can read, and that this
// package writes so that neither a crash nor a second run can falsify it. It is the program's own and promises nothing.
// What it promises is said by package ledger.
//
// # Layout
//
//	<dir>/usage/dt=2026-10-01/part-00000.parquet   the records whose period starts on that UTC day, sorted
//	<dir>/usage/dt=2026-10-01/_manifest.json       what the files of the day must contain: size, checksums, rows
//	<dir>/usage/dt=2026-10-01/_*.damaged           files that were found damaged and set aside
//	<dir>/audit/                                   who changed what; see package audit
//	<dir>/writer.lock                              who writes at present
//	<dir>/.staging/                                an import in progress; worthless once its writer is gone
//
// Engines read usage/dt=*/*.parquet. A day of more than two million records has several parts. Paths are made from
// dates alone, never from names. Units are those of [usage.Record]: milliseconds, MiB-milliseconds, bytes,
// byte-seconds.
//
// # Versions
//
// A manifest says which version of the format a day has. Version 1, which had marks before ids in place of the kind of
// a resource and no architecture, is read as if it had been written today; a day becomes version 2 when it is next
// written.
//
// # What is not promised
//
// The days of one import are switched one after the other; a kill midway leaves some days new and the rest old.
// Importing again completes it.
//
// An engine that reads the glob sees each part replaced by one rename, never half a file; but between the switch of the
// manifest and that rename, which are a few milliseconds unless a crash lies between them, it still sees the part
// before. Of a day with several parts it may see some old and some new in that window, and so may see a record twice
// or not at all: file systems rename one file at a time. Stop writing, or read with this package, where that matters.
//
// Whoever can write to the folder can forge it: the checksums are against accidents. What something else than a writer
// changed or deleted the audit log tells, unless it was forged as well: see package audit. On Windows a file that an
// engine holds open may not be replaceable, which is an error.
package parquet
