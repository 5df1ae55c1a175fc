package fakecloudwatch

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

const logsTarget = "Logs_20140328."

// Limits of FilterLogEvents and DescribeLogGroups, CloudWatch Logs API reference, read 2026.
const (
	MaxEvents    = 10_000
	maxPageBytes = 1 << 20
	maxGroups    = 50
)

// Logs is a CloudWatch Logs that holds events in memory. It is an http.Handler and may be used by several goroutines.
type Logs struct {
	options LogsOptions

	mu     sync.Mutex
	groups map[Place][]*logGroup // by name
	calls  []LogsCall
	bucket bucket
}

// LogsOptions are what a Logs is told from outside. The zero value will do.
type LogsOptions struct {
	Now func() time.Time // nil means time.Now
	// Accounts names the account of an access key; one that is not in it has the DefaultAccount.
	Accounts map[string]string
	// Faults says what goes wrong with a call; nil means nothing does. It is asked by one goroutine at a time.
	Faults func(LogsCall) LogsFault
	// Scan is how many events a call of FilterLogEvents looks at: a page may be empty and not the last. 0 means 100,000.
	Scan int
	// PageEvents is the most events of a page; 0 means AWS's 10,000.
	PageEvents int
	// PerSecond is how many calls a second are answered before they are throttled; 0 means any number.
	PerSecond float64
}

// LogsCall is a request that was made. Of Filter and Groups, the one of the operation is set.
type LogsCall struct {
	Number    int // from 0
	Operation string
	Place     Place
	Filter    *FilterRequest
	Groups    *GroupsRequest
}

// LogsFault is what goes wrong with a call. The zero value is nothing.
type LogsFault struct {
	Fault
	Empty bool   // the page has no events, and the same can be had after it
	Twice bool   // the page's last event comes again on the next one
	Token string // the page's token, in place of its own; whatever token comes in, the listing begins anew
}

// LogGroup is a log group.
type LogGroup struct {
	Name          string
	RetentionDays int       // 0 keeps events for ever
	Class         string    // "" means STANDARD
	Created       time.Time // zero leaves it out
	StoredBytes   int64
}

// LogEvent is a line in a log.
type LogEvent struct {
	At      time.Time // to the millisecond
	Message string
	Arrives time.Time // when it can be read; zero means at once
}

type logGroup struct {
	LogGroup
	events []logEvent
	sorted bool
}

type logEvent struct {
	at, arrives int64
	stream      string
	message     string
	number      int
}

// NewLogs makes one without log groups.
func NewLogs(options LogsOptions) *Logs {
	if options.Now == nil {
		options.Now = time.Now
	}
	if options.Scan == 0 {
		options.Scan = 100_000
	}
	if options.PageEvents == 0 {
		options.PageEvents = MaxEvents
	}
	return &Logs{options: options, groups: map[Place][]*logGroup{}, bucket: bucket{rate: options.PerSecond}}
}

// AddGroup makes a log group, or changes one.
func (l *Logs) AddGroup(place Place, group LogGroup) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.group(place, group.Name).LogGroup = group
}

// RemoveGroup deletes a log group with all that is in it.
func (l *Logs) RemoveGroup(place Place, name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.groups[place] = slices.DeleteFunc(l.groups[place], func(g *logGroup) bool { return g.Name == name })
}

// Put adds events to a stream of a log group, which is made where it does not exist.
func (l *Logs) Put(place Place, group, stream string, events ...LogEvent) {
	l.mu.Lock()
	defer l.mu.Unlock()
	g := l.group(place, group)
	for _, e := range events {
		arrives := e.Arrives.UnixMilli()
		if e.Arrives.IsZero() {
			arrives = e.At.UnixMilli()
		}
		g.events = append(g.events, logEvent{e.At.UnixMilli(), arrives, stream, e.Message, len(g.events)})
		g.StoredBytes += int64(len(e.Message)) + 26
	}
	g.sorted = false
}

// Calls returns the calls made so far.
func (l *Logs) Calls() []LogsCall {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.calls)
}

// SetFaults replaces what goes wrong from now on.
func (l *Logs) SetFaults(faults func(LogsCall) LogsFault) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.options.Faults = faults
}

func (l *Logs) group(place Place, name string) *logGroup {
	if g := l.find(place, name); g != nil {
		return g
	}
	g := &logGroup{LogGroup: LogGroup{Name: name}}
	l.groups[place] = append(l.groups[place], g)
	slices.SortFunc(l.groups[place], func(a, b *logGroup) int { return strings.Compare(a.Name, b.Name) })
	return g
}

func (l *Logs) find(place Place, name string) *logGroup {
	for _, g := range l.groups[place] {
		if g.Name == name {
			return g
		}
	}
	return nil
}

// order sorts events as FilterLogEvents gives them: by time, by when they were taken in, by when they were sent.
func (g *logGroup) order() []logEvent {
	if !g.sorted {
		slices.SortFunc(g.events, func(a, b logEvent) int {
			return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.arrives, b.arrives), cmp.Compare(a.number, b.number))
		})
		g.sorted = true
	}
	return g.events
}

func invalidParameter(format string, args ...any) error {
	return &failure{http.StatusBadRequest, "InvalidParameterException", fmt.Sprintf(format, args...)}
}

// ServeHTTP answers one call.
func (l *Logs) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	operation, ok := strings.CutPrefix(r.Header.Get("X-Amz-Target"), logsTarget)
	if !ok || r.Method != http.MethodPost || r.URL.Path != "/" {
		http.Error(w, "this is a fake CloudWatch Logs; it speaks awsJson1_1", http.StatusNotFound)
		return
	}
	body, err := readBody(r)
	if err != nil {
		return // the caller is gone
	}
	place, err := callerOf(r, "logs", l.options.Accounts)
	if err != nil {
		replyJSON(w, r, nil, err, LogsFault{})
		return
	}
	fault, answer, err := l.answer(operation, place, body)
	replyJSON(w, r, answer, err, fault)
}

func (l *Logs) answer(operation string, place Place, body []byte) (fault LogsFault, answer any, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	call := LogsCall{Number: len(l.calls), Operation: operation, Place: place}
	switch operation {
	case "FilterLogEvents":
		call.Filter, err = decodeJSON[FilterRequest](body)
	case "DescribeLogGroups":
		call.Groups, err = decodeJSON[GroupsRequest](body)
	default:
		err = &failure{http.StatusBadRequest, "UnknownOperationException", operation}
	}
	l.calls = append(l.calls, call)
	if l.options.Faults != nil {
		fault = l.options.Faults(call)
	}
	switch {
	case fault.Code != "":
		return fault, nil, &failure{fault.Status, fault.Code, fault.Message}
	case err != nil:
		return fault, nil, err
	case !l.bucket.take():
		return fault, nil, &failure{http.StatusBadRequest, "ThrottlingException", "Rate exceeded"}
	case call.Filter != nil:
		answer, err = l.filter(place, call.Filter, fault)
	default:
		answer, err = l.describe(place, call.Groups, fault)
	}
	return fault, answer, err
}

// decodeJSON reads a request. A member that the fake does not know would be ignored in silence, so it is refused.
func decodeJSON[T any](body []byte) (*T, error) {
	decoder := json.NewDecoder(strings.NewReader(string(body)))
	decoder.DisallowUnknownFields()
	in := new(T)
	if err := decoder.Decode(in); err != nil {
		return nil, &failure{http.StatusBadRequest, "SerializationException", err.Error()}
	}
	return in, nil
}

func replyJSON(w http.ResponseWriter, r *http.Request, answer any, err error, fault LogsFault) {
	out := content{status: http.StatusOK, contentType: "application/x-amz-json-1.1"}
	if err != nil {
		var f *failure
		if !errors.As(err, &f) {
			f = &failure{http.StatusInternalServerError, "InternalFailure", err.Error()}
		}
		out.status = f.status
		answer = map[string]string{"__type": f.code, "message": f.message}
	}
	out.body, _ = json.Marshal(answer)
	reply(w, r, out, fault.Fault)
}
