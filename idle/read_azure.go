package idle

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"microspend/pricing/assumption"
)

// ReadAzure reads files in the layout of the Azure Functions Trace 2019: HashOwner, HashApp, HashFunction, Trigger,
// and a column for each minute with the number of invocations in it. Several files follow each other in time, as the
// trace's days do. Each function is one MicroVM, busy for the whole of every minute with invocations; its tenant is
// the owner and its image the app. A gap is the minutes between minutes with invocations; pauses within a minute, and
// between adjacent minutes, cannot be seen and are no gaps, but the latter are counted.
//
// Source: Shahrad et al., "Serverless in the Wild", USENIX ATC 2020; data CC-BY 4.0, Microsoft.
//
// Files in the layout of the trace of 2021, a list of invocations, are told by their header and read as such.
func ReadAzure(files []Named) (*Trace, error) {
	b := newBuilder(KeptGaps)
	a, v := azure{builder: b, last: map[int]*function{}}, invocations{builder: b}
	name, listed := "", false
	for i, file := range files {
		t, err := openTable(file)
		if err != nil {
			return nil, err
		}
		if i == 0 {
			name, listed = file.Name, t.isAzure2021()
		}
		read := a.read
		if listed {
			read = v.read
		}
		if listed != t.isAzure2021() {
			return nil, fmt.Errorf("%s:1: is in another layout than %s; give traces of one year", file.Name, name)
		}
		if err := read(t); err != nil {
			return nil, err
		}
	}
	if listed {
		b.fromRequests(v.requests)
	} else {
		a.end()
	}
	return b.finish(name)
}

// readAzure reads a single file.
func (b *builder) readAzure(t *table) error {
	a := azure{builder: b, last: map[int]*function{}}
	err := a.read(t)
	a.end()
	return err
}

const (
	minuteMS     = 60 * msPerSecond
	minutesOfDay = 1440
)

var azureColumns = []string{"HashOwner", "HashApp", "HashFunction", "Trigger"}

type azure struct {
	*builder
	minutes int64 // of the files before
	ended   int   // the minute of its day that the file before ends with
	breaks  int   // files that do not begin with the minute after the one before
	last    map[int]*function
}

// function is what has been seen of a function: its work so far, and the minute that the file it was last seen in
// begins with.
type function struct {
	stretch
	file int64
}

func (a *azure) read(t *table) error {
	for i, name := range azureColumns {
		if i >= len(t.columns) {
			return fmt.Errorf("%w; the layout of 2021 has %s", t.missing(name), strings.Join(azure2021Columns, ", "))
		}
		if t.columns[i] != name {
			return fmt.Errorf("%s:1: column %d is another; the layout has %s there", t.name, i+1, name)
		}
	}
	minutes := t.columns[len(azureColumns):]
	if len(minutes) == 0 {
		return fmt.Errorf("%s:1: there are no minutes in it", t.name)
	}
	before := a.ended
	for i := range minutes {
		minute, err := strconv.Atoi(minutes[i])
		if err != nil || i > 0 && minute != before+1 {
			return fmt.Errorf("%s:1: column %d is not the minute after the column before it", t.name,
				i+1+len(azureColumns))
		}
		if i == 0 && a.minutes > 0 && minute != before%minutesOfDay+1 {
			a.breaks++
		}
		before = minute
	}
	a.ended = before
	err := t.rows(func() { a.function(t) })
	a.minutes += int64(len(minutes))
	return err
}

func (a *azure) function(t *table) {
	if !t.areNames(t.row[:len(azureColumns)]...) {
		return
	}
	id := t.row[2]
	if t.row[3] != "" {
		id += " (" + t.row[3] + ")" // one function may have a row for each of its triggers
	}
	at, _ := a.microVM(microVMKey{id: id, tenant: t.row[0], image: t.row[1]})
	now, seen := a.last[at]
	if seen && now.file == a.minutes {
		t.fault("the function is there twice, with the same trigger")
		return
	}
	if !seen {
		now = &function{}
		a.last[at] = now
	}
	now.file = a.minutes
	for i, text := range t.row[len(azureColumns):] {
		if text == "0" {
			continue
		}
		invocations, err := strconv.ParseUint(text, 10, 40)
		if err != nil {
			t.fault("column %d: %.40q is not a number of invocations", i+1+len(azureColumns), text)
			return
		}
		if int64(invocations) > math.MaxInt64-a.trace.Requests {
			t.fault("column %d: there are more invocations than can be counted", i+1+len(azureColumns))
			return
		}
		if invocations > 0 {
			a.trace.Requests += int64(invocations)
			from := (a.minutes + int64(i)) * minuteMS
			if a.request(at, &now.stretch, from, from+minuteMS) {
				a.trace.Adjacent++
			}
		}
	}
}

// end closes the last stretch of each function, and forgets those that were never invoked.
func (a *azure) end() {
	invoked := a.trace.MicroVMs[:0]
	for at := range a.trace.MicroVMs {
		if now := a.last[at]; now.begun {
			a.close(at, now.stretch)
			invoked = append(invoked, a.trace.MicroVMs[at]) // never overtakes what is still to be read
		}
	}
	a.trace.MicroVMs = invoked
	a.trace.PeriodMS = a.minutes * minuteMS
	a.trace.Dated = true
	a.trace.Notes = append(a.trace.Notes, assumption.ByTheMinute.Note())
	if a.breaks > 0 {
		a.trace.Notes = append(a.trace.Notes, assumption.FilesJoined.Note(a.breaks))
	}
}
