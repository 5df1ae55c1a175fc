// Package whatif says what measured usage would have cost in another way: in another region, with another size of
// MicroVM, with another idle timeout, or on something else than MicroVMs. It is the program's own and promises nothing.
//
// # Units
//
// Money is in US dollars, exact decimals; times are in seconds, sizes in GB of 2^30 bytes. Every amount comes from
// package pricing.
//
// # What is promised
//
// Without a change the bill is that of the usage as it was measured, to the last digit. What is taken for granted in
// a change is a note in its outcome. A price that is not known makes the outcome incomplete and is named; it is never
// zero.
//
// # What is not promised
//
// A MicroVM's size is taken from memory used per running second. A longer idle timeout's effect is worked out from
// the single suspensions that the ledger shows where they are given ([Pauses]), and otherwise, like that of a shorter
// one, from averages ([Memoryless]). What is an estimate says so in its notes.
package whatif
