package fakecloudwatch

import (
	"encoding/json"
	"fmt"
	"net/http"
	"path"
	"strings"
	"time"

	"microspend/internal/emf"
	"microspend/pricing"
	"microspend/usage"
)

// LogFleet is a CloudWatch Logs of a fleet that is too large to be held: every MicroVM has a line of the meter for
// every minute, which is worked out as it is asked for. It is what benchmarks read from; it keeps to no limits and
// knows no faults.
type LogFleet struct {
	Group    string
	MicroVMs int
	Tenants  int
}

// Lines is how many lines a window of so many minutes has.
func (f LogFleet) Lines(minutes int) int { return f.MicroVMs * minutes }

// Sample is one of the lines.
func (f LogFleet) Sample() []byte { return f.line(0, 29_000_000*60_000).AppendTo(nil) }

// ServeHTTP answers FilterLogEvents and DescribeLogGroups.
func (f LogFleet) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := readBody(r)
	if err != nil {
		return
	}
	var answer []byte
	switch operation, _ := strings.CutPrefix(r.Header.Get("X-Amz-Target"), logsTarget); operation {
	case "FilterLogEvents":
		var in *FilterRequest
		if in, err = decodeJSON[FilterRequest](body); err == nil {
			answer, err = f.filter(in)
		}
	case "DescribeLogGroups":
		answer, err = json.Marshal(groupsAnswer{LogGroups: []describedGroup{{
			LogGroupName: f.Group, LogGroupClass: "STANDARD", CreationTime: time.Now().Add(-100 * time.Hour).UnixMilli(),
			StoredBytes: int64(f.MicroVMs) * 6000 * 700,
		}}})
	default:
		err = fmt.Errorf("no operation %q", operation)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	w.Header().Set("Content-Length", fmt.Sprint(len(answer)))
	_, _ = w.Write(answer)
}

// filter gives the lines of the request's time: that of a minute is printed a moment after the minute is over.
// Nothing is printed later, so a pattern for JSON finds nothing.
func (f LogFleet) filter(in *FilterRequest) ([]byte, error) {
	const minute = 60_000
	at := (*in.StartTime - 1) / minute * int64(f.MicroVMs) // the first line: minutes before it, times the MicroVMs
	if in.NextToken != nil {
		if _, err := fmt.Sscan(*in.NextToken, &at); err != nil {
			return nil, err
		}
	}
	b := make([]byte, 0, maxPageBytes*3/2)
	b = append(b, `{"events":[`...)
	bytes, events := 0, 0
	var line []byte
	for ; events < MaxEvents && !strings.HasPrefix(*in.FilterPattern, "{"); at++ {
		start, n := at/int64(f.MicroVMs)*minute, int(at%int64(f.MicroVMs))
		printed := start + minute + 100
		if printed > *in.EndTime {
			break
		}
		if printed < *in.StartTime {
			continue
		}
		line = f.line(n, start).AppendTo(line[:0])
		if bytes += len(line); bytes > maxPageBytes {
			break
		}
		if events++; events > 1 {
			b = append(b, ',')
		}
		b = fmt.Appendf(b, `{"eventId":"%d","ingestionTime":%d,"logStreamName":"mvm-%08d","timestamp":%d,"message":"`, at,
			printed, n, printed)
		for _, c := range line { // which is printable ASCII
			if c == '"' || c == '\\' {
				b = append(b, '\\')
			}
			b = append(b, c)
		}
		b = append(b, `"}`...)
	}
	b = append(b, `],"searchedLogStreams":[]`...)
	if events == MaxEvents || bytes > maxPageBytes {
		b = fmt.Appendf(b, `,"nextToken":"%d"`, at)
	}
	return append(b, '}'), nil
}

func (f LogFleet) line(n int, start int64) *emf.Line {
	name := fmt.Sprintf("mvm-%08d", n)
	return &emf.Line{
		Life: fmt.Sprintf("%032x", n), Sequence: start/60_000 - 28_000_000, Event: emf.Interval,
		MicroVMID: name, Tenant: fmt.Sprintf("tenant-%04d", n%f.Tenants), Image: path.Base(f.Group), Region: "eu-west-1",
		PeriodStart: start, PeriodEnd: start + 60_000,
		Amounts:     usage.Amounts{pricing.VCPU: 60_000, pricing.Memory: 60_000 * 2048, usage.Running: 60_000},
		Publication: emf.Publication{Namespace: emf.DefaultNamespace, Metrics: emf.NoMetrics},
	}
}
