// Package serve answers over HTTP what the command line prints: the report's pages, spend as JSON, and metrics for
// Prometheus. It is the program's own and promises nothing. It only reads.
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
// An answer shows one state of the ledger: if a writer replaces a day while an answer is being built, it is built
// again. The ledger, the configuration and the files it names are checked every few seconds; if they cannot be read,
// the server keeps serving the last state that could be, and logs the error.
//
// A slow or broken client does not affect others. Every read and write has a deadline, requests have a maximum size,
// and when there are too many connections, those that have gone longest without sending a complete request are closed
// first. A limited number of answers is built at a time; clients that would have to wait too long get 503. Memory is
// bounded: JSON has a maximum of rows, which is mostly known before they are added up, and large answers are written as
// they are made, to clients that share a number of rows.
//
// If a token is set, everything but /healthz and /readyz needs it: as Authorization: Bearer, or once as ?token=, which
// is turned into a cookie. On a loopback address without a token, only requests that name a loopback host are
// answered, so that no web page elsewhere can make a browser read the answers (DNS rebinding).
//
// The counters of /metrics never go down while the process lives: see [Server]'s metrics in docs/serve.md.
//
// # What is not promised
//
// There is no TLS, no user management and no rate limit for holders of the token: put a proxy in front of a server that
// other machines reach.
package serve
