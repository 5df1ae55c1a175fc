package cloudwatch

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"microspend/collector"
	"microspend/collector/mapping"
	"microspend/usage"
)

// part is what a subject adds to the records of its owner.
type part struct {
	subject     mapping.Subject
	base        usage.Record
	first, next int  // its queries
	sound       bool // whether every one of them was read
}

// assemble makes records of what was read: one per owner and period of which any metric has a datapoint.
func (f *fetch) assemble(target collector.Target) {
	parts := f.parts(target)
	for _, always := range []string{countAbsent, countPartial} { // in the summary, so that none is seen to be none
		f.result.Counts[always] += 0
	}
	f.result.Records = make([]usage.Record, 0, len(parts)*f.periods)
	for len(parts) > 0 {
		of, n := ownerOf(parts[0].subject), 1
		for n < len(parts) && ownerOf(parts[n].subject) == of {
			n++
		}
		f.assembleOwner(parts[:n])
		parts = parts[n:]
	}
}

// parts are the subjects that records can be of. What of them could not be read becomes gaps.
func (f *fetch) parts(target collector.Target) (parts []part) {
	next := 0 // among the queries, which come subject by subject
	for i, subject := range f.subjects {
		p := part{subject: subject, first: next, sound: true}
		for next < len(f.queries) && f.queries[next].subject == i {
			q := &f.queries[next]
			if !q.complete() {
				p.sound = false
				f.result.Gaps = append(f.result.Gaps, collector.Gap{
					What: f.seriesName(q), Reason: f.whyIncomplete(q), Series: ownerOf(subject).String(),
				})
			}
			f.nameLost(q)
			next++
		}
		p.next = next
		// The plan has left out what no record can be of, but for one that a former version made.
		if err := f.mapping.checkSubject(target, subject); err != nil {
			f.quarantine(collector.Window{}, subject, f.mapping.Namespace+" "+f.mapping.describe(subject), err.Error())
			continue
		}
		p.base = f.mapping.base(target, subject)
		p.base.PeriodSeconds = int64(f.window.Period / time.Second)
		if isCut(subject) {
			f.result.Counts[countCut]++
		}
		parts = append(parts, p)
	}
	return parts
}

// assembleOwner makes the records of an owner. Mostly that is one subject. A MicroVM that was metered under several
// names has a record of each period under the name that it had then; of one in which it had several, see nameAfter.
func (f *fetch) assembleOwner(parts []part) {
	sound := true
	for i := range parts {
		sound = sound && parts[i].sound
	}
	required := f.required()
	var (
		quarrels []quarrel
		bases    []*usage.Record // of those that have data in a period
	)
	for p := range f.periods {
		var record usage.Record
		complete := sound
		bases = bases[:0]
		for i := range parts {
			of, spoiled := f.seen(&parts[i], p)
			if of == 0 && !spoiled {
				continue
			}
			if bases = append(bases, &parts[i].base); len(bases) == 1 {
				record = parts[i].base
			}
			fits := f.add(&record, &parts[i], p)
			complete = complete && fits && !spoiled && of&required == required
		}
		if len(bases) == 0 {
			f.result.Counts[countAbsent]++
			continue
		}
		record.PeriodStart = f.window.From.Add(time.Duration(p) * f.window.Period)
		if len(bases) > 1 {
			f.result.Counts[countMerged]++
			reasons := nameAfter(&record, bases)
			quarrels = addQuarrels(quarrels, reasons, record.PeriodStart, f.window.Period)
			complete = complete && len(reasons) == 0
		}
		record.Coverage = usage.CoverageComplete
		if !complete {
			record.Coverage = usage.CoveragePartial
			f.result.Counts[countPartial]++
		}
		f.mapping.assert(&record)
		f.result.Records = append(f.result.Records, record)
	}
	for _, q := range quarrels {
		f.quarantine(q.window, parts[0].subject, parts[0].base.Resource.String(), q.reason)
	}
}

// seen are the metrics of a subject that have a datapoint in a period, and whether one is lost that had.
func (f *fetch) seen(of *part, period int) (metrics uint16, spoiled bool) {
	for n := of.first; n < of.next; n++ {
		place := n*f.periods + period
		if f.known[place] && !f.queries[n].malformed {
			metrics |= 1 << f.queries[n].metric
		}
		spoiled = spoiled || f.spoiled[place]
	}
	return metrics, spoiled
}

// add adds a subject's amounts of a period to a record. It is false where a sum is more than a record can have, and is
// left as it was.
func (f *fetch) add(record *usage.Record, of *part, period int) bool {
	fits := true
	for n := of.first; n < of.next; n++ {
		place := n*f.periods + period
		if !f.known[place] || f.queries[n].malformed {
			continue
		}
		amount := &record.Amounts[f.mapping.Metrics[f.queries[n].metric].Quantity]
		if f.values[place] > math.MaxInt64-*amount {
			fits = false
			continue
		}
		*amount += f.values[place]
	}
	return fits
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

func (f *fetch) quarantine(window collector.Window, of mapping.Subject, what, reason string) {
	f.result.Quarantined = append(f.result.Quarantined, collector.Quarantine{
		Window: window, What: what, Reason: reason, Series: ownerOf(of).String(),
	})
}

// maxLost is how many datapoints of a series are named one by one.
const maxLost = 20

// nameLost names the datapoints of a series that cannot be usage: each of them, or all together where there are many.
func (f *fetch) nameLost(q *query) {
	if len(q.lost) == 0 {
		return
	}
	f.result.Counts[countLost] += int64(len(q.lost))
	name, of := f.seriesName(q), f.subjects[q.subject]
	span := func(first, last lostPoint) collector.Window {
		return collector.Window{From: first.at, To: last.at.Add(f.window.Period), Period: f.window.Period}
	}
	if len(q.lost) > maxLost {
		f.quarantine(span(q.lost[0], q.lost[len(q.lost)-1]), of, name,
			fmt.Sprintf("more than %d of its datapoints cannot be usage, and do not count", maxLost))
		return
	}
	for _, lost := range q.lost {
		f.quarantine(span(lost, lost), of, name+" at "+lost.at.Format(time.RFC3339Nano),
			fmt.Sprintf("its value %s %s; it does not count", strconv.FormatFloat(lost.value, 'g', -1, 64), lost.why))
	}
}

func (f *fetch) seriesName(q *query) string {
	metric := f.mapping.Metrics[q.metric]
	return fmt.Sprintf("%s %s %s", namespaceOf(f.mapping.Mapping, metric), metric.Name,
		f.mapping.describe(f.subjects[q.subject]))
}

func (f *fetch) whyIncomplete(q *query) string {
	var why string
	switch {
	case q.malformed:
		return "CloudWatch's reply has " + q.reason
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
