package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"microspend/internal/outbound"
	"microspend/ledger"
)

// client asks one server, or what stands before several.
type client struct {
	*address
	http *http.Client
	// pause is waited for before a request is made again, twice as long each time.
	pause time.Duration
}

// How long requests may take. A query is not limited as long as its answer goes on.
const (
	dialTimeout   = 10 * time.Second
	answerTimeout = 15 * time.Minute // until the first byte: a server sends it when it has worked out an answer
	attempts      = 4                // of what can be asked again
)

func newClient(a *address) *client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.ResponseHeaderTimeout = answerTimeout
	transport.TLSHandshakeTimeout = dialTimeout
	transport.MaxIdleConnsPerHost = 8
	return &client{a, outbound.Client(transport, 0), 200 * time.Millisecond}
}

// request is a statement with what belongs to it.
type request struct {
	text       string
	parameters map[string]string // by the name in {name:Type}
	settings   map[string]string
	body       io.Reader // data of an INSERT
	// server asks without naming the database, which may not be there.
	server bool
	// again says that the statement may be asked twice: it changes nothing, or nothing more the second time.
	again bool
}

// serverError is what a server says is wrong.
type serverError struct {
	code   int // of ClickHouse's own
	status int
	text   string
}

// The codes of ClickHouse that are told apart, from src/Common/ErrorCodes.cpp.
const (
	codeUnknownTable    = 60
	codeUnknownDatabase = 81
	codeTooManyRows     = 158
	codeReadOnly        = 164
	codeAccessDenied    = 497
	codeAuthentication  = 516
)

func (e *serverError) Error() string { return firstLine(e.text) }

func hasCode(err error, code int) bool {
	e, ok := errors.AsType[*serverError](err)
	return ok && e.code == code
}

// explain words an error for whoever runs the program.
func (c *client) explain(err error) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	if e, ok := errors.AsType[*serverError](err); ok {
		switch e.code {
		case codeAuthentication:
			e.text = fmt.Sprintf("wrong password for user %q, or there is no such user; set %s and %s", c.user, UserVariable, PasswordVariable)
		case codeUnknownDatabase:
			return c.none(err)
		case codeAccessDenied, codeReadOnly:
			e.text = fmt.Sprintf("user %q lacks a right (docs/clickhouse.md lists those needed): %s", c.user, firstLine(e.text))
		}
	}
	return &ledger.UnreachableError{Name: c.name, Err: err}
}

// noneError says that there is no ledger where one is looked for.
type noneError struct {
	name string
	err  error
}

func (c *client) none(err error) error { return &noneError{c.name, err} }

func (e *noneError) Error() string {
	return "no ledger: there is none in " + e.name + "; microspend import makes one"
}
func (e *noneError) Unwrap() error        { return e.err }
func (e *noneError) Is(target error) bool { return target == fs.ErrNotExist }

// send makes a request and gives its answer, which the caller closes.
func (c *client) send(ctx context.Context, r request) (*http.Response, error) {
	pause := c.pause
	for attempt := 1; ; attempt++ {
		response, err := c.once(ctx, r)
		if err == nil || !r.again || attempt == attempts || !passes(err) || ctx.Err() != nil {
			return response, c.explain(err)
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(pause):
			pause *= 2
		}
	}
}

// passes reports whether a fault may be over at the next attempt: the network's, or a server's that is starting,
// stopping or has too much to do.
func passes(err error) bool {
	e, ok := errors.AsType[*serverError](err)
	if !ok {
		return true
	}
	const tooManyQueries, networkError, socketTimeout, keeper, tableReadOnly = 202, 210, 209, 999, 242
	switch e.code {
	case tooManyQueries, networkError, socketTimeout, keeper, tableReadOnly:
		return true
	}
	return e.code == 0 && (e.status == http.StatusBadGateway || e.status == http.StatusServiceUnavailable ||
		e.status == http.StatusGatewayTimeout || e.status == http.StatusTooManyRequests)
}

func (c *client) once(ctx context.Context, r request) (*http.Response, error) {
	values := url.Values{}
	if !r.server {
		values.Set("database", c.database)
	}
	for name, value := range r.parameters {
		values.Set("param_"+name, escape(value))
	}
	for name, value := range r.settings {
		values.Set(name, value)
	}
	body := r.body
	if body == nil {
		body = strings.NewReader(r.text)
	} else {
		values.Set("query", r.text)
	}
	u := c.endpoint
	u.RawQuery = values.Encode()
	post, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), body)
	if err != nil {
		return nil, err
	}
	post.Header.Set("X-ClickHouse-User", c.user)
	post.Header.Set("X-ClickHouse-Key", c.password)
	post.Header.Set("User-Agent", "microspend")
	response, err := c.http.Do(post)
	if err != nil {
		return nil, networkFault(err)
	}
	if response.StatusCode == http.StatusOK && response.Header.Get("X-ClickHouse-Exception-Code") == "" {
		return response, nil
	}
	defer response.Body.Close()
	text, _ := io.ReadAll(io.LimitReader(response.Body, 64<<10))
	fault := &serverError{status: response.StatusCode, text: strings.TrimSpace(string(text))}
	fault.code, _ = strconv.Atoi(response.Header.Get("X-ClickHouse-Exception-Code"))
	if fault.code == 0 {
		fault.code = codeIn(fault.text)
	}
	if fault.text == "" || fault.code == 0 { // of something else than ClickHouse, whose page is of no use here
		fault.text = "the server answers " + response.Status + ": " + firstLine(fault.text)
	}
	return nil, fault
}

// networkFault leaves out the URL, which has the statement.
func networkFault(err error) error {
	if fault, ok := errors.AsType[*url.Error](err); ok {
		return fault.Err
	}
	return err
}

func codeIn(text string) int {
	_, after, found := strings.Cut(text, "Code: ")
	if !found {
		return 0
	}
	digits := strings.IndexFunc(after, func(r rune) bool { return r < '0' || r > '9' })
	code, _ := strconv.Atoi(after[:max(digits, 0)])
	return code
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	const most = 300
	if len(line) > most {
		line = strings.ToValidUTF8(line[:most], "") + "…"
	}
	return line
}

// escape writes a parameter's value as the server reads it: in the form of tab separated values.
func escape(value string) string {
	return strings.NewReplacer(`\`, `\\`, "\t", `\t`, "\n", `\n`, "\r", `\r`, "\x00", `\0`).Replace(value)
}

// run runs a statement that gives nothing.
func (c *client) run(ctx context.Context, r request) error {
	response, err := c.send(ctx, r)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, response.Body)
	return c.explain(err)
}

// whole are settings with which a server answers when it has the whole answer. Otherwise it sends 200 with the first
// rows and may fail after that, when all it can do is to write the error where the next row would be.
var whole = map[string]string{"wait_end_of_query": "1"}

// rows reads the whole answer to a query, in RowBinary, row by row.
func (c *client) rows(ctx context.Context, r request, each func(*rowReader) error) error {
	r.again = true
	r.settings = maps.Clone(r.settings)
	if r.settings == nil {
		r.settings = map[string]string{}
	}
	maps.Copy(r.settings, whole)
	r.text += " FORMAT RowBinary"
	response, err := c.send(ctx, r)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	rows := newRowReader(response.Body)
	for rows.more() {
		if err := each(rows); err != nil {
			return err
		}
	}
	return c.explain(rows.err)
}

// insert sends the data of an INSERT.
func (c *client) insert(ctx context.Context, text string, settings map[string]string, data io.Reader) error {
	return c.run(ctx, request{text: text, settings: settings, body: data})
}
