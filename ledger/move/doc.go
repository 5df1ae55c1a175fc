// Package move copies a ledger into another, of whatever kinds the two are. It is the program's own and promises
// nothing.
//
// A move can be cut off at any moment and run again: it then copies what is missing. Its note, a document of the
// target, tells that what the target holds is an earlier part of the same move. The source is only read.
//
// Every day is compared once it is copied: what its records add up to, in every measure, by everything that they can be
// grouped by but the MicroVM, must be the same on both sides. A target that had usage of its own cannot add up to the
// same; there the comparison is with those of its records that the source has, too.
package move
