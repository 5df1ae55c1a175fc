package fakemicrovms

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"microspend/collector/microvmapi"
)

// Options are what a Service is told from outside. The zero value will do.
type Options struct {
	Now func() time.Time // nil means time.Now
	// Keys are the access keys that are known, with their secrets; nil means none is checked.
	Keys map[string]string
	// Region is the one that signatures must be for; "" means any.
	Region string
	// Faults says what goes wrong with a call; nil means nothing does. It is asked by one goroutine at a time.
	Faults func(Call) Fault
	// ListedFor is how long a TERMINATED MicroVM is listed; 0 means AWS's day.
	ListedFor time.Duration
	// PageItems is the most items of a page, whatever was asked for; 0 means AWS's 50.
	PageItems int
}

// Call is a request that was made.
type Call struct {
	Number    int    // from 0
	Operation string // such as ListMicrovms
	Method    string
	Path      string
	Query     url.Values
	Body      []byte
}

// Fault is what goes wrong with a call. The zero value is nothing.
type Fault struct {
	Status        int // with Code an error of the service
	Code, Message string
	RetryAfter    int // seconds, in the body of the error

	Delay   time.Duration
	Drop    bool   // the connection breaks before anything is answered
	Cut     bool   // the connection breaks in the middle of the answer
	Garbage []byte // in place of the answer

	Empty  bool          // a page without items, after which the same page can be had
	Token  string        // in place of the page's nextToken: the number of an item
	Repeat bool          // the page's last item comes again on the next one
	Lag    time.Duration // the states are those of as long ago
	Skew   time.Duration // the service's clock is ahead, as its Date header has it
}

// The errors that the API's callers meet.
var (
	Throttled = Fault{Status: http.StatusTooManyRequests, Code: "TooManyRequestsException", Message: "Rate exceeded"}
	Internal  = Fault{
		Status: http.StatusInternalServerError, Code: "ServiceException",
		Message: "an internal error",
	}
	NoCapacity = Fault{
		Status: http.StatusInternalServerError, Code: "InsufficientCapacityException",
		Message: "no capacity",
	}
	Quota = Fault{
		Status: http.StatusPaymentRequired, Code: "ServiceQuotaExceededException",
		Message: "the quota is used up",
	}
	Denied = Fault{
		Status: http.StatusForbidden, Code: "AccessDeniedException",
		Message: "not authorized to perform: lambda:ListMicrovms",
	}
)

// Service is a MicroVM API. It is an http.Handler and may be used by several goroutines.
type Service struct {
	options Options

	mu       sync.Mutex
	microvms []*MicroVM
	images   []*Image
	calls    []Call
}

// New makes one without MicroVMs.
func New(options Options) *Service {
	if options.Now == nil {
		options.Now = time.Now
	}
	if options.ListedFor == 0 {
		options.ListedFor = 24 * time.Hour
	}
	if options.PageItems == 0 {
		options.PageItems = microvmapi.MaxResults
	}
	return &Service{options: options}
}

// Add lets a MicroVM live by its script, in place of one with its id.
func (s *Service) Add(m MicroVM) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, old := range s.microvms {
		if old.ID == m.ID {
			s.microvms[i] = &m
			return
		}
	}
	s.microvms = append(s.microvms, &m)
}

// AddImage adds a version of an image, or takes the place of the one with its ARN and version.
func (s *Service) AddImage(image Image) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, old := range s.images {
		if old.ARN == image.ARN && old.Version == image.Version {
			s.images[i] = &image
			return
		}
	}
	s.images = append(s.images, &image)
}

// Calls returns the calls made so far.
func (s *Service) Calls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.calls)
}

// SetFaults replaces what goes wrong from now on.
func (s *Service) SetFaults(faults func(Call) Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.options.Faults = faults
}

// failure is an error of the service.
type failure struct {
	status        int
	code, message string
	retryAfter    int
	resource      [2]string // id and type of what was not found
}

func (f *failure) Error() string { return f.code + ": " + f.message }

func notFound(id, kind string) error {
	return &failure{
		status: http.StatusNotFound, code: "ResourceNotFoundException", message: kind + " " + id + " does not exist",
		resource: [2]string{id, kind},
	}
}

func invalid(message string) error {
	return &failure{status: http.StatusBadRequest, code: "ValidationException", message: message}
}

// body is the error as AWS writes it: named by __type, with the members that its kind has besides.
func (f *failure) body() members {
	body := members{"__type": f.code, "message": f.message}
	switch f.code {
	case "TooManyRequestsException", "ServiceException":
		body["Type"] = "Service"
	case "ResourceNotFoundException":
		body["resourceId"], body["resourceType"] = f.resource[0], f.resource[1]
	}
	if f.retryAfter > 0 {
		body["retryAfterSeconds"] = f.retryAfter
	}
	return body
}

// ServeHTTP answers one call.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	sent, err := io.ReadAll(io.LimitReader(r.Body, maxBody))
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	s.mu.Lock()
	call, answer, err := s.route(r, sent)
	call.Number = len(s.calls)
	s.calls = append(s.calls, call)
	var fault Fault
	if s.options.Faults != nil {
		fault = s.options.Faults(call)
	}
	now := s.options.Now()
	var body any
	switch signature := verify(r, sent, s.options, now); {
	case signature != nil:
		err = signature
	case fault.Code != "":
		err = &failure{
			status: fault.Status, code: fault.Code, message: fault.Message, retryAfter: fault.RetryAfter,
		}
	case err == nil:
		body, err = answer(fault)
	}
	s.mu.Unlock()
	respond(w, r, body, err, fault, now)
}

func respond(w http.ResponseWriter, r *http.Request, body any, err error, fault Fault, now time.Time) {
	if fault.Delay > 0 {
		select {
		case <-time.After(fault.Delay):
		case <-r.Context().Done():
			return
		}
	}
	if fault.Drop {
		panic(http.ErrAbortHandler)
	}
	status := http.StatusOK
	if err != nil {
		f, ok := err.(*failure)
		if !ok {
			f = &failure{status: http.StatusInternalServerError, code: "ServiceException", message: err.Error()}
		}
		status, body = f.status, f.body()
	}
	text, _ := json.Marshal(body)
	if fault.Garbage != nil {
		text, status = fault.Garbage, http.StatusOK
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Date", now.Add(fault.Skew).UTC().Format(http.TimeFormat))
	w.Header().Set("Content-Length", strconv.Itoa(len(text)))
	w.WriteHeader(status)
	if fault.Cut {
		_, _ = w.Write(text[:len(text)/2])
		panic(http.ErrAbortHandler)
	}
	_, _ = w.Write(text)
}

// maxBody is the most of a request's body that is read, in bytes.
const maxBody = 1 << 20

// route finds out what is asked for.
func (s *Service) route(r *http.Request, body []byte) (Call, func(Fault) (any, error), error) {
	call := Call{Method: r.Method, Path: r.URL.EscapedPath(), Query: r.URL.Query(), Body: body}
	args, ours := segments(call.Path)
	for _, op := range s.operations(call, args) {
		if ours && op.method == r.Method && op.is(args) {
			call.Operation = op.name
			return call, op.answer, nil
		}
	}
	return call, nil, &failure{
		status: http.StatusNotFound, code: "UnknownOperationException", message: "no operation at " + call.Path,
	}
}

// segments are those of a path, each a name or an escaped argument, and whether it is one of the API's.
func segments(path string) (args []string, ours bool) {
	path, ours = strings.CutPrefix(path, "/2025-09-09/")
	for _, segment := range strings.Split(path, "/") {
		text, err := url.PathUnescape(segment)
		if err != nil {
			ours = false
		}
		args = append(args, text)
	}
	return args, ours
}

// operation is a call that the API has. An asterisk in its path is an argument.
type operation struct {
	name, method, path string
	answer             func(Fault) (any, error)
}

func (o operation) is(args []string) bool {
	pattern := strings.Split(o.path, "/")
	if len(args) != len(pattern) {
		return false
	}
	for i, name := range pattern {
		if name != "*" && args[i] != name || args[i] == "" {
			return false
		}
	}
	return true
}

func (s *Service) operations(c Call, args []string) []operation {
	arg := func(i int) string {
		if i < len(args) {
			return args[i]
		}
		return ""
	}
	act := func(do func(id string) error) func(Fault) (any, error) {
		return func(Fault) (any, error) { return members{}, do(arg(1)) }
	}
	const image, version = "microvm-images/*", "microvm-images/*/versions/*"
	return []operation{
		{"ListMicrovms", "GET", "microvms", func(f Fault) (any, error) { return s.listMicrovms(c.Query, f) }},
		{"GetMicrovm", "GET", "microvms/*", func(f Fault) (any, error) { return s.getMicrovm(arg(1), f) }},
		{"RunMicrovm", "POST", "microvms", func(Fault) (any, error) { return s.run(c.Body) }},
		{"SuspendMicrovm", "POST", "microvms/*/suspend", act(s.suspend)},
		{"ResumeMicrovm", "POST", "microvms/*/resume", act(s.resume)},
		{"TerminateMicrovm", "DELETE", "microvms/*", act(s.terminate)},
		{"ListMicrovmImages", "GET", "microvm-images", func(f Fault) (any, error) { return s.listImages(c.Query, f) }},
		{"ListMicrovmImageVersions", "GET", image + "/versions", func(f Fault) (any, error) {
			return s.listVersions(arg(1), c.Query, f)
		}},
		{"GetMicrovmImageVersion", "GET", version, func(Fault) (any, error) { return s.getVersion(arg(1), arg(3)) }},
		{"ListMicrovmImageBuilds", "GET", version + "/builds", func(f Fault) (any, error) {
			return s.listBuilds(arg(1), arg(3), c.Query, f)
		}},
		{"GetMicrovmImageBuild", "GET", version + "/builds/*", func(Fault) (any, error) {
			return s.getBuild(arg(1), arg(3), arg(5))
		}},
	}
}
