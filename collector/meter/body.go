package meter

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"time"
)

// hookBody is what came with a hook.
type hookBody struct {
	text  []byte
	rest  io.Reader // what there is of it after text, where it is too long to be kept; nil where text is all
	fault error     // why it did not come whole
}

var errBodyTooLong = fmt.Errorf("the run hook's body is longer than %d bytes: its payload is not read", maxHookBody)

// skipBody waits for a body that nobody is to have, as readBody does.
func skipBody(w http.ResponseWriter, request *http.Request) (body hookBody) {
	if _, body.fault = io.Copy(io.Discard, request.Body); body.fault == nil {
		deadline(http.NewResponseController(w), 0)
	}
	return body
}

// readBody reads a request's body as far as it is kept, up to its deadline. What is longer is drained where nobody else
// is to have it, so that who sends it reads the answer.
func (h *hooks) readBody(w http.ResponseWriter, request *http.Request) (body hookBody) {
	control := http.NewResponseController(w)
	body.text, body.fault = io.ReadAll(io.LimitReader(request.Body, maxHookBody+1))
	if body.fault != nil {
		body.fault = fmt.Errorf("the hook's body could not be read: %w", body.fault)
		return body
	}
	if len(body.text) <= maxHookBody {
		request.ContentLength = int64(len(body.text)) // of a body in chunks, too
		deadline(control, 0)                          // an application may take longer to answer
		return body
	}
	body.rest = request.Body
	if h.chain == nil {
		_, _ = io.Copy(io.Discard, request.Body) // as much as comes in time
	} else {
		deadline(control, 0)
	}
	return body
}

// deadline is how long what is sent may take from now on; 0 is as long as it likes. Before a request is answered there
// has to be one again, unless it was read to its end: the server reads on before it answers.
func deadline(control *http.ResponseController, patience time.Duration) {
	var at time.Time
	if patience > 0 {
		at = time.Now().Add(patience)
	}
	_ = control.SetReadDeadline(at) // what cannot have one, as a recorder in tests, needs none
}

// reader reads the body from its beginning.
func (b hookBody) reader() io.ReadCloser {
	text := bytes.NewReader(b.text)
	if b.rest == nil {
		return io.NopCloser(text)
	}
	return io.NopCloser(io.MultiReader(text, b.rest))
}
