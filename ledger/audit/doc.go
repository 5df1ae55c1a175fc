// Package audit keeps who changed a ledger, when, with what and from where: a chain of entries in which none can be
// changed, left out or put in between without all that follow being at odds with it. It is the program's own and
// promises nothing.
//
// # Layout
//
//	<ledger>/audit/audit-000001.jsonl   entries, one a line; a new file begins every few megabytes
//	<ledger>/audit/head.json            how far the chain is known to have taken effect
//
// A line is {"entry":{…},"sha256":"…"}. The checksum is that of the bytes between "entry": and ,"sha256" as they stand,
// and the entry's prev is the checksum of the entry before, "" for the first. Nothing is ever rewritten.
//
// # An entry comes before what it is about
//
// An entry says of every file that a run is going to replace which content it had and which it will have, by their
// SHA-256, and is on the disk before the first of them is replaced; see [Log.Do]. So no change is without an entry,
// whenever the writer is killed. head.json follows once all of them are replaced: entries that it does not know yet may
// have taken effect in part, and files may then be as they were before. The next writer says so in an entry of its own.
//
// # What is not promised
//
// Whoever can write to the folder can write another chain from beginning to end. What cannot be done is to make one
// that ends in a checksum that was kept elsewhere: see [Options.Expect].
package audit
