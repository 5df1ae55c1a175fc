// Package prices keeps rate cards and prices of alternatives as AWS publishes them: it reads AWS's public bulk Price
// List, over HTTPS or from a mirror laid out in the same way, and puts what package pricelist takes of it into a store
// of cards. It is the program's own and promises nothing.
//
// # What is promised
//
// A file is read once, as a stream, in memory that does not grow with it. It counts only if it was read to its end and
// is one file: a connection that is cut is taken up where it ended if the server still has the same file, and read anew
// if not. Requests have a bound on their time and answers one on their size; 429 and 5xx are tried again, after what
// Retry-After says or after longer and longer pauses. No redirect is followed, no path that a file names leaves the
// mirror, and no credentials are sent.
//
// What is taken of a region is stored all at once or not at all. A price that does not add up, by its unit, its
// currency, its tiers or how far it is from the present one, keeps those of its service and region as they are.
//
// # What is not promised
//
// Over plain HTTP nothing says that an answer is the mirror's. Days of the past have the rates that AWS's version index
// says they had only where [Request.History] had them read.
package prices
