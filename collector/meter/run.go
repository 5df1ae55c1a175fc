package meter

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/netutil"

	"microspend/internal/emf"
	"microspend/pricing"
)

// Process is what the meter gets from outside.
type Process struct {
	Out, Err io.Writer
	Env      func(name string) string
	Root     string // of the file system: "/"
	Clock    Clock
	Random   io.Reader
}

// server bounds: hooks are few and small, and memory is to stay small whoever calls.
const (
	maxConnections = 64
	headerPatience = 5 * time.Second
	bodyPatience   = 10 * time.Second
	idlePatience   = 5 * time.Second
	maxHeaderBytes = 16 << 10

	// reminder is how long nothing may be metered before that is said once.
	reminder = 10 * time.Minute
)

// meter is the running program.
type meter struct {
	Process
	options  Options
	messages *messages
	hooks    *hooks
	out      *output
	server   *http.Server
	children *children // that thresholds run
	actions  *actions
	failed   chan error
	ended    chan struct{}
	ticking  sync.WaitGroup
}

// start listens, says what it does, and begins to look at the clocks. An error means that it cannot run at all.
func start(ctx context.Context, p Process, o Options) (*meter, error) {
	prices, err := pricing.EmbeddedMeasuringPrices()
	if err != nil {
		return nil, err
	}
	var listening net.ListenConfig
	listener, err := listening.Listen(ctx, "tcp", o.Address)
	if err != nil {
		return nil, fmt.Errorf("listening for hooks: %w", err)
	}
	words := newMessages(p.Err, p.Clock)
	say := words.say
	guest, cgroup := SystemGuest(p.Root, o.Measure)
	o.Identity = o.Identity.completed(p, o.SizeGiven, say)
	m := &meter{Process: p, options: o, messages: words, failed: make(chan error, 1), ended: make(chan struct{})}
	m.out = newOutput(p.Out, queueLines, say)
	m.hooks = &hooks{
		clock: p.Clock, guest: guest, out: m.out, say: say, identity: o.Identity, form: o.Payload, keys: o.PayloadKeys,
	}
	if o.Chain != nil {
		m.hooks.chain = newChain(o.Chain, o.ChainTimeout, say)
	}
	m.hooks.recorder = &Recorder{
		Publication: o.Publication, Timing: o.Timing, AtJump: o.Start == StartAtJump, Say: say,
		DrawLife: lifeDrawer(p.Random),
		Emit:     m.out.put,
		Unhooked: o.Identity,
	}
	m.children = &children{}
	m.actions = newActions(o.Budget.Actions, m.children, say)
	m.hooks.watch = &watch{
		thresholds: o.Budget.Thresholds, rates: o.Budget.Rates, fire: m.actions.fire, begin: m.actions.begin, say: say,
	}
	if cgroup {
		say("CPU and memory are those of the meter's cgroup, not of the whole MicroVM")
		m.hooks.recorder.LaunchNotes = []string{emf.NoteMeasuredForCgroup}
	}
	say("serving the lifecycle hooks on port %d; metering begins %s", listener.Addr().(*net.TCPAddr).Port,
		o.Start.inWords())
	for _, sentence := range CostOf(o.Publication, prices).Sentences() {
		say("%s", sentence)
	}
	if o.Start == StartNow {
		m.hooks.look(func(r *Recorder, at Instant, load Load) {
			r.Observe(at, load)
			r.beginUnhooked()
		})
	}
	m.server = &http.Server{
		Handler: m.hooks, ReadHeaderTimeout: headerPatience, ReadTimeout: bodyPatience, IdleTimeout: idlePatience,
		MaxHeaderBytes: maxHeaderBytes, ErrorLog: log.New(io.Discard, "", 0), // quiet about clients that hang up
	}
	go func() { m.failed <- m.server.Serve(netutil.LimitListener(listener, maxConnections)) }()
	m.ticking.Add(1)
	go m.tick()
	if o.Budget.Address != "" {
		m.ticking.Go(func() { newBudgetServer(m.hooks.budget, say).serve(m.ended, o.Budget.Address) })
	}
	return m, nil
}

// completed finds out what the options leave open.
func (i Identity) completed(p Process, sizeGiven bool, say func(string, ...any)) Identity {
	if !sizeGiven {
		total, known := totalMemoryKiB(p.Root)
		size, fits := inferSize(total)
		i.Size, i.SizeInferred = size, true
		switch {
		case !known:
			say("the guest's memory cannot be read: a baseline of %s is assumed; give --memory", size)
		case !fits:
			say("the guest has more memory than any MicroVM: a baseline of %s is assumed; give --memory", size)
		default:
			say("the guest sees %d MiB, the peak of a baseline of %s; give --memory if that is wrong (baseline-inferred)",
				total/kibPerMiB, size)
		}
	}
	if i.ImageBytes == 0 {
		say("what a launch reads is not known and not counted; give --image-size (image-size-unknown)")
	}
	if i.StateBytes == 0 {
		say("a suspend is taken to write the baseline memory; give --state-size if it was measured (state-size)")
	}
	return i
}

func (s Start) inWords() string {
	switch s {
	case StartAtJump:
		return "when the clock jumps"
	case StartNow:
		return "now"
	default:
		return "with the run hook"
	}
}

// tick looks at clocks and load at whole multiples of the sampling interval on the wall clock, so that a minute's
// line comes out as the minute ends.
func (m *meter) tick() {
	defer m.ticking.Done()
	timer := time.NewTimer(0)
	defer timer.Stop()
	begin := m.Clock.Now().Mono
	reminded := m.options.Start != StartAtRun
	for {
		select {
		case <-m.ended:
			return
		case <-timer.C:
		}
		var now Instant
		m.hooks.look(func(r *Recorder, at Instant, load Load) {
			now = at
			r.Observe(at, load)
			if !reminded && (r.Metering() || at.Mono-begin > reminder) {
				if !r.Metering() {
					r.Say("no run hook has come so far; if this is a MicroVM and not its image's build, enable it, or use --start " +
						"jump")
				}
				reminded = true
			}
		})
		timer.Reset(untilNext(now.Wall, m.options.Sample))
	}
}

// untilNext is the time to the next whole multiple of an interval, and a little so as not to wake before it.
func untilNext(wall int64, interval time.Duration) time.Duration {
	return interval - time.Duration(wall-floorDiv(wall, int64(interval))*int64(interval)) + time.Millisecond
}

// stop ends the serving and the looking, tells the last line and waits a moment for it to be written.
func (m *meter) stop() {
	close(m.ended)
	m.ticking.Wait()
	ctx, cancel := context.WithTimeout(context.Background(), flushPatience)
	defer cancel()
	if err := m.server.Shutdown(ctx); err != nil {
		_ = m.server.Close()
	}
	m.hooks.look((*Recorder).Stop)
	m.actions.close()
	m.hooks.flush()
	if lost := m.out.close(); lost > 0 {
		m.hooks.say("%d lines could not be written and are lost", lost)
	}
	m.messages.close()
}

// lifeDrawer draws the ids of lives. Two MicroVMs restored from one snapshot might draw the same random numbers,
// where the kernel does not notice; so the MicroVM's own id and the moment go in too.
func lifeDrawer(random io.Reader) func(at Instant, id string) string {
	if random == nil {
		random = rand.Reader
	}
	return func(at Instant, id string) string {
		var drawn [32]byte
		_, err := io.ReadFull(random, drawn[:])
		sum := sha256.Sum256([]byte(strings.Join([]string{
			string(drawn[:]), id, strconv.FormatInt(at.Wall, 10), at.Mono.String(), fmt.Sprint(err != nil),
		}, "\x00")))
		return hex.EncodeToString(sum[:16])
	}
}
