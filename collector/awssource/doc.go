// Package awssource has what the sources share that ask AWS: which accounts and regions to read, with whose credentials
// and at what rate; what an error means; and how a source is defined ([Definition]). It is the program's own and
// promises nothing.
//
// # Configuration
//
// Credentials, region and profile come from where AWS's own tools take them: the environment, ~/.aws/config and
// ~/.aws/credentials, SSO, web identity, a container's or an instance's role. On top of them may be assumed roles,
// one per account, and any number of regions: each pair of account and region is a [Target] with an aws.Config of its
// own.
//
// # Rate
//
// AWS limits calls per account and region. So all clients of a target share one [Limit], a token bucket that halves
// its rate when a call is throttled and recovers as calls succeed. A [Retryer] tries again, after a random delay
// between zero and a bound that doubles (full jitter), whatever may pass: throttling, 5xx, broken connections,
// answers that cannot be decoded. It is meant for calls that only read, which are all safe to repeat.
//
// # What it does not do
//
// It does not check beforehand what the credentials are allowed to do; [Explain] says so once a call is refused.
package awssource
