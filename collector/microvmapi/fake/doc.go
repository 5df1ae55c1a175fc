// Package fake has a MicroVM API that answers as AWS's does, for tests and benchmarks: restJson over HTTP, signatures
// verified. MicroVMs live by a script, on a clock that is passed in, so that what they really did is known to the
// millisecond ([Service.Truth]). It fails as it is told to.
package fake
