// Package pricing turns billed quantities of AWS Lambda MicroVMs into exact money.
//
// # What is billed
//
// AWS bills exactly five quantities per region ([BilledQuantity]): vCPU-seconds, GB-seconds of memory, GB of
// snapshots read, GB of snapshots written, and GB-hours of snapshots stored. There is no charge per request or per
// launch. A [RateCard] holds the five rates of one region, each with its source and the day it was read; a [Workload]
// says what MicroVMs of one size did in a month; [Workload.Bill] is the rule that makes the one into the other.
//
// # Units
//
// Money is in US dollars. A GB is 2^30 bytes, as on AWS's bill. Running and suspended time is in seconds, storage in
// GB-hours. A month of snapshot storage has 720 hours ([HoursPerGBMonth]), a month of an instance 730
// ([HoursPerInstanceMonth]); no function takes one where the other belongs.
//
// # What is promised
//
// Amounts are exact decimals: additions and multiplications lose nothing. The one inexact operation is division, where
// a rate is published per month or per hour but billed per hour or per second; it happens once per line, last,
// half-even at [AmountPlaces] decimals. The lines of a [Bill] add up to its total exactly. Where a line needs a rate
// that no source gives, there is an [UnknownRateError] instead of a bill.
//
// # What is not promised
//
// The package does no input or output beyond the rate cards embedded in it, reads no clock, and prices list rates
// only: taxes, support plans, private agreements other than a flat discount, and charges of other AWS services are
// outside it.
package pricing
