package commandline_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"microspend/internal/commandline"
)

func TestText(t *testing.T) {
	path := func(op, path string, err error) error { return &os.PathError{Op: op, Path: path, Err: err} }
	_, number := strconv.Atoi("x")
	_, at := time.Parse(time.DateOnly, "May")
	address := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80}
	busy := &os.SyscallError{Syscall: "bind", Err: syscall.EADDRINUSE}
	var into int
	lookup := &net.DNSError{Err: "no such host", Name: "prices.example", Server: "10.0.0.1:53", IsNotFound: true}
	for _, test := range []struct {
		name string
		err  error
		want string
	}{
		{"ours", errors.New("nothing to price"), "nothing to price"},
		{"no file", path("open", "x.csv", syscall.ENOENT), "cannot open x.csv: no such file or directory"},
		{"no name", path("open", "", syscall.ENOENT), "cannot open a file without a name: no such file or directory"},
		{"a folder of a file", path("mkdir", "a/b", syscall.ENOTDIR), "cannot create the directory a/b: not a directory"},
		{"a look", path("stat", "a", syscall.EACCES), "cannot read a: permission denied"},
		{"a full disk", path("write", "a", syscall.ENOSPC), "cannot write a: no space left on device"},
		{"wrapped", fmt.Errorf("--config: %w", path("open", "a", syscall.ENOENT)), "--config: cannot open a: no such file or directory"},
		{
			"joined", errors.Join(path("open", "a", syscall.ENOENT), path("open", "b", syscall.EACCES)),
			"cannot open a: no such file or directory\ncannot open b: permission denied",
		},
		{"a move", &os.LinkError{Op: "rename", Old: "a", New: "b", Err: syscall.EXDEV}, "cannot rename a to b: invalid cross-device link"},
		{"a port in use", &net.OpError{Op: "listen", Net: "tcp", Addr: address, Err: busy}, "cannot listen on 127.0.0.1:80: address already in use"},
		{
			"a port alone", &net.OpError{Op: "listen", Net: "tcp", Err: &net.AddrError{Err: "missing port in address", Addr: "80"}},
			`"80" is not an address such as 127.0.0.1:8480: missing port in address`,
		},
		{"nobody there", &net.OpError{Op: "dial", Net: "tcp", Addr: address, Err: syscall.ECONNREFUSED}, "cannot connect to 127.0.0.1:80: connection refused"},
		{
			"offline", &url.Error{Op: "Get", URL: "https://prices.example/index.json", Err: fmt.Errorf("dial: %w", lookup)},
			"cannot find the address of prices.example: no such host",
		},
		{
			"a server that refuses", &url.Error{Op: "Get", URL: "https://prices.example/", Err: &net.OpError{
				Op: "dial", Net: "tcp", Addr: address, Err: syscall.ECONNREFUSED,
			}},
			"https://prices.example/: cannot connect to 127.0.0.1:80: connection refused",
		},
		{"no JSON", json.Unmarshal([]byte("a"), &into), "unexpected character 'a'"},
		{"half of JSON", json.Unmarshal([]byte("["), &into), "it ends too early"},
		{"half of a file", fmt.Errorf("x.gz: %w", io.ErrUnexpectedEOF), "x.gz: it ends too early"},
		{"no number", number, `"x" is not a number`},
		{"no time", at, `"May" is not a time`},
		{"a signal", fmt.Errorf("reading: %w", context.Canceled), "reading: interrupted"},
		{"a value too long to be read", errors.New("no file " + strings.Repeat("9", 400) + " there"), "no file " + strings.Repeat("9", 150) + "… there"},
	} {
		t.Run(test.name, func(t *testing.T) { require.Equal(t, test.want, commandline.Text(test.err)) })
	}
}
