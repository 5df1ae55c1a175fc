// Package clickhousetest starts a real ClickHouse for tests: the engine that the library of chdb has, behind the HTTP
// interface that module internal/chdb gives it.
package clickhousetest

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// Variable is the environment variable with the folder of npm's package chdb. Without it tests that need an engine are
// skipped.
const Variable = "MICROSPEND_CHDB"

// Server is a running engine.
type Server struct {
	Address string // host:port of the HTTP interface
	data    string
	options []string
	child   *exec.Cmd
	input   io.Closer
}

// library finds what the package has the engine in.
func library(folder string) (string, error) {
	found, err := filepath.Glob(filepath.Join(folder, "..", "@chdb", "lib-*", "libchdb.so"))
	if err != nil || len(found) == 0 {
		return "", fmt.Errorf("%s is %s, beside which there is no @chdb/lib-*/libchdb.so", Variable, folder)
	}
	return filepath.Abs(found[0])
}

// build builds the bridge, once in a process.
var build = sync.OnceValues(func() (string, error) {
	root, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}").Output() // tests run in their package's folder
	if err != nil {
		return "", fmt.Errorf("looking for the bridge to chdb: %w", err)
	}
	folder, err := os.MkdirTemp("", "microspend-chdb-")
	if err != nil {
		return "", err
	}
	bridge := filepath.Join(folder, "chdb")
	command := exec.Command("go", "build", "-o", bridge, ".")
	command.Dir = filepath.Join(strings.TrimSpace(string(root)), "internal", "chdb")
	command.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=", "GOWORK=off")
	if out, err := command.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building the bridge to chdb: %w\n%s", err, out)
	}
	return bridge, nil
})

// Start starts a server whose data is in a folder; options are the bridge's own. It ends with this process at the
// latest. Without an engine the error is [ErrNone].
func Start(data string, options ...string) (*Server, error) {
	folder := os.Getenv(Variable)
	if folder == "" {
		return nil, ErrNone
	}
	s := &Server{data: data, options: append([]string{"-data", data}, options...)}
	path, err := library(folder)
	if err != nil {
		return nil, err
	}
	s.options = append(s.options, "-library", path)
	return s, s.start()
}

// ErrNone says that there is no engine to start.
var ErrNone = fmt.Errorf("%s does not name the folder of npm's package chdb", Variable)

func (s *Server) start() error {
	bridge, err := build()
	if err != nil {
		return err
	}
	s.child = exec.Command(bridge, s.options...)
	s.child.Stderr = os.Stderr
	if s.input, err = s.child.StdinPipe(); err != nil {
		return err
	}
	out, err := s.child.StdoutPipe()
	if err != nil {
		return err
	}
	if err := s.child.Start(); err != nil {
		return err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return fmt.Errorf("starting the bridge to chdb: %w", err)
	}
	s.Address = strings.TrimSpace(line)
	s.options = append(s.options, "-listen", s.Address) // the same again after a restart
	return nil
}

// Kill kills the server as a power cut does.
func (s *Server) Kill() {
	_ = s.child.Process.Kill()
	_ = s.child.Wait()
}

// Restart starts a server that was killed, on its data and its address.
func (s *Server) Restart() error { return s.start() }

// Query asks the server something and gives the answer, tab separated.
func (s *Server) Query(t testing.TB, text string) string {
	t.Helper()
	response, err := http.Post("http://"+s.Address+"/?wait_end_of_query=1", "text/plain", strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s %v", text, answer, err)
	}
	return strings.TrimSpace(string(answer))
}

var shared = sync.OnceValues(func() (*Server, error) {
	data, err := os.MkdirTemp("", "microspend-chdb-data-")
	if err != nil {
		return nil, err
	}
	return Start(data)
})

// Shared is the server of this process's tests, which are skipped where there is no engine.
func Shared(t testing.TB) *Server {
	t.Helper()
	s, err := shared()
	if err == ErrNone {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var databases atomic.Int64

// Ledger is the name of a ledger that nobody else has, in a database that is not there yet.
func Ledger(t testing.TB) string {
	t.Helper()
	s := Shared(t)
	return fmt.Sprintf("clickhouse://%s/test_%d_%d", s.Address, os.Getpid(), databases.Add(1))
}
