// Package fakemicrovms has a MicroVM API that answers as AWS's does: restJson over HTTP, signatures verified. MicroVMs
// follow a script, on a clock that is passed in, so that what they really did is known to the millisecond
// ([Service.Truth]). It fails as it is told to. Only tests use it.
package fakemicrovms
