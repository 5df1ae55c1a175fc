package collector

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"microspend/internal/civil"
)

const day = 24 * time.Hour

// Timing says which windows a run reads. The zero value is completed by the defaults.
type Timing struct {
	Period   time.Duration // of the records; default 5 minutes
	Lookback time.Duration // of the first run; default 14 days
	Overlap  time.Duration // that is read again; default 48 hours, below zero for none
	Reread   time.Duration // how often all of the overlap is read again, rather than its last half hour; default always
	Settle   time.Duration // before now; default that of the source, below zero for none
	Since    time.Time     // in place of where the last run ended
	Until    time.Time     // in place of now
	// Part has one part of each target read alone, as a backfill: all of the lookback, or from Since on. "" reads
	// everything. See [HistoryPlanner].
	Part string
}

// recent is what every run reads again, even where Reread has it read the whole overlap less often: most of what is
// late is only a little late. A new metric of CloudWatch takes a quarter of an hour to be listed.
const recent = 30 * time.Minute

func (t Timing) withDefaults(of Traits) Timing {
	for _, d := range []struct {
		into  *time.Duration
		value time.Duration
	}{{&t.Period, 5 * time.Minute}, {&t.Lookback, 14 * day}, {&t.Overlap, 48 * time.Hour}, {&t.Settle, of.Settle}} {
		if *d.into == 0 {
			*d.into = d.value
		}
		*d.into = max(*d.into, 0)
	}
	return t
}

func (t Timing) check() error {
	var faults []error
	if err := checkPeriod(t.Period); err != nil {
		faults = append(faults, err)
	}
	if t.Lookback < t.Period {
		faults = append(faults, fmt.Errorf("a lookback of %s is shorter than the resolution", Short(t.Lookback)))
	}
	if !t.Since.IsZero() && !t.Until.IsZero() && !t.Since.Before(t.Until) {
		faults = append(faults, fmt.Errorf("since %s is not before until %s",
			t.Since.Format(time.RFC3339), t.Until.Format(time.RFC3339)))
	}
	return errors.Join(faults...)
}

func checkPeriod(period time.Duration) error {
	if period < time.Minute || period%time.Minute != 0 || day%period != 0 {
		return fmt.Errorf("a resolution of %s is not whole minutes that divide a day, such as 1m, 5m or 1h",
			Short(max(period, 0)))
	}
	return nil
}

// reach is the time that a run reads of a target, before it is cut into windows.
type reach struct {
	from, to time.Time
	readAt   time.Time // what becomes the checkpoint's ReadAt
	resumed  bool      // the last run did not get to its end: this one goes on with it, and reads no overlap
	backfill bool      // it all lies before what was read last: the checkpoint stays where it is
	note     string    // why it begins elsewhere than usual; "" where it does not
	rekeyed  time.Time // what the ledger has of times before has other keys
}

// reach works out what to read. It ends a while before now, where data is still arriving, and begins an overlap
// before what was read last, as data arrives late. It never begins before what was read first: another source may
// have read the time before, and both would count.
//
// What counts as read last is when the last complete run began (ReadAt), not where its window ended: data that
// arrived while it ran may have been missed however old its timestamps are.
func (t Timing) reach(now time.Time, s *checkpoint, shape string) reach {
	r := reach{to: now.Add(-t.Settle), readAt: now, rekeyed: s.Rekeyed}
	if !t.Until.IsZero() && t.Until.Before(r.to) {
		r.to = t.Until.UTC()
	}
	if t.Part != "" {
		r.from, r.readAt, r.backfill, r.rekeyed = now.Add(-t.Lookback), s.ReadAt, true, time.Time{}
		if !t.Since.IsZero() {
			r.from = t.Since.UTC()
		}
		return r
	}
	switch {
	case s.Through.IsZero():
		r.from = now.Add(-t.Lookback)
	case s.Shape != shape:
		r.from, r.rekeyed = s.Through, civil.Later(s.Through, civil.Earlier(s.Reached, now))
		r.note = "series are identified differently than in the last run; the overlap is not read again"
	case s.unfinished():
		r.from, r.readAt, r.resumed = civil.Later(s.Through, s.Begin), s.ReadAt, true
	// What was read before the keys changed is no part of the overlap, whatever --from has had read besides.
	case t.Reread > 0 && !now.Before(s.ReadAt) && now.Sub(s.ReadAt) < t.Reread:
		// ReadAt stays: the next run that reads the overlap counts it from the last one that did, so that nothing is passed
		// over.
		r.from, r.readAt = civil.Later(s.Through.Add(-min(t.Overlap, recent)), civil.Later(s.Begin, s.Rekeyed)), s.ReadAt
	default:
		r.from = civil.Later(civil.Earlier(s.Through, civil.Earlier(s.ReadAt, now).Add(-t.Overlap)),
			civil.Later(s.Begin, s.Rekeyed))
	}
	if again := r.resumed && t.Since.Equal(s.From); !t.Since.IsZero() && !again {
		if t.Since.After(r.from) && !s.Through.IsZero() {
			r.readAt = s.ReadAt // the overlap is not read, so it is still due
		}
		r.from, r.resumed, r.note = t.Since.UTC(), false, ""
	}
	r.backfill = !r.to.After(s.Through)
	return r
}

// Short writes a length as people do: 5m, 1h30m, 36h.
func Short(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// periodAt chooses the period for data of an age: the one that is configured, or the next coarser one that the
// service still keeps and that is made of whole configured ones. It is 0 where there is none.
func (t Timing) periodAt(age time.Duration, finest func(time.Duration) time.Duration) time.Duration {
	if finest == nil {
		return t.Period
	}
	kept := finest(age)
	if kept == 0 {
		return 0
	}
	for _, period := range []time.Duration{t.Period, 5 * time.Minute, time.Hour, day} {
		if period%t.Period == 0 && period%kept == 0 {
			return period
		}
	}
	return 0
}
