// Package conformance holds every store of usage to what docs/ledger.md promises. It is the program's own and promises
// nothing. A package that implements [ledger.Store] runs it on itself:
//
//	var kind = conformance.Stores{New: …, Open: …, OpenForWriting: …}
//
//	func TestMain(m *testing.M) { conformance.Child(kind); os.Exit(m.Run()) }
//	func TestPromises(t *testing.T) { conformance.Run(t, kind) }
//
// Each test is named for a promise and quotes it: a sentence that is no longer in the documentation fails its test.
// What a ledger must answer is worked out the plain way, by package ledgertest, from the records alone.
//
// With MICROSPEND_CONFORMANCE=long in the environment there are ten times as many random ledgers and kills.
package conformance
