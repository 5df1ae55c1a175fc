// Package bucket keeps the Parquet ledger in an S3 bucket, for as many writers and readers as there are, on as many
// machines. It is the program's own and promises nothing. The rules by which days are merged, read and checked are
// those of package parquet.
//
// # Layout
//
//	<prefix>/usage/dt=2026-10-01/_manifest.json             the day: what is in force, with checksums
//	<prefix>/parts/dt=2026-10-01/<sha256>-<random>.parquet  a part, in force or not; never written to again
//	<prefix>/documents/…                                    checkpoints, bills and what else is kept with usage
//	<prefix>/snapshots/….json                               closed months: the manifests of their days
//	<prefix>/ledger.json                                    what was found out about the server, and when it was tidied
//
// Engines must not read parts/ by a pattern: parts before and after a switch lie there side by side. They read the list
// of [parquet.Ledger.InForce], as text or as symlink manifests.
//
// # A day is switched by a conditional write
//
// A writer uploads the parts of a day's next version under names that nothing else has, and then writes the manifest on
// condition that it still is the one that the version was made from (If-Match, If-None-Match). Where it is not, another
// writer was faster: the day is read and merged again. There is no lock, and a writer that dies leaves nothing but
// parts that no manifest names. [Ledger] asks the server once whether it keeps conditions, and refuses to write where
// it does not.
//
// # What is not in force is deleted late
//
// Readers may still be at work with the parts of a manifest that was just replaced, and writers with parts that none
// names yet. A part is deleted once the day's manifest and the part itself are older than [Grace] by the server's
// clock. A writer that takes longer than half of that from its first upload gives up rather than name parts that may be
// gone.
package bucket
