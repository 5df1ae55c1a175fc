// Package meter is the publisher that runs inside a MicroVM: it finds out what the MicroVM uses of each billed
// quantity, and prints it as lines of package emf. It is the program's own and promises nothing.
//
// AWS publishes no metrics for MicroVMs, so usage has to be told from inside. The meter serves the lifecycle hooks
// that the service calls ([Main] has the whole program), and is quiet otherwise: it looks at the clocks and at /proc
// once a second.
//
// # What is measured
//
// Running time is that of the monotonic clock, which stands still while a MicroVM is suspended. The wall clock says
// where on the calendar it lies, and how long a suspend was: by so much it has moved further. The hooks say when a
// MicroVM was launched, suspended, resumed and terminated; where they are not enabled, a jump of the wall clock is
// taken for a suspend and the line says so. Whoever runs in the MicroVM can call the hooks, so the clocks are believed
// over them: no hook makes running time less, and the first run hook is the one that names the MicroVM.
//
// The bill is for the baseline of the MicroVM's size while it runs, busy or idle, and for what is used above it. The
// guest sees the peak, four times the baseline, so the baseline has to be given (or is worked out from the peak).
// What is used is sampled: CPU time that was not idle, and memory that is not available, over each tick. How AWS
// measures a burst is not documented, which makes this an approximation with a name, burst-measure. A launch reads
// the image, a suspend writes the state and a resume reads it: their sizes are given, by default the state is the
// baseline memory (state-size).
//
// # Snapshots
//
// The meter is started while the image is built and wakes up in each MicroVM made from it. Nothing is metered before
// the run hook, which makes everything fresh: names, the life's random id, the sequence of lines, clocks, counters.
//
// # Budgets
//
// The sums of what lines tell are priced, too, and compared with what the MicroVM's life may cost and last (docs/
// agent-budget.md). Whoever asks inside the MicroVM is told what is left; at thresholds a URL is called, a command run,
// a signal sent, or AWS asked to suspend or terminate the MicroVM. All of that comes after the metering, and none of it
// is waited for.
//
// # What is not promised
//
// A MicroVM that is terminated while suspended never tells how long that was (last-suspend). Time in which the service
// suspends and resumes is running time while the monotonic clock advances (transition-billing). What a crash takes with
// it is the usage since the last line, a minute at most.
package meter
