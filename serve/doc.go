// Package serve answers over HTTP what the command line prints: the report's pages, spend as JSON, and metrics for
// Prometheus. It only reads.
//
//	/                 the page of a period: ?from= ?to= ?tz= ?tenant=, as the flags of microspend report
//	/api/v1/spend     what microspend spend --format json prints, to the byte: ?from= ?to= ?tz= ?by= ?sort= ?top= ?min=
//	                  ?previous= ?strict= ?tenant= ?image= ?microvm= ?region=
//	/metrics          for Prometheus
//	/healthz          200 while the process runs
//	/readyz           200 while there is something to answer with, 503 before and while it shuts down
//
// # What is promised
//
// An answer is of one state of the ledger: where a writer switches a day while an answer is made, it is made again. The
// ledger, the configuration and what it names are looked at every few seconds; where they cannot be read, the last that
// could be are served on, and the log says so.
//
// A client that is slow or broken takes nothing from others. Every read and write has a deadline, a request has a largest
// size, and when there are too many connections, those make room that have sent no complete request for longest.
// Only so many answers are made at once; who would have to wait too long is told so with 503.
//
// Where a token is set, everything but /healthz and /readyz needs it: as Authorization: Bearer, or once as ?token=, which
// is turned into a cookie. On a loopback address without a token, only requests that name a loopback host are answered, so
// that no web page elsewhere can have a browser read the answers (DNS rebinding).
//
// The counters of /metrics never go down while the process lives: see [Server]'s metrics in docs/serve.md.
//
// # What is not promised
//
// There is no TLS, no user management and no rate limit for who has the token: put a proxy in front of a server that is
// reached from elsewhere.
package serve
