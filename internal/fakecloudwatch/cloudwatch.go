package fakecloudwatch

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
)

const (
	servicePath = "/service/GraniteServiceVersion20100801/operation/"
	maxBody     = 8 << 20

	// DefaultAccount is the account of access keys that nothing else is said of.
	DefaultAccount = "123456789012"
)

// CloudWatch is a CloudWatch that holds metrics in memory. It is an http.Handler and may be used by several goroutines.
type CloudWatch struct {
	options Options

	mu     sync.Mutex
	places map[Place]*metrics
	calls  []Call
	bucket bucket
}

// Options are what a CloudWatch is told from outside. The zero value will do.
type Options struct {
	Now func() time.Time // nil means time.Now
	// Accounts names the account of an access key; one that is not in it has the DefaultAccount.
	Accounts map[string]string
	// Linked are the accounts that are linked to a monitoring account, by its id.
	Linked map[string][]string
	// Faults says what goes wrong with a call; nil means nothing does. It is asked by one goroutine at a time.
	Faults func(Call) Fault
	// ListedAfter is how long after its first data a metric is listed, 15 minutes with AWS.
	ListedAfter time.Duration
	// PageDatapoints is the most data points of a page of GetMetricData; 0 means AWS's 100,800.
	PageDatapoints int
	// PageMetrics is the most metrics of a page of ListMetrics; 0 means AWS's 500.
	PageMetrics int
	// PerSecond is how many calls a second are answered before they are throttled; 0 means any number. The clock of
	// throttling is the machine's.
	PerSecond float64
}

// Place is an account and a region, which have metrics of their own.
type Place struct{ Account, Region string }

// Call is a request that was made. Of Get and List, the one of the operation is set.
type Call struct {
	Number    int // from 0
	Operation string
	Place     Place
	Get       *cloudwatch.GetMetricDataInput
	List      *cloudwatch.ListMetricsInput
}

// NewCloudWatch makes one without metrics.
func NewCloudWatch(options Options) *CloudWatch {
	if options.Now == nil {
		options.Now = time.Now
	}
	if options.PageDatapoints == 0 {
		options.PageDatapoints = MaxDatapoints
	}
	if options.PageMetrics == 0 {
		options.PageMetrics = MaxListed
	}
	return &CloudWatch{options: options, places: map[Place]*metrics{}, bucket: bucket{rate: options.PerSecond}}
}

// Calls returns the calls made so far.
func (c *CloudWatch) Calls() []Call {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]Call(nil), c.calls...)
}

// SetFaults replaces what goes wrong from now on.
func (c *CloudWatch) SetFaults(faults func(Call) Fault) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.options.Faults = faults
}

func (c *CloudWatch) at(place Place) *metrics {
	m := c.places[place]
	if m == nil {
		m = newMetrics()
		c.places[place] = m
	}
	return m
}

// failure is an error of the service.
type failure struct {
	status        int
	code, message string
}

func (f *failure) Error() string { return f.code + ": " + f.message }

func invalid(format string, args ...any) error {
	return &failure{http.StatusBadRequest, "InvalidParameterValueException", fmt.Sprintf(format, args...)}
}

// ServeHTTP answers one call.
func (c *CloudWatch) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	operation, ok := strings.CutPrefix(r.URL.Path, servicePath)
	if !ok || r.Method != http.MethodPost || r.Header.Get("Smithy-Protocol") != "rpc-v2-cbor" {
		http.Error(w, "this is a fake CloudWatch; it speaks Smithy RPC v2 CBOR", http.StatusNotFound)
		return
	}
	body, err := readBody(r)
	if err != nil {
		return // the caller is gone
	}
	place, err := callerOf(r, "monitoring", c.options.Accounts)
	if err != nil {
		reply(w, r, c.answerError(err), Fault{})
		return
	}
	fault, content := c.answer(r, operation, place, body)
	reply(w, r, content, fault)
}

func readBody(r *http.Request) ([]byte, error) {
	var in io.Reader = r.Body
	if r.Header.Get("Content-Encoding") == "gzip" {
		unpacked, err := gzip.NewReader(in)
		if err != nil {
			return nil, err
		}
		in = unpacked
	}
	return io.ReadAll(io.LimitReader(in, maxBody))
}

// callerOf reads who calls out of the signature, which is not checked:
// Credential=AKID/date/region/monitoring/aws4_request.
func callerOf(r *http.Request, service string, accounts map[string]string) (Place, error) {
	_, credential, found := strings.Cut(r.Header.Get("Authorization"), "Credential=")
	parts := strings.Split(credential, "/")
	if !found || len(parts) < 5 || parts[3] != service {
		return Place{}, &failure{
			http.StatusForbidden, "MissingAuthenticationToken",
			"Request is missing Authentication Token",
		}
	}
	account, known := accounts[parts[0]]
	if !known {
		account = DefaultAccount
	}
	return Place{account, parts[2]}, nil
}

type content struct {
	status      int
	body        []byte
	contentType string // "" means CBOR
	query       string // the code of an error in the older protocol, with who is to blame
}

// answer works out the reply to a call.
func (c *CloudWatch) answer(r *http.Request, operation string, place Place, body []byte) (Fault, content) {
	c.mu.Lock()
	defer c.mu.Unlock()
	call := Call{Number: len(c.calls), Operation: operation, Place: place}
	var (
		put *cloudwatch.PutMetricDataInput
		err error
	)
	switch operation {
	case "GetMetricData":
		call.Get, err = decodeGetMetricData(body)
	case "ListMetrics":
		call.List, err = decodeListMetrics(body)
	case "PutMetricData":
		put, err = decodePutMetricData(body)
	default:
		err = fmt.Errorf("no operation %q", operation)
	}
	c.calls = append(c.calls, call)
	var fault Fault
	if c.options.Faults != nil {
		fault = c.options.Faults(call)
	}
	switch {
	case fault.Code != "":
		return fault, c.answerError(&failure{fault.Status, fault.Code, fault.Message})
	case err != nil:
		return fault, c.answerError(&failure{http.StatusBadRequest, "SerializationException", err.Error()})
	case !c.bucket.take():
		return fault, c.answerError(&failure{http.StatusBadRequest, "Throttling", "Rate exceeded"})
	}
	var answer []byte
	switch {
	case call.Get != nil:
		answer, err = c.getMetricData(place, call.Get, fault)
	case call.List != nil:
		answer, err = c.listMetrics(place, call.List, fault)
	default:
		err = c.putMetricData(place, put)
	}
	if err != nil {
		return fault, c.answerError(err)
	}
	return fault, content{status: http.StatusOK, body: answer}
}

func (c *CloudWatch) answerError(err error) content {
	var f *failure
	if !errors.As(err, &f) {
		f = &failure{http.StatusInternalServerError, "InternalServiceFault", err.Error()}
	}
	blame := "Sender"
	if f.status >= 500 {
		blame = "Receiver"
	}
	return content{status: f.status, body: appendError(nil, f.code, f.message), query: f.code + ";" + blame}
}

func reply(w http.ResponseWriter, r *http.Request, answer content, fault Fault) {
	if fault.Delay > 0 {
		select {
		case <-time.After(fault.Delay):
		case <-r.Context().Done():
			return
		}
	}
	if fault.Drop == DropBefore {
		panic(http.ErrAbortHandler)
	}
	if fault.Garbage != nil {
		answer = content{status: http.StatusOK, body: fault.Garbage, contentType: answer.contentType}
	}
	header := w.Header()
	switch {
	case answer.contentType != "":
		header.Set("Content-Type", answer.contentType)
	default:
		header.Set("Smithy-Protocol", "rpc-v2-cbor")
		if len(answer.body) > 0 {
			header.Set("Content-Type", "application/cbor")
		}
	}
	if answer.query != "" {
		header.Set("X-Amzn-Query-Error", answer.query)
	}
	header.Set("Content-Length", fmt.Sprint(len(answer.body)))
	w.WriteHeader(answer.status)
	if fault.Drop == DropMidway {
		_, _ = w.Write(answer.body[:len(answer.body)/2])
		panic(http.ErrAbortHandler)
	}
	_, _ = w.Write(answer.body)
}
