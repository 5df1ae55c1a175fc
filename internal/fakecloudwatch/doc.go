// Package fakecloudwatch has servers that answer as CloudWatch does, over the wire protocols of the AWS SDK. They run
// on a clock that is passed in, and fail as they are told to. Only tests and internal/bench use them.
//
// [CloudWatch] speaks Smithy RPC v2 CBOR: GetMetricData, ListMetrics and PutMetricData. It implements what AWS
// documents of the service: which periods are still there at which age, limits of queries and datapoints, pages on
// which an Id comes again, metrics that are listed only while they are recent. Signatures aren't checked: the access
// key names the account, the signature's scope the region.
//
// [Logs] speaks awsJson1_1: FilterLogEvents and DescribeLogGroups. Pages may be empty and not the last, lines arrive
// late, and what is older than a group's retention is gone.
//
// Requests and replies of both are compared with those that AWS recorded in the SDK's own modules.
package fakecloudwatch
