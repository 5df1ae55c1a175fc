package cloudwatch

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"sync"
	"time"

	"microspend/collector/mapping"
)

// state is what is remembered of a target between runs: the series that were ever listed, as CloudWatch forgets what
// has had no data for two weeks, and may leave out what has. The ledger has their names as well, but not those of
// series without data, and takes longer to ask.
type state struct {
	Version int                      `json:"version"`
	Series  map[string][]knownSeries `json:"series"` // by the id of the mapping
	// Full says that more are listed than are remembered. What is not among them may not be new.
	Full bool  `json:"full,omitempty"`
	At   int64 `json:"at"` // when it was listed: hours since 1970
}

// knownSeries is a subject that was listed.
type knownSeries struct {
	Subject []string `json:"s"` // see subjectValues
	Metrics uint16   `json:"q"`
	First   int64    `json:"f"` // when it was listed first and last: hours since 1970
	Last    int64    `json:"l"`
}

const (
	stateVersion = 1
	// maxKnown is how many subjects are remembered of a target: what takes 5 MB of its checkpoint, and CloudWatch charges
	// $75,000 a month for.
	maxKnown = 50_000
)

// stateCache has the state that was read last, as every batch is handed it.
type stateCache struct {
	mu   sync.Mutex
	text json.RawMessage
	read *knowledge
}

// knowledge is a state that was read.
type knowledge struct {
	full   bool
	at     int64
	series map[string]map[mapping.Subject]knownSeries
	// shared are the subjects that stand for one owner together.
	shared map[string]map[owner][]subjectSeries
}

// get reads a state. It is nil where there is none that can be read: then the ledger is asked.
func (c *stateCache) get(text json.RawMessage) *knowledge {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(text) == 0 {
		return nil
	}
	if c.read == nil || !bytes.Equal(text, c.text) {
		c.text, c.read = text, readState(text)
	}
	return c.read
}

func readState(text json.RawMessage) *knowledge {
	var s state
	if json.Unmarshal(text, &s) != nil || s.Version != stateVersion {
		return nil
	}
	k := &knowledge{s.Full, s.At, map[string]map[mapping.Subject]knownSeries{}, map[string]map[owner][]subjectSeries{}}
	for id, all := range s.Series {
		byOwner := map[owner][]subjectSeries{}
		k.series[id] = make(map[mapping.Subject]knownSeries, len(all))
		for _, one := range all {
			subject := subjectFrom(one.Subject)
			k.series[id][subject] = one
			of := ownerOf(subject)
			byOwner[of] = append(byOwner[of], subjectSeries{subject, one.Metrics})
		}
		for of, subjects := range byOwner {
			if len(subjects) == 1 {
				delete(byOwner, of)
			}
		}
		k.shared[id] = byOwner
	}
	return k
}

// subjectValues writes a subject, without the empty values at its end.
func subjectValues(s mapping.Subject) []string {
	values := []string{s.Tenant, s.Image, s.MicroVM, s.Role, s.Account}
	for len(values) > 0 && values[len(values)-1] == "" {
		values = values[:len(values)-1]
	}
	return values
}

func subjectFrom(values []string) mapping.Subject {
	var all [5]string
	copy(all[:], values)
	return mapping.Subject{Tenant: all[0], Image: all[1], MicroVM: all[2], Role: all[3], Account: all[4]}
}

// write makes the state of what is known now. Where that is too much, what was listed last stays.
func (k *knowledge) write() (json.RawMessage, error) {
	s := state{Version: stateVersion, Series: map[string][]knownSeries{}, At: k.at}
	var lasts []int64
	for _, all := range k.series {
		for _, one := range all {
			lasts = append(lasts, one.Last)
		}
	}
	oldest := int64(0)
	room := maxKnown
	if len(lasts) > maxKnown {
		slices.Sort(lasts)
		left := len(lasts) - maxKnown
		oldest = lasts[left]
		s.Full = lasts[left-1] >= lasts[len(lasts)-1]-int64(listedFor/time.Hour)
		after, _ := slices.BinarySearch(lasts, oldest+1)
		room = maxKnown - (len(lasts) - after) // for those that were listed as long ago as the oldest that stays
	}
	for id, all := range k.series {
		kept := make([]knownSeries, 0, len(all))
		for _, one := range all {
			kept = append(kept, one)
		}
		slices.SortFunc(kept, func(a, b knownSeries) int { return slices.Compare(a.Subject, b.Subject) })
		kept = slices.DeleteFunc(kept, func(one knownSeries) bool {
			if one.Last == oldest {
				room--
			}
			return one.Last < oldest || one.Last == oldest && room < 0
		})
		s.Series[id] = kept
	}
	return json.Marshal(s)
}

// note adds what was listed.
func (k *knowledge) note(id string, s mapping.Subject, metrics uint16, at time.Time) {
	hour := hourOf(at)
	if k.series[id] == nil {
		k.series[id] = map[mapping.Subject]knownSeries{}
	}
	one, known := k.series[id][s]
	if !known {
		one = knownSeries{Subject: subjectValues(s), First: hour}
	}
	one.Metrics, one.Last = one.Metrics|metrics, max(one.Last, hour)
	k.series[id][s] = one
}

// clone is a copy that can be added to.
func (k *knowledge) clone() *knowledge {
	out := &knowledge{series: map[string]map[mapping.Subject]knownSeries{}}
	if k == nil {
		return out
	}
	for id, all := range k.series {
		out.series[id] = maps.Clone(all)
	}
	return out
}

// of are the series of a mapping.
func (k *knowledge) of(id string) map[mapping.Subject]knownSeries {
	if k == nil {
		return nil
	}
	return k.series[id]
}

// forget drops what CloudWatch has nothing of any more.
func (k *knowledge) forget(now time.Time) {
	const kept = 455 * 24 * time.Hour
	for _, all := range k.series {
		maps.DeleteFunc(all, func(_ mapping.Subject, one knownSeries) bool { return one.Last < hourOf(now.Add(-kept)) })
	}
}

func hourOf(at time.Time) int64 { return at.Unix() / 3600 }

// mayHaveData reports whether a series may have data in a window though it is not listed now: it was listed after the
// window began, so it may have had data until then. A MicroVM lives for hours; what was listed for the first time two
// weeks after a window has nothing in it.
func (one knownSeries) mayHaveData(s mapping.Subject, from, to time.Time) bool {
	if one.Last+1 < hourOf(from) {
		return false
	}
	return s.MicroVM == "" || one.First <= hourOf(to.Add(listedFor+24*time.Hour))
}
