package fakemicrovms

import (
	"encoding/json"
	"fmt"
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
	Path      string
	Query     url.Values
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
	Repeat bool          // the page's last item comes again on the next one
	Lag    time.Duration // the states are those of as long ago
	Skew   time.Duration // the service's clock is ahead, as its Date header has it
}

// The errors that the API's callers meet.
var (
	Throttled = Fault{Status: http.StatusTooManyRequests, Code: "TooManyRequestsException", Message: "Rate exceeded"}
	Internal  = Fault{
		Status: http.StatusInternalServerError, Code: "InternalServerException",
		Message: "an internal error",
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
}

func (f *failure) Error() string { return f.code + ": " + f.message }

func notFound(what string) error {
	return &failure{http.StatusNotFound, "ResourceNotFoundException", what + " does not exist", 0}
}

// ServeHTTP answers one call.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	call, answer, err := s.route(r)
	call.Number = len(s.calls)
	s.calls = append(s.calls, call)
	var fault Fault
	if s.options.Faults != nil {
		fault = s.options.Faults(call)
	}
	now := s.options.Now()
	var body any
	switch signature := verify(r, s.options, now); {
	case signature != nil:
		err = signature
	case fault.Code != "":
		err = &failure{fault.Status, fault.Code, fault.Message, fault.RetryAfter}
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
			f = &failure{http.StatusInternalServerError, "InternalServerException", err.Error(), 0}
		}
		status = f.status
		w.Header().Set("X-Amzn-Errortype", f.code+":http://internal.amazon.com/coral/com.amazon.lambda/")
		members := map[string]any{"message": f.message}
		if f.retryAfter > 0 {
			members["retryAfterSeconds"] = f.retryAfter
		}
		body = members
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

// route finds out what is asked for. Each segment of the path is a name or an escaped argument.
func (s *Service) route(r *http.Request) (Call, func(Fault) (any, error), error) {
	query := r.URL.Query()
	call := Call{Path: r.URL.EscapedPath(), Query: query}
	path, ours := strings.CutPrefix(call.Path, "/2025-09-09/")
	var args []string
	for _, segment := range strings.Split(path, "/") {
		text, err := url.PathUnescape(segment)
		if err != nil {
			ours = false
		}
		args = append(args, text)
	}
	if !ours || r.Method != http.MethodGet {
		return call, nil, &failure{http.StatusNotFound, "UnknownOperationException", "no such operation", 0}
	}
	is := func(pattern ...string) bool {
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
	switch {
	case is("microvms"):
		call.Operation = "ListMicrovms"
		return call, func(f Fault) (any, error) { return s.listMicrovms(query, f) }, nil
	case is("microvms", "*"):
		call.Operation = "GetMicrovm"
		return call, func(f Fault) (any, error) { return s.getMicrovm(args[1], f) }, nil
	case is("microvm-images"):
		call.Operation = "ListMicrovmImages"
		return call, func(f Fault) (any, error) { return s.listImages(query, f) }, nil
	case is("microvm-images", "*", "versions"):
		call.Operation = "ListMicrovmImageVersions"
		return call, func(f Fault) (any, error) { return s.listVersions(args[1], query, f) }, nil
	case is("microvm-images", "*", "versions", "*"):
		call.Operation = "GetMicrovmImageVersion"
		return call, func(Fault) (any, error) { return s.getVersion(args[1], args[3]) }, nil
	case is("microvm-images", "*", "versions", "*", "builds"):
		call.Operation = "ListMicrovmImageBuilds"
		return call, func(f Fault) (any, error) { return s.listBuilds(args[1], args[3], query, f) }, nil
	case is("microvm-images", "*", "versions", "*", "builds", "*"):
		call.Operation = "GetMicrovmImageBuild"
		return call, func(Fault) (any, error) { return s.getBuild(args[1], args[3], args[5]) }, nil
	}
	return call, nil, &failure{http.StatusNotFound, "UnknownOperationException", fmt.Sprintf("no operation at %s",
		call.Path), 0}
}
