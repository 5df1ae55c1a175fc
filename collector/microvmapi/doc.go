// Package microvmapi works usage out from what the MicroVM API says: which MicroVMs there are and in which state. It is
// the program's own and promises nothing. It is for those who cannot put the meter into their images.
//
// # What is known, and what is not
//
// The API says of a MicroVM when it started and ended, its image and its state now. It does not say when it was
// suspended or resumed. So the source polls, and works out what lay between two polls:
//
//   - A state that two polls in a row saw lasted from the one to the other.
//   - A change between two polls is put in the middle. How far that may be off is stated: for every poll there is the
//     least and the most time that can have been spent running and suspended, and the records of such periods are
//     partial.
//   - A launch is counted at startedAt, an end at terminatedAt, which the API gives to the second or better. TERMINATED
//     MicroVMs are listed for about a day, so that short lives between two polls are seen.
//   - What lies between two polls that are further apart than Options.MaxGap, or between which the clock was set, is
//     not known. It is a gap and no usage.
//
// # Limits
//
// A MicroVM that was suspended and resumed between two polls looks as if it had run throughout, and the bounds do not
// hold for it. Use above the baseline (bursts) cannot be seen. The state that the API gives is eventually consistent,
// which adds to the uncertainty by as much as it lags.
//
// # Assumptions
//
// They are listed by [Assumptions], with an id each; what the service writes and reads, and what it bills while
// PENDING, SUSPENDING and TERMINATING, AWS has not established.
//
// # Units
//
// Moments are Unix milliseconds, lengths milliseconds, sizes bytes, memory MiB (2^20 bytes).
package microvmapi
