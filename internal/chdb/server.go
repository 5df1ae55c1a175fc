package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// server is the HTTP interface: https://clickhouse.com/docs/interfaces/http, as far as microspend speaks it.
type server struct {
	data, user, password string
	binding              sync.Mutex // parameters are of the whole process until a query has taken them

	mutex sync.Mutex
	idle  map[string][]connection // by their settings: to open one takes longer than most queries do
}

// session has a statement run on a connection with some settings.
func (s *server) session(settings map[string]string, do func(connection) error) error {
	var key string
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		key += name + "=" + settings[name] + "\n"
	}
	conn, err := s.take(key, settings)
	if err != nil {
		return err
	}
	defer func() {
		s.mutex.Lock()
		s.idle[key] = append(s.idle[key], conn)
		s.mutex.Unlock()
	}()
	return do(conn)
}

func (s *server) take(key string, settings map[string]string) (connection, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if idle := s.idle[key]; len(idle) > 0 {
		s.idle[key] = idle[:len(idle)-1]
		return idle[len(idle)-1], nil
	}
	return connect(s.data, settings)
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/ping" {
		fmt.Fprintln(w, "Ok.")
		return
	}
	if !s.knows(r) {
		refuse(
			w,
			engineError(
				"Code: 516. DB::Exception: "+s.user+": Authentication failed: password is incorrect, or there is no user with such name. (AUTHENTICATION_FAILED)",
			),
		)
		return
	}
	q := parse(r)
	err := s.session(q.settings, func(conn connection) error { return s.answer(w, r, conn, &q) })
	if err != nil {
		refuse(w, err)
	}
}

func (s *server) knows(r *http.Request) bool {
	user, password, basic := r.BasicAuth()
	if !basic {
		user, password = r.Header.Get("X-ClickHouse-User"), r.Header.Get("X-ClickHouse-Key")
	}
	if user == "" {
		user = "default"
	}
	return user == s.user && password == s.password
}

// request is what a request asks for besides its body.
type request struct {
	database, query, format string
	wait                    bool
	parameters, settings    map[string]string
}

func parse(r *http.Request) request {
	q := request{format: "TabSeparated", parameters: map[string]string{}, settings: map[string]string{}}
	for name, values := range r.URL.Query() {
		value := values[len(values)-1]
		parameter, isParameter := strings.CutPrefix(name, "param_")
		switch {
		case isParameter:
			q.parameters[parameter] = value
		case name == "query":
			q.query = value
		case name == "database":
			q.database = value
		case name == "default_format":
			q.format = value
		case name == "wait_end_of_query":
			q.wait = value == "1"
		case name == "query_id", name == "session_id", name == "buffer_size":
		default:
			q.settings[name] = value
		}
	}
	return q
}

var (
	insertion = regexp.MustCompile(`(?is)^\s*INSERT\s+INTO\s.*\sFORMAT\s+(\w+)\s*$`)
	selection = regexp.MustCompile(`(?is)^\s*(SELECT|WITH|SHOW|DESCRIBE|EXPLAIN|EXISTS)\b`)
)

func (s *server) answer(w http.ResponseWriter, r *http.Request, conn connection, q *request) error {
	database := cmp.Or(q.database, "default")
	use := "USE `" + strings.NewReplacer("`", "\\`", `\`, `\\`).Replace(database) + "`"
	if err := conn.execute(&request{query: use, format: "TSV"}); err != nil {
		return err
	}
	if found := insertion.FindStringSubmatchIndex(q.query); found != nil {
		format := q.query[found[2]:found[3]]
		into := q.query[:strings.LastIndex(strings.ToUpper(q.query[:found[2]]), "FORMAT")]
		rows, err := conn.insert(into, format, pieces(r.Body))
		if err == nil {
			summary(w, rows)
		}
		return err
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	if q.query != "" {
		q.query += "\n"
	}
	q.query += string(body)
	if len(q.parameters) > 0 {
		s.binding.Lock()
		defer s.binding.Unlock()
	}
	if !selection.MatchString(q.query) {
		return conn.execute(q)
	}
	return send(w, conn, q)
}

// send sends a result as it comes, or when it is complete.
func send(w http.ResponseWriter, conn connection, q *request) error {
	var held bytes.Buffer
	sent := false
	err := conn.query(q, func(piece []byte) error {
		if q.wait {
			held.Write(piece)
			return nil
		}
		sent = true
		_, err := w.Write(piece)
		return err
	})
	if err != nil && sent { // as the engine's own server does: the status is gone, so the text follows the rows
		_, _ = io.WriteString(w, err.Error())
		return nil
	}
	if err != nil {
		return err
	}
	_, _ = w.Write(held.Bytes()) // where it fails nobody is left to be told
	return nil
}

func pieces(body io.Reader) func() ([]byte, error) {
	buffer := make([]byte, 1<<20)
	return func() ([]byte, error) {
		n, err := io.ReadFull(body, buffer)
		switch {
		case n > 0 && (err == nil || errors.Is(err, io.ErrUnexpectedEOF)):
			return buffer[:n], nil
		case errors.Is(err, io.EOF):
			return nil, nil
		}
		return nil, err
	}
}

func summary(w http.ResponseWriter, rows uint64) {
	text, _ := json.Marshal(map[string]string{"written_rows": strconv.FormatUint(rows, 10)})
	w.Header().Set("X-ClickHouse-Summary", string(text))
}

var code = regexp.MustCompile(`Code: (\d+)`)

// statuses are those of the engine's server for its codes, where they are not 500.
var statuses = map[string]int{
	"62": http.StatusBadRequest, "47": http.StatusNotFound, "60": http.StatusNotFound, "81": http.StatusNotFound,
	"516": http.StatusForbidden, "497": http.StatusForbidden, "159": http.StatusRequestTimeout,
}

func refuse(w http.ResponseWriter, err error) {
	status := http.StatusInternalServerError
	if found := code.FindStringSubmatch(err.Error()); found != nil {
		w.Header().Set("X-ClickHouse-Exception-Code", found[1])
		if known := statuses[found[1]]; known != 0 {
			status = known
		}
	}
	http.Error(w, err.Error(), status)
}
