// Package tenantproof lets whoever launches MicroVMs prove to whoever pays for them which tenant one belongs to, across
// a MicroVM in which the tenant's own code runs and can change everything.
//
// The control plane puts a [Payload] into the run hook's payload. The meter passes the proof on in its lines, and the
// collector's [Policy] verifies it: the guest knows its own proof, but not the key, and so cannot make that of another
// tenant.
//
// # What is not promised
//
// A proof says that the holder of the key named the tenant, not for which MicroVM or when: the id of a MicroVM is not
// known before it is launched. Whoever has seen another tenant's payload can replay its proof, until the key is
// changed.
package tenantproof
