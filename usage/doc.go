// Package usage has the one record that everything measured flows through: who used how much of each billed quantity,
// and when.
//
// # Units
//
// Measured usage is counted in whole numbers, small enough that nothing is rounded on the way in: vCPU-milliseconds,
// MiB-milliseconds of memory, bytes read and written, byte-seconds stored. A MiB is 2^20 bytes. Times are UTC, periods
// half-open: [PeriodStart, PeriodStart + PeriodSeconds).
//
// # Resources
//
// A record is about a [Resource]: mostly a MicroVM, but also an image that is stored, or a fleet that a source does
// not tell apart. Where there is one column for all, in CSV files and reports, a mark before the id tells the kind;
// see [ParseResource].
//
// # Sums
//
// One record fits into 63 bits per quantity, which [Record.Check] makes sure of. Sums are kept in 128 bits ([Sum]),
// which no ledger can fill, and are turned into decimals once, when they are priced.
package usage
