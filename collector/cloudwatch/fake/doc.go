// Package fake has servers that answer as CloudWatch does, over the wire protocols of the AWS SDK, for tests and
// benchmarks. They run on a clock that is passed in, and fail as they are told to.
//
// [Logs] speaks awsJson1_1: FilterLogEvents and DescribeLogGroups, likewise held against AWS's recordings. Pages may be empty
// and not the last, lines arrive late, and what is older than a group's retention is not there.
//
// [CloudWatch] speaks Smithy RPC v2 CBOR: GetMetricData, ListMetrics and PutMetricData. Its requests and replies are held
// against those that AWS recorded in the SDK's own module. It keeps to what AWS documents of the service: which periods are
// still there at which age, limits of queries and data points, pages on which an Id comes again, metrics that are listed
// only while they are recent. What it does not do is check signatures: the access key names the account, the signature's
// scope the region.
package fake
