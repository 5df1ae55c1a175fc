// Package closing closes months: it keeps, beside a ledger, everything that a month's figures follow from, so that they
// stay what they were when finance took them, whatever is imported, configured or priced otherwise later. It is the
// program's own and promises nothing.
//
// # Layout
//
//	<ledger>/closed/2026-10/closing.json   figures, rates, tenants file, hash of the usage, who and when; with a checksum
//	<ledger>/closed/2026-10/usage/…        a copy of the month's usage, a ledger of its own
//
// Engines that read the ledger look at usage/ only. A closing is a folder that appears by one rename: a kill, a full
// disk or a second close at the same time leave no half of one. Hidden folders beside it are what such an end left; the
// next close removes them.
//
// # What is promised
//
// A report on a closed month is worked out from what was kept, by whatever it is grouped and filtered. Nothing in the
// ledger, its compaction and repair included, changes it. An edit of closing.json, or of a manifest of the usage, is
// noticed when the month is read; the usage itself is read as every ledger is, each byte against its checksum. The
// checksums are against accidents: whoever can write to the folder can forge all of it.
//
// # What is not promised
//
// The copy takes as much space as the month's usage. AWS's bill ([spend.BasisBilled]) and budgets are not closed.
package closing
