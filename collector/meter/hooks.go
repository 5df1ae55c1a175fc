package meter

import (
	"bytes"
	"errors"
	"io"
	"maps"
	"net/http"
	"strings"
	"sync"
	"time"

	"microspend/internal/emf"
)

// HookPath is the path below which the service calls an image's hooks. Source: AWS Lambda MicroVMs documentation,
// lifecycle hooks.
const HookPath = "/aws/lambda-microvms/runtime/v1/"

const (
	// maxHookBody holds the longest payload, every character of it escaped, many times over.
	maxHookBody = 64 << 10

	// flushPatience is how long the answer to a suspend or terminate hook waits for the last line to be written. The least
	// timeout that a hook can have is a second.
	flushPatience = 500 * time.Millisecond
)

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

	identity Identity // what flags and environment say
	form     PayloadForm
	keys     PayloadKeys

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
	hook, below := strings.CutPrefix(request.URL.Path, HookPath)
	known := below
	switch hook {
	case "ready", "validate", "run", "resume", "suspend", "terminate":
	default:
		known = false
	}
	switch {
	case !known && (h.chain == nil || !below):
		refuse(w, http.StatusNotFound, "not a lifecycle hook")
		return
	case known && request.Method != http.MethodPost:
		w.Header().Set("Allow", http.MethodPost)
		refuse(w, http.StatusMethodNotAllowed, "hooks are called with POST")
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, request.Body, maxHookBody))
	var tooLong *http.MaxBytesError
	if errors.As(err, &tooLong) {
		refuse(w, http.StatusRequestEntityTooLarge, "the body is longer than that of any hook")
		return
	}
	if err != nil && hook != "suspend" && hook != "terminate" {
		refuse(w, http.StatusBadRequest, "the body could not be read")
		return
	}
	switch hook {
	case "run":
		h.run(body)
	case "resume":
		h.look((*Recorder).Resume)
	}
	answered := &answer{header: http.Header{}, status: http.StatusOK}
	if h.chain != nil {
		request.Body, request.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		h.chain.ServeHTTP(answered, request)
	}
	switch hook {
	case "suspend":
		h.look((*Recorder).Suspend)
		h.flush()
	case "terminate":
		h.look((*Recorder).Terminate)
		h.flush()
	}
	answered.write(w)
}

// run reads the hook's body and begins a life. Whatever the body is, the MicroVM has been launched and runs.
func (h *hooks) run(body []byte) {
	id := h.identity
	var notes []string
	microVMID, payload, err := parseRun(body)
	if err == nil {
		if microVMID != "" {
			id.MicroVMID = microVMID
		}
		err = id.apply(payload, h.form, h.keys)
	} else if h.form != PayloadNone {
		_ = id.unread(err)
	}
	if err != nil {
		h.say("%v", err)
		notes = append(notes, emf.NoteRunUnreadable)
	}
	if !h.look(func(r *Recorder, at Instant, load Load) { r.Run(at, load, id, notes...) }) {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.recorder.interrupted = &interruption{Identity: id, hooked: true}
	}
}

func (h *hooks) flush() {
	if !h.out.flush(flushPatience) {
		h.say("standard output accepts no lines: keeping the last ones for later")
	}
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
