// Package cloudwatch reads usage from CloudWatch metrics: which series there are comes from ListMetrics or from the
// configuration, their data from GetMetricData. It is the program's own and promises nothing. Which metric stands for
// what is a [mapping.Mapping].
//
// # What is promised
//
// The pages of a reply are put together by Id. A series counts as read when its last page says Complete. One that says
// InternalError or PartialData is asked for again by itself, one that is Forbidden is not; what remains is a gap, and
// keeps none of the other series from being read.
//
// What makes no sense costs the smallest part that it belongs to: a datapoint that cannot be usage, a series whose
// values have no times, a subject that no record can be of, an entry of a list that was not asked for. It is
// quarantined, or asked for again where that may help.
//
// What was ever listed is asked for whether it is listed or not, as long as it may have data; what is listed for the
// first time has its lookback read by itself. See [collector.HistoryPlanner].
//
// A period without a datapoint is not known, so it makes no record. A record to which a quantity is missing says that
// its coverage is partial.
//
// # Keys
//
// Series with a dimension of the MicroVM make records of that MicroVM; series without one make records of a fleet,
// with "(fleet) tenant/image" in the place of the MicroVM, both escaped as in a URL's path. Names are as the series
// have them in keys, and decoded elsewhere where the meter encoded them. Several series of one MicroVM that differ in
// tenant, image or role make one record of a period together; see nameAfter.
package cloudwatch
