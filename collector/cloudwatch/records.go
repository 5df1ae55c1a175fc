package cloudwatch

import (
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"microspend/collector"
	"microspend/internal/emf"
	"microspend/usage"
)

// assemble makes records of what was read: one per subject and period of which any metric has a datapoint.
func (f *fetch) assemble(target collector.Target, spec batchSpec) {
	f.result.Records = make([]usage.Record, 0, len(spec.Subjects)*f.periods)
	next := 0 // among the queries, which come subject by subject
	var absent, partial int64
	for i, values := range spec.Subjects {
		first := next
		sound := true // whether every series of the subject was read
		for next < len(f.queries) && f.queries[next].subject == i {
			q := &f.queries[next]
			if !q.complete() {
				sound = false
				f.result.Gaps = append(f.result.Gaps, collector.Gap{What: f.seriesName(q, values), Reason: f.whyIncomplete(q)})
			}
			next++
		}
		subject := subjectFrom(values)
		base := usage.Record{
			PeriodSeconds: int64(f.window.Period / time.Second), Region: target.Region, Account: target.Account,
			Resource: resourceOf(subject),
			Image:    unless(subject.Image, emf.NoImage), Tenant: unless(subject.Tenant, emf.NoTenant),
			Role: subject.Role, Source: SourceName,
		}
		required := f.required()
		for p := range f.periods {
			of := uint16(0)
			for n := first; n < next; n++ {
				if q := &f.queries[n]; f.known[n*f.periods+p] && !q.broken {
					of |= 1 << q.metric
				}
			}
			if of == 0 {
				absent++
				continue
			}
			f.result.Records = append(f.result.Records, base)
			record := &f.result.Records[len(f.result.Records)-1]
			for n := first; n < next; n++ {
				if metric := f.queries[n].metric; of&(1<<metric) != 0 {
					record.Amounts[f.mapping.Metrics[metric].Quantity] = f.values[n*f.periods+p]
				}
			}
			record.PeriodStart = f.window.From.Add(time.Duration(p) * f.window.Period)
			record.Coverage = usage.CoverageComplete
			if !sound || of&required != required {
				record.Coverage = usage.CoveragePartial
				partial++
			}
		}
	}
	f.result.Counts[countAbsent] += absent
	f.result.Counts[countPartial] += partial
}

// unless is a name, or none where it is the one that stands for none: a dimension must have a value.
func unless(name, none string) string {
	if name == none {
		return ""
	}
	return name
}

// required are the metrics without which a record is not complete.
func (f *fetch) required() (metrics uint16) {
	for i, metric := range f.mapping.Metrics {
		if !metric.Sparse {
			metrics |= 1 << i
		}
	}
	return metrics
}

func (f *fetch) seriesName(q *query, values []string) string {
	metric := f.mapping.Metrics[q.metric]
	names, of := f.mapping.Names(), f.mapping.Values(subjectFrom(values))
	dimensions := make([]string, len(names))
	for i := range names {
		dimensions[i] = names[i] + "=" + of[i]
	}
	return fmt.Sprintf("%s %s {%s}", namespaceOf(f.mapping, metric), metric.Name, strings.Join(dimensions, ", "))
}

func (f *fetch) whyIncomplete(q *query) string {
	var why string
	switch {
	case q.broken:
		return q.reason
	case q.status == "":
		why = "CloudWatch's reply leaves it out"
	case q.status == types.StatusCodePartialData:
		why = "CloudWatch gives only a part of its data (PartialData)"
	default:
		why = fmt.Sprintf("CloudWatch answers %s", q.status)
	}
	if q.reason != "" {
		why += ": " + q.reason
	}
	return why
}
