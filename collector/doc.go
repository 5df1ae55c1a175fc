// Package collector brings usage from outside into the ledger: it decides what to read, keeps what has been read
// through kills and failures, and writes it down once. It is the program's own and promises nothing. Where usage comes
// from is a [Source]; this package knows nothing of AWS.
//
// # How a run goes
//
// A run reads windows, half-open and on fixed boundaries of UTC, so that what two runs read either is the same period
// or does not overlap. It begins an overlap before what the last run had read, because data may arrive late, and ends
// a while before now, because the latest data has not arrived at all. A window is cut into batches by the source, and
// every batch that was read lies in a spool beside the ledger, through to the disk, before it counts. When all
// targets are through with a window, or as far as they got, the spool goes into the ledger in one step, and the
// checkpoint moves on.
//
// # What is promised
//
// A kill or a failure at any moment costs no call twice: the next run goes on with the plan of the interrupted one
// and asks for what is missing. Nothing is counted twice: a record takes the place of the one with its key. What
// could not be read is a [Gap], which is reported, kept and asked for again; it is never a zero, and one gap keeps
// nothing else from being read. Memory grows with a batch and with the number of series, not with the window.
//
// A day whose records are of one length keeps it: a window is never read again with another, which would count usage
// twice. For the same reason a window in which another source has already collected the same account and region is
// refused.
//
// # What is not promised
//
// What a service had forgotten before it was asked is lost. Data that arrives later than the overlap is not seen.
//
// # Units
//
// Those of [usage.Record]. Times are UTC, lengths whole seconds that divide a day.
package collector
