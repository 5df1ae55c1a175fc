// Package cloudwatch reads usage from CloudWatch metrics: which series there are comes from ListMetrics or from the
// configuration, their data from GetMetricData. Which metric stands for what is a [mapping.Mapping].
//
// # What is promised
//
// The pages of a reply are put together by Id. A series counts as read when its last page says Complete. One that
// says InternalError or PartialData is asked for again by itself, one that is Forbidden is not; what remains is a
// gap, and keeps none of the other series from being read. A reply that is not what was asked for, such as a
// datapoint outside of the window, fails the batch rather than being taken for usage.
//
// A period without a datapoint is not known, so it makes no record. A record to which a quantity is missing says that
// its coverage is partial.
//
// # Keys
//
// Series with a dimension of the MicroVM make records of that MicroVM; series without one make records of a fleet,
// with "(fleet) tenant/image" in the place of the MicroVM, both escaped as in a URL's path.
package cloudwatch
