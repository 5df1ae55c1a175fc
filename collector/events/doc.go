// Package events turns what a platform writes down about its MicroVMs into usage: a log of lifecycle events, or a table
// of sessions. It is the program's own and promises nothing. It is for importing, and asks nobody anything.
//
// # Events
//
// A launch reads the image, a suspend writes the state, a resume reads it; between launch and suspend, and between
// resume and the next suspend, the MicroVM runs at its baseline; from suspend to resume its state is stored. What is
// between two events becomes a record that begins with the first of them, so that usage lies where it arose; reads and
// writes are in the record of the stretch that they begin. A record that touches two UTC days is split exactly
// ([usage.Record.Split]), but for reads and writes, which stay on the day on which they were.
//
// Time is exact to the millisecond. Records begin and end with whole seconds; a stretch without one is counted in the
// next.
//
// A MicroVM without an end lives until now, but 8 hours at most (maximumDurationInSeconds); the stretch in which its
// end is not known is of partial coverage. Once the log goes on, importing it again heals that: all records of a life
// are given anew, and [ledger.Withdraw] removes those that no longer hold.
//
// # What is not promised
//
// Bursts above the baseline and the sizes of snapshots are in no log. Images and states are of the sizes that columns
// or defaults say, or else of the baseline memory, as everywhere in this program.
//
// # Sessions
//
// A session is a stretch in which a MicroVM ran. Nothing is known of launches, so it is compute alone.
package events
