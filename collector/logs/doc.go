// Package logs reads usage from the lines that the meter prints to CloudWatch Logs, by FilterLogEvents. It is the
// program's own and promises nothing. Each line says which MicroVM it is about, so there is usage per MicroVM without a
// metric per MicroVM, at about a hundredth of the price.
//
// # What is promised
//
// A line counts once, however often and in whatever order it comes: its life and its number identify it. A missing
// line shows by its number, and makes the periods partial that it can have been about. What is not a whole line of
// the meter is counted and named, never guessed at. A line can be forged by whoever runs in a MicroVM: what
// contradicts another line, or more than a MicroVM can use, makes a period's coverage unknown.
//
// # Units
//
// Times within a reading are Unix milliseconds, as in the lines.
package logs
