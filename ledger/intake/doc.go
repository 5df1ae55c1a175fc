// Package intake takes in the records of an import: sorts them by day and key without holding them all in memory, and
// merges them with what a store has of a day by the rules that a ledger promises. It is the program's own and promises
// nothing. Every store uses it, so that what a ledger holds depends on the records alone and not on what it is kept in.
package intake
