package meter

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

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
	Quiet    bool // say only what is wrong or makes figures less sure, not what the meter serves and costs
}

// reminder is how long nothing may be metered before that is said once.
const reminder = 10 * time.Minute

// meter is the running program.
type meter struct {
	Process
	options  Options
	fault    error // of the settings: those it is about have their defaults in the options
	messages *messages
	hooks    *hooks
	out      *output
	server   *http.Server
	children *children // that thresholds run
	actions  *actions
	ended    chan struct{}
	working  sync.WaitGroup // what goes on until it has ended
}

// newMeter makes a meter that does nothing yet but write what it is given to write.
func newMeter(p Process, o Options, fault error) *meter {
	m := &meter{
		Process: p, options: o, fault: fault, messages: newMessages(p.Err, p.Clock), ended: make(chan struct{}),
	}
	say := m.messages.say
	m.out = newOutput(p.Out, queueLines, say)
	m.hooks = &hooks{
		clock: p.Clock, out: m.out, say: say, guard: o.Guard, identity: o.Identity, form: o.Payload, keys: o.PayloadKeys,
		recorder: &Recorder{
			Publication: o.Publication, Timing: o.Timing, AtJump: o.Start == StartAtJump, Say: say,
			DrawLife: lifeDrawer(p.Random),
			Emit:     m.out.put,
			Unhooked: o.Identity,
		},
	}
	m.children = &children{}
	m.actions = newActions(o.Budget.Actions, m.children, p.Env, m.survives, say)
	m.hooks.watch = &watch{
		thresholds: o.Budget.Thresholds, rates: o.Budget.Rates, fire: m.actions.fire, begin: m.actions.begin, say: say,
	}
	if o.Chain != nil {
		m.hooks.chain = newChain(o.Chain, o.ChainTimeout, say)
	}
	m.server = newServer(m.hooks)
	return m
}

// start says what the meter does, begins to serve the hooks and to look at the clocks. Without the port that hooks are
// served on it does none of that, and returns why; unless it is to go on regardless, and take the port as soon as it
// can be had.
func (m *meter) start(ctx context.Context, regardless bool) (err error) {
	say, r := m.hooks.say, m.hooks.recorder
	m.survives("starting", func() {
		if m.fault != nil {
			for fault := range strings.SplitSeq(m.fault.Error(), "\n") {
				say("%s", fault)
			}
			say("what is wrong is left at its default, and the usage counts as unknown (%s)", emf.NoteSettingsIgnored)
			r.stand(emf.NoteSettingsIgnored)
		}
		guest, cgroup := SystemGuest(m.Root, m.options.Measure)
		m.hooks.guest = guest
		m.hooks.identity = m.options.Identity.completed(m.Process, m.options.SizeGiven, say)
		r.Unhooked = m.hooks.identity
		if cgroup {
			say("CPU and memory are those of the meter's cgroup, not of the whole MicroVM")
			r.LaunchNotes = []string{emf.NoteMeasuredForCgroup}
		}
	})
	listener, err := m.listen(ctx)
	switch {
	case err != nil && !regardless:
		return err
	case err != nil:
		m.unserved(err)
	case !m.Quiet:
		say("serving the lifecycle hooks on port %d; metering begins %s", listener.Addr().(*net.TCPAddr).Port,
			m.options.Start.inWords())
	}
	m.survives("working out its cost", func() {
		if m.Quiet {
			return
		}
		prices, err := pricing.EmbeddedMeasuringPrices()
		if err != nil {
			say("what the metrics cost is not known: %v", err)
			return
		}
		for _, sentence := range CostOf(m.options.Publication, prices).Sentences() {
			say("%s", sentence)
		}
	})
	if m.options.Start == StartNow {
		m.hooks.look(func(r *Recorder, at Instant, load Load) {
			r.Observe(at, load)
			r.beginUnhooked()
		})
	}
	m.goOn("serving the hooks", func() { m.serve(ctx, listener) })
	m.goOn("metering", m.tick)
	if address := m.options.Budget.Address; address != "" {
		m.goOn("serving the budget", func() { m.serveBudget(ctx, address) })
	}
	return nil
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
		say("a suspend is assumed to write the baseline memory; give --state-size if it was measured (state-size)")
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
		m.hooks.look(func(r *Recorder, at Instant, load Load) {
			r.Observe(at, load)
			if !reminded && (r.Metering() || at.Mono-begin > reminder) {
				if !r.Metering() {
					r.Say("no run hook has come so far; if this is a MicroVM and not its image's build, enable it, or use --start " +
						"jump")
				}
				reminded = true
			}
		})
		timer.Reset(untilNext(m.Clock.Now().Wall, m.options.Sample))
	}
}

// untilNext is the time to the next whole multiple of an interval, and a little so as not to wake before it.
func untilNext(wall int64, interval time.Duration) time.Duration {
	return interval - time.Duration(wall-floorDiv(wall, int64(interval))*int64(interval)) + time.Millisecond
}

// stop ends the serving and the looking, tells the last line and waits a moment for it to be written. Whatever state
// the meter is in, it takes no longer than that: an application that has ended is not to seem to run on.
func (m *meter) stop() {
	done := make(chan struct{})
	go func() {
		defer close(done)
		m.survives("ending", m.end)
	}()
	select {
	case <-done:
	case <-time.After(stopPatience):
	}
	m.actions.close()
	m.messages.close()
}

const stopPatience = 4 * flushPatience

func (m *meter) end() {
	close(m.ended)
	ctx, cancel := context.WithTimeout(context.Background(), flushPatience)
	defer cancel()
	if err := m.server.Shutdown(ctx); err != nil {
		_ = m.server.Close()
	}
	m.working.Wait()
	m.hooks.look((*Recorder).Stop)
	m.out.flush(flushPatience)
	if lost := m.out.close(); lost > 0 {
		m.hooks.say("%d lines could not be written and are lost", lost)
	}
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
