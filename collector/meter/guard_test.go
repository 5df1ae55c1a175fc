package meter

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"microspend/internal/emf"
	"microspend/usage"
)

// asks sends a request as it is written, and returns the answer's status.
func (s *served) asks(request string) int {
	conn, err := net.Dial("tcp", s.Listener.Addr().String())
	require.NoError(s.t, err)
	defer conn.Close()
	require.NoError(s.t, conn.SetDeadline(time.Now().Add(10*time.Second)))
	_, err = conn.Write([]byte(request))
	require.NoError(s.t, err)
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(s.t, err)
	response.Body.Close()
	return response.StatusCode
}

// TestGuard: what is not the service's is refused before it means anything, by the meter and by an application behind
// it.
func TestGuard(t *testing.T) {
	const secret = "s3cret-of-the-image"
	for _, tc := range []struct {
		name, reason  string
		path, headers string
		guard         guard
		status        int
	}{
		{"an address", "as the service most likely calls it", HookPath + "run", "Host: 169.254.1.1:9000\r\n", guard{}, 200},
		{"an IPv6 address", "likewise", HookPath + "run", "Host: [fe80::1]:9000\r\n", guard{}, 200},
		{"localhost", "is this machine", HookPath + "run", "Host: localhost:9000\r\n", guard{}, 200},
		{"a name without a dot", "nobody can register it", HookPath + "run", "Host: microvm\r\n", guard{}, 200},
		{"a name of AWS's", "nobody else can give it", HookPath + "run", "Host: lambda.eu-west-1.amazonaws.com\r\n", guard{}, 200},
		{"no name", "an empty Host", HookPath + "run", "Host:\r\n", guard{}, 200},
		{"a foreign name", "may be made to lead here", HookPath + "run", "Host: evil.example:9000\r\n", guard{}, 403},
		{"a foreign name that ends in a dot", "likewise", HookPath + "run", "Host: evil.example.:9000\r\n", guard{}, 403},
		{
			"a foreign name that looks like AWS's", "only the end says whose it is", HookPath + "run",
			"Host: lambda.amazonaws.com.evil.example\r\n",
			guard{},
			403,
		},
		{"localhost as a label", "likewise", HookPath + "run", "Host: localhost.evil.example\r\n", guard{}, 403},
		{
			"a configured name", "--hook-host", HookPath + "run", "Host: Hooks.Example:9000\r\n",
			guard{hosts: []string{"hooks.example"}},
			200,
		},
		{"another name", "is not the configured one", HookPath + "run", "Host: a.example\r\n", guard{hosts: []string{"b.example"}}, 403},
		{"any name", "--hook-host '*'", HookPath + "run", "Host: a.example\r\n", guard{hosts: []string{"*"}}, 200},
		{"a page", "browsers send Origin with POST", HookPath + "run", "Host: 127.0.0.1\r\nOrigin: http://127.0.0.1\r\n", guard{}, 403},
		{"a page in a frame", "whose origin is none", HookPath + "run", "Host: 127.0.0.1\r\nOrigin: null\r\n", guard{}, 403},
		{"an empty origin", "no service sends one", HookPath + "run", "Host: 127.0.0.1\r\nOrigin:\r\n", guard{}, 403},
		{"a browser", "says so", HookPath + "run", "Host: 127.0.0.1\r\nSec-Fetch-Site: same-origin\r\n", guard{}, 403},
		{"dots", "lead elsewhere", HookPath + "../v1/run", "Host: a\r\n", guard{}, 404},
		{"dots out", "out of the base path", HookPath + "../../../../admin", "Host: a\r\n", guard{}, 404},
		{"dots at the end", "are no hook", HookPath + "..", "Host: a\r\n", guard{}, 404},
		{"dots with a parameter", "some servers read past it", HookPath + "..;/run", "Host: a\r\n", guard{}, 404},
		{"encoded dots", "likewise", HookPath + "%2e%2e/run", "Host: a\r\n", guard{}, 404},
		{"an encoded slash", "is one to some, and none to others", HookPath + "x%2frun", "Host: a\r\n", guard{}, 404},
		{"an encoded letter", "nobody needs to", HookPath + "r%75n", "Host: a\r\n", guard{}, 404},
		{"two slashes", "some servers make one of them", HookPath + "/run", "Host: a\r\n", guard{}, 404},
		{"two slashes at the beginning", "likewise", "/" + HookPath + "run", "Host: a\r\n", guard{}, 404},
		{"a backslash", "is a slash to some", HookPath + "..\\run", "Host: a\r\n", guard{}, 404},
		{"a folder", "hooks have none", HookPath + "admin/run", "Host: a\r\n", guard{}, 404},
		{"a long name", "no hook has it", HookPath + strings.Repeat("x", 65), "Host: a\r\n", guard{}, 404},
		{"the secret", "as the image has it", "/" + secret + HookPath + "run", "Host: a\r\n", guard{secret: secret}, 200},
		{"no secret", "whoever calls without it", HookPath + "run", "Host: a\r\n", guard{secret: secret}, 404},
		{"a part of the secret", "is not it", "/" + secret[1:] + HookPath + "run", "Host: a\r\n", guard{secret: secret}, 404},
		{"the secret twice", "is no path", "/" + secret + "/" + secret + HookPath + "run", "Host: a\r\n", guard{secret: secret}, 404},
		{"the secret where there is none", "is no path", "/" + secret + HookPath + "run", "Host: a\r\n", guard{}, 404},
	} {
		t.Run(tc.name, func(t *testing.T) {
			for _, chained := range []bool{false, true} {
				app := newApplication(t)
				s := serve(t, nil, nil)
				if chained {
					s.hooks.chain = app.chain(t, time.Second)
				}
				s.hooks.guard = tc.guard
				s.clock.passes(time.Minute, 72*time.Hour)
				status := s.asks("POST " + tc.path + " HTTP/1.1\r\n" + tc.headers + fmt.Sprintf("Content-Length: %d\r\n\r\n%s",
					len(acmeBody), acmeBody))
				require.Equal(t, tc.status, status, tc.reason)
				require.Equal(t, status == 200, s.hooks.recorder.Metering(), tc.reason)
				var asked []string
				if chained && status == 200 {
					asked = []string{"POST " + HookPath + "run " + acmeBody + " "}
				}
				require.Equal(t, asked, app.asked, "an application is called for what is a hook, and is not told the secret")
			}
		})
	}
}

// TestAnotherRunIsRefused: a tenant in the MicroVM gives it neither another tenant nor more to spend, and what it sends
// does not reach the application.
func TestAnotherRunIsRefused(t *testing.T) {
	app := newApplication(t)
	s := serve(t, nil, app.chain(t, time.Second))
	s.clock.passes(time.Minute, 72*time.Hour)
	run := func(tenant, budget string) int {
		return s.hook("run", `{"microvmId":"mvm-1","runHookPayload":"{\"tenant\":\"`+tenant+`\",\"budget\":\"`+budget+`\"}"}`)
	}
	require.Equal(t, 200, run("acme", "0.5"))
	s.clock.passes(time.Second, time.Second)
	require.Equal(t, 409, run("acme", "500"))
	require.Equal(t, 409, run("bravo", "0.5"))
	require.Equal(t, 409, s.hook("run", `{"microvmId":"mvm-2","runHookPayload":"acme"}`))
	require.Equal(t, 409, s.hook("run", `{}`))
	require.Equal(t, 409, s.hook("run", `not JSON`))
	require.Equal(t, 200, run("acme", "0.5"), "the service may call again")
	require.Len(t, app.asked, 2)
	s.clock.passes(time.Minute, time.Minute)
	require.Equal(t, 200, s.hook("terminate", ""))
	lines := s.lines()
	require.Equal(t, "0.5", s.hooks.recorder.ended.Limits.Dollars.String())
	var launches int64
	for _, l := range lines {
		require.Equal(t, "mvm-1 acme", l.MicroVMID+" "+l.Tenant)
		launches += l.Amounts[usage.Launches]
	}
	require.Equal(t, int64(1), launches)
	require.Contains(t, lines[1].Notes, emf.NoteRunRefused)
}

func TestHookSettings(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secret")
	write := func(text string, mode os.FileMode) {
		require.NoError(t, os.WriteFile(file, []byte(text), mode))
		require.NoError(t, os.Chmod(file, mode))
	}
	write("0123456789abcdef\n", 0o600)
	o, err := options([]string{"--hook-secret-file", file, "--hook-host", "Hooks.Example., b.example"}, nil)
	require.NoError(t, err)
	require.Equal(t, guard{hosts: []string{"hooks.example", "b.example"}, secret: "0123456789abcdef"}, o.Guard)
	for _, tc := range []struct {
		name, text string
		mode       os.FileMode
		says       string
	}{
		{"short", "0123456789abcde", 0o600, "--hook-secret-file: not a secret of 16 to 128"},
		{"slash", "0123456789abcdef/", 0o600, "--hook-secret-file: not a secret"},
		{"dots", "0123456789abcdef..", 0o600, "--hook-secret-file: not a secret"},
		{"two lines", "0123456789abcdef\n0123456789abcdef", 0o600, "--hook-secret-file: not a secret"},
		{"long", strings.Repeat("x", 129), 0o600, "--hook-secret-file: "},
		{"read by others", "0123456789abcdef", 0o644, "open to other users"},
	} {
		write(tc.text, tc.mode)
		_, err := options([]string{"--hook-secret-file", file}, nil)
		require.ErrorContains(t, err, tc.says, tc.name)
		require.NotContains(t, err.Error(), "0123456789")
	}
	for _, bad := range []string{"http://a.example", "a.example:9000", "*.example", "a b"} {
		_, err := options([]string{"--hook-host", bad}, nil)
		require.ErrorContains(t, err, "--hook-host: ", bad)
	}
}
