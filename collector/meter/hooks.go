package meter

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"maps"
	"net/http"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"microspend/internal/emf"
)

// HookPath is the path below which the service calls an image's hooks. Source: AWS Lambda MicroVMs documentation,
// lifecycle hooks.
const HookPath = "/aws/lambda-microvms/runtime/v1/"

const (
	// maxHookBody holds the longest payload, every character of it escaped. What is longer is no launch's payload, and not
	// kept.
	maxHookBody = 64 << 10

	// bodyPatience is how long a body is waited for. It comes with its header; and the least timeout that a hook can have
	// is a second, by when a MicroVM has to be answered whatever else is sent.
	bodyPatience = 800 * time.Millisecond

	// maxAnswering is how many hooks are answered at once. What is one too many is metered, and nothing is waited for.
	maxAnswering = 64

	// flushPatience is how long the answer to a suspend or terminate hook waits for the last line to be written. The least
	// timeout that a hook can have is a second.
	flushPatience = 500 * time.Millisecond
)

// knownHooks are those that the service calls, and never written to. Others are an application's alone.
var knownHooks = []string{"ready", "validate", "run", "resume", "suspend", "terminate"}

// hooks serves the lifecycle hooks. Each is answered at once: what it means is recorded in memory, lines are written
// by another goroutine, and only before a suspend and a termination is that waited for, for flushPatience at most.
//
// The order with an application's own hooks is that of opening and closing: on run and resume the meter goes first,
// so that the application's work counts as running; on suspend and terminate the application does, for the same
// reason.
type hooks struct {
	clock Clock
	guest Guest
	out   *output
	say   func(format string, args ...any)
	chain http.Handler // nil without an application's hooks

	guard    guard
	identity Identity // what flags and environment say
	form     PayloadForm
	keys     PayloadKeys

	answers atomic.Int64 // hooks that are being answered

	mu       sync.Mutex
	recorder *Recorder
	watch    *watch // nil in tests that are about nothing to spend
}

// budget is what may still be spent as of the last look, or of now where that is a second ago. Whoever asks all the
// time must not shorten the time over which the load is read: over less than a tick of the kernel's it means nothing.
func (h *hooks) budget() Budget {
	h.mu.Lock()
	old := h.clock.Now().Mono-h.recorder.at.Mono >= time.Second
	h.mu.Unlock()
	if old {
		h.look((*Recorder).Observe)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.watch.document(h.recorder)
}

func (h *hooks) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	deadline(http.NewResponseController(w), bodyPatience)
	hook, status, why := h.guard.hook(request)
	if status == 0 && h.chain == nil && !slices.Contains(knownHooks, hook) {
		status, why = http.StatusNotFound, notAHook
	}
	switch status {
	case 0:
	case http.StatusForbidden:
		h.say("a request is refused: %s (host %.60q)", why, request.Host)
	case http.StatusMethodNotAllowed:
		w.Header().Set("Allow", http.MethodPost)
	}
	if status != 0 {
		refuse(w, status, why)
		return
	}
	request.URL.Path, request.URL.RawPath = HookPath+hook, "" // an application is not told the secret
	read := skipBody
	if hook == "run" || h.chain != nil {
		read = h.readBody
	}
	body := read(w, request)
	done, pressed := answering(request)
	defer done()
	answered := &answer{header: http.Header{}, status: http.StatusOK}
	h.answer(answered, request, hook, body)
	if body.rest != nil {
		deadline(http.NewResponseController(w), bodyPatience)
	}
	if pressed {
		answered.header.Set("Connection", "close")
	}
	answered.write(w)
}

// answer does what a hook is for, and answers it. Whatever becomes of the meter, the MicroVM goes on.
func (h *hooks) answer(w *answer, request *http.Request, hook string, body hookBody) {
	defer func() {
		if fault := recover(); fault != nil {
			h.say("a fault of the meter's own in the hook %.40q: %v, at %s", hook, fault, faultPlace(debug.Stack()))
			h.doubt()
		}
	}()
	waits := h.answers.Add(1) <= maxAnswering
	defer h.answers.Add(-1)
	switch hook {
	case "run":
		if h.run(body) == Refused {
			refuse(w, http.StatusConflict, "a run hook has named another MicroVM, tenant or budget")
			return
		}
	case "resume":
		h.look((*Recorder).Resume)
	}
	switch {
	case h.chain == nil:
	case body.fault != nil:
		refuse(w, http.StatusBadRequest, "the body could not be read")
	case !waits:
		refuse(w, http.StatusServiceUnavailable, "too many hooks at once")
	default:
		request.Body = body.reader()
		h.chain.ServeHTTP(w, request)
	}
	switch hook {
	case "suspend":
		h.look((*Recorder).Suspend)
	case "terminate":
		h.look((*Recorder).Terminate)
	default:
		return
	}
	if waits && !h.out.flush(flushPatience) {
		h.say("standard output accepts no lines: keeping the last ones for later")
	}
}

// run reads the hook's body and begins a life. Whatever the body is, the MicroVM has been launched and runs.
func (h *hooks) run(body hookBody) (verdict Verdict) {
	id := h.identity
	var notes []string
	microVMID, payload, err := "", "", body.fault
	if body.rest != nil {
		err = errBodyTooLong
	}
	if err == nil {
		microVMID, payload, err = parseRun(body.text)
	}
	id.MicroVMID, id.untold = cmp.Or(microVMID, id.MicroVMID), microVMID == ""
	if err != nil && h.form != PayloadNone {
		_ = id.unread(err)
	}
	err = errors.Join(err, id.apply(payload, h.form, h.keys))
	if err != nil {
		h.say("%v", err)
		notes = append(notes, emf.NoteRunUnreadable)
	}
	if !h.look(func(r *Recorder, at Instant, load Load) { verdict = r.Run(at, load, id, notes...) }) {
		h.mu.Lock()
		defer h.mu.Unlock()
		if was := h.recorder.interrupted; was == nil || !was.named {
			h.recorder.interrupted = &interruption{Identity: id, named: !id.untold}
		}
	}
	return verdict
}

// answer keeps what a hook is answered until the meter has done its part.
type answer struct {
	status int
	header http.Header
	body   bytes.Buffer
}

func (a *answer) Header() http.Header { return a.header }

func (a *answer) Write(text []byte) (int, error) { return a.body.Write(text) }

// WriteHeader takes the status of the answer, not those of answers that only announce it.
func (a *answer) WriteHeader(status int) {
	if status >= http.StatusOK {
		a.status = status
	}
}

func (a *answer) write(w http.ResponseWriter) {
	maps.Copy(w.Header(), a.header)
	w.WriteHeader(a.status)
	_, _ = a.body.WriteTo(w) // who asked may be gone
}

func refuse(w http.ResponseWriter, status int, why string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, "microspend meter: "+why+"\n")
}
