// Package advise says what to change about a fleet of MicroVMs, ranked by the dollars that it saves a month. It is the
// program's own and promises nothing.
//
// # What a piece of advice is
//
// Each piece takes usage as it was measured, changes it as the advice would, and prices it again: Actual is the bill
// of the usage that it touches, Changed the bill of the same usage under the change, and Saving their difference,
// exactly. Nothing is advised whose saving cannot be shown in that way, or whose least saving (Low) is not above zero.
// What could not be judged, and why, is listed beside the advice.
//
// # Units
//
// Money is in US dollars, exact decimals, a month of 30 days at the pace of the time measured: an amount of that time
// × 30 days / the time, half-even at [pricing.AmountPlaces]. Bytes, seconds and milliseconds are those of package
// usage.
//
// # What is promised
//
// Every amount comes from package pricing. The same ledger, rates and time give the same advice, and its ids stay the
// same as long as what it is about does: they are made of kind and subject, never of amounts. Where usage was seen in
// part only, the state says that the figures are lower bounds. Combined is what several pieces come to together, worked
// out by changing the usage once after the other, as savings on the same usage do not add up.
//
// # What is not promised
//
// That the next month is like the one measured. What a change risks is said with it, in counts of the measured time
// where there are any.
package advise
