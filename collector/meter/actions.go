package meter

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/shopspring/decimal"

	"microspend/collector/microvmapi/control"
	"microspend/internal/emf"
	"microspend/internal/outbound"
)

// The bounds of what is done at a threshold. None of it is waited for by anything that meters.
const (
	// DefaultActionTimeout is how long a command may run, and a MicroVM may take to be suspended or terminated.
	DefaultActionTimeout = 30 * time.Second

	postPatience  = 5 * time.Second // for one answer
	postTries     = 3
	postRetry     = time.Second            // before the second try, twice as much before the third
	orderPatience = 250 * time.Millisecond // for an action to be done before the next one begins
	exitPatience  = 5 * time.Second        // for commands and calls of AWS under way when the meter ends; a URL has no more
)

// actionOptions are what actions may do, and for how long.
type actionOptions struct {
	timeout   time.Duration
	anyHost   bool // URLs need not be of this machine
	hasTarget bool // there is a command to send signals to
}

// firing is a threshold that was reached.
type firing struct {
	action action
	budget Budget
	life   context.Context // done when another life begins
}

// actions does what thresholds ask for, each in a goroutine of its own: one that hangs holds nothing up but itself.
// They are begun in order, and the next one waits a moment for the one before to be done.
type actions struct {
	actionOptions
	say      func(format string, args ...any)
	survives func(doing string, f func()) bool
	children *children
	signals  chan os.Signal           // for the command that the meter runs
	env      func(name string) string // has the execution role's credentials
	client   *http.Client

	queue      chan firing
	stop, done chan struct{}
	under      sync.WaitGroup
	lasting    atomic.Int32 // commands and calls of AWS under way

	mu     sync.Mutex
	life   context.Context // of the life under way
	cancel context.CancelFunc
}

func newActions(o actionOptions, kids *children, env func(name string) string,
	survives func(doing string, f func()) bool, say func(format string, args ...any),
) *actions {
	dialer := &net.Dialer{Timeout: postPatience}
	if !o.anyHost {
		dialer.Control = loopbackOnly
	}
	a := &actions{
		actionOptions: o, say: say, survives: survives, children: kids, env: env, signals: make(chan os.Signal, maxThresholds),
		// No connection is kept: one from before a suspend would be dead.
		client: outbound.Client(&http.Transport{DialContext: dialer.DialContext, DisableKeepAlives: true}, postPatience),
		queue:  make(chan firing, 2*maxThresholds), stop: make(chan struct{}), done: make(chan struct{}),
	}
	a.life, a.cancel = context.WithCancel(context.Background())
	go a.run()
	return a
}

// loopbackOnly refuses to connect to another machine, whatever a name was resolved to.
func loopbackOnly(_, address string, _ syscall.RawConn) error {
	host, _, err := net.SplitHostPort(address)
	if err == nil && !net.ParseIP(host).IsLoopback() {
		err = fmt.Errorf("%s is not on this machine; --allow-remote-urls allows it", host)
	}
	return err
}

// fire takes what is to be done, and reports whether there was room. It never waits.
func (a *actions) fire(f firing) bool {
	a.mu.Lock()
	f.life = a.life
	a.mu.Unlock()
	select {
	case a.queue <- f:
		return true
	default:
		return false
	}
}

// begin tells that another life has begun: what is under way belongs to one that is over, or to an image's snapshot.
func (a *actions) begin() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.cancel()
	a.life, a.cancel = context.WithCancel(context.Background())
}

func (a *actions) run() {
	defer close(a.done)
	for {
		select {
		case f := <-a.queue:
			a.start(f)
			continue
		default:
		}
		select {
		case f := <-a.queue:
			a.start(f)
		case <-a.stop:
			a.under.Wait()
			return
		}
	}
}

// start begins an action, and waits a moment for it.
func (a *actions) start(f firing) {
	if f.life.Err() != nil {
		return
	}
	done := make(chan struct{})
	a.under.Go(func() {
		defer close(done)
		a.survives(f.action.text, func() {
			if err := a.do(f.life, f); err != nil && f.life.Err() == nil {
				a.say("at %s, %s: %v", f.budget.Threshold, f.action.text, err)
			}
		})
	})
	select {
	case <-done:
	case <-time.After(orderPatience):
	}
}

// close waits a moment for what is under way, longer for what saves an agent's work or ends its MicroVM, and ends the
// rest.
func (a *actions) close() {
	close(a.stop)
	for end := time.Now().Add(exitPatience); !a.isDone(orderPatience) && a.lasting.Load() > 0 && time.Now().Before(end); {
	}
	a.mu.Lock()
	a.cancel()
	a.mu.Unlock()
	a.isDone(farewell)
}

func (a *actions) isDone(patience time.Duration) bool {
	select {
	case <-a.done:
		return true
	case <-time.After(patience):
		return false
	}
}

func (a *actions) do(ctx context.Context, f firing) error {
	switch act := f.action; {
	case act.url != nil:
		return a.post(ctx, act.url, &f.budget)
	case act.signal != nil:
		if !a.hasTarget {
			return errors.New("the meter runs no command that could be sent a signal")
		}
		select {
		case a.signals <- act.signal:
			return nil
		default:
			return errors.New("too many signals wait")
		}
	}
	a.lasting.Add(1)
	defer a.lasting.Add(-1)
	ctx, cancel := context.WithTimeout(ctx, a.timeout)
	defer cancel()
	if f.action.command != nil {
		return a.children.run(ctx, f.action.command, append(os.Environ(), f.budget.environment()...))
	}
	return a.control(ctx, f.action.aws, f.budget.Region, f.budget.MicroVMID)
}

// post sends the budget to a URL. An answer of 2xx is one; anything else is tried again.
func (a *actions) post(ctx context.Context, to *url.URL, b *Budget) error {
	body, err := json.Marshal(b)
	if err != nil {
		return err
	}
	for try := 1; ; try++ {
		err := a.postOnce(ctx, to, body)
		if err == nil || try == postTries {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Duration(try) * postRetry):
		}
	}
}

func (a *actions) postOnce(ctx context.Context, to *url.URL, body []byte) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, to.String(), bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := a.client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, maxHookBody))
	if response.StatusCode/100 != 2 {
		return errors.New("answered " + strconv.Itoa(response.StatusCode))
	}
	return nil
}

// control asks AWS to suspend or terminate a MicroVM, which is the one that this runs in. The endpoint can be set as
// for AWS's SDKs.
func (a *actions) control(ctx context.Context, verb, region, microVMID string) error {
	if region == "" || strings.HasPrefix(microVMID, emf.Unnamed) {
		return errors.New("region or id of the MicroVM are not known; the run hook tells the id, and --region the region")
	}
	credentials := &control.Environment{Getenv: a.env}
	client := control.Client{
		Region: region, Credentials: credentials.Retrieve,
		Endpoint: cmp.Or(a.env("AWS_ENDPOINT_URL_LAMBDA"), a.env("AWS_ENDPOINT_URL")),
	}
	if verb == "suspend" {
		return client.Suspend(ctx, microVMID)
	}
	return client.Terminate(ctx, microVMID)
}

// environment is a budget as a command gets it: an empty variable is a figure that is not known.
func (b *Budget) environment() []string {
	text := func(d *decimal.Decimal) string {
		if d == nil {
			return ""
		}
		return d.String()
	}
	var all []string
	for _, v := range []struct{ name, value string }{
		{"THRESHOLD", b.Threshold},
		{"MICROVM_ID", b.MicroVMID},
		{"TENANT", b.Tenant},
		{"STATE", b.State},
		{"SPENT", text(b.Spent)},
		{"LEFT", text(b.Left)},
		{"BUDGET", text(b.Budget)},
		{"FRACTION", text(b.Fraction)},
		{"BURN_PER_HOUR", text(b.BurnPerHour)},
		{"RUNNING_SECONDS", text(b.Running)},
		{"SECONDS_TO_BUDGET", text(b.ToBudget)},
		{"SECONDS_TO_MAX_RUNNING", text(b.ToMaxRunning)},
		{"SECONDS_TO_CAP", text(b.ToCap)},
	} {
		all = append(all, "MICROSPEND_"+v.name+"="+strings.ReplaceAll(v.value, "\x00", ""))
	}
	return all
}
