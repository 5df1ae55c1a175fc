// Package ledger says what a store of measured usage promises, whatever it is kept in: a folder ([parquet]), a bucket,
// or a database. Units are those of usage.Record: milliseconds, MiB-milliseconds, bytes, byte-seconds.
//
// # What is promised
//
// One record per [usage.Key]: a later one takes the place of an earlier one, and nothing else ever removes a record,
// unless the import says so ([Withdraw], [MergeOverlaps]). What a ledger holds depends on the records alone: not on the
// order, the splitting or the repetition of imports.
//
// A day changes at once or not at all, for every [Reader] also while a writer works, and after a kill or a power cut at
// any moment. Opening a ledger for writing completes what a dead writer had decided, and clears away what it had not.
// An import that fails before its first day is switched, for lack of space for example, changes nothing.
//
// What is read is what was written. Every byte that a sum rests on is checked before it is decoded; a file that fails
// is named in the result, left out, and does not keep the others from being read.
//
// Sums are exact, however large: they are kept in 128 bits.
//
// [parquet]: microspend/ledger/parquet
package ledger
