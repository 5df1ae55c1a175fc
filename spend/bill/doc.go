// Package bill reads what AWS says MicroVMs cost: a reply of Cost Explorer's GetCostAndUsage, a Cost and Usage Report
// (CUR 2.0, also the older one) or a FOCUS export, as CSV, gzip or Parquet. It is the program's own and promises
// nothing. Which of them a file is, is told from its content.
//
// # Units
//
// Money is in US dollars; days are UTC; quantities are in the units of the bill. See [Line].
//
// # What is promised
//
// Amounts are read exactly as they are written, exponents and all. A number kept as a binary fraction, as Parquet
// exports of AWS do, is taken for the shortest decimal that stands for it, which is what was written into it. Only
// the usage types of MicroVMs, of compute one on each architecture, make lines, matched on the usage type behind the
// location's prefix and, where the file has one, on the region's code. What cannot be compared is refused, with the
// place: currencies other than US dollars, usage that covers more than a day, the same row twice, a number that is
// none. Credits, refunds, taxes and fees are no lines of these; they are summed in [Bill.Apart], and so is what a file
// leaves open.
//
// A file covers every day from its first to its last usage of whatever service, also those on which it has no
// MicroVMs. Of several versions of a report, [Join] counts the newest.
//
// # What is not promised
//
// Whether a bill is final. [Line.Estimated] is what the file says itself.
package bill
