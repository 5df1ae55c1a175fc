package meter

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"microspend/internal/emf"
	"microspend/usage"
)

const acmeBody = `{"microvmId":"mvm-1","runHookPayload":"acme"}`

// TestOddRequests: a hook is metered and answered 200 whatever is sent with it, within the second that the service may
// be set to wait.
func TestOddRequests(t *testing.T) {
	t.Parallel()
	big := strings.Repeat("x", 10<<20)
	sized := func(body string) string {
		return fmt.Sprintf("Host: x\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	}
	chunk := func(body string) string { return fmt.Sprintf("%x\r\n%s\r\n", len(body), body) }
	const chunked = "Host: x\r\nTransfer-Encoding: chunked\r\n\r\n"
	for _, tc := range []struct {
		name, reason string
		line         string // "" is a POST of the hook in HTTP/1.1
		sends        string
		open         bool // the request does not end
		named        bool // id and tenant are read
		unread       bool
	}{
		{name: "as documented", reason: "is read", sends: sized(acmeBody), named: true},
		{name: "10 MB", reason: "is longer than any payload", sends: sized(big), unread: true},
		{
			name: "10 MB of JSON", reason: "likewise", unread: true,
			sends: sized(`{"microvmId":"mvm-1","runHookPayload":"` + big + `"}`),
		},
		{name: "in chunks", reason: "is read", sends: chunked + chunk(acmeBody) + "0\r\n\r\n", named: true},
		{name: "chunks without end", reason: "is not waited for", sends: chunked + chunk("{"), open: true, unread: true},
		{
			name: "10 MB in chunks without end", reason: "neither", open: true, unread: true,
			sends: chunked + strings.Repeat(chunk(big[:1<<20]), 10),
		},
		{name: "bad chunks", reason: "cannot be read", sends: chunked + "zz\r\n", open: true, unread: true},
		{
			name: "shorter than announced", reason: "is not waited for", open: true, unread: true,
			sends: "Host: x\r\nContent-Length: 1000\r\n\r\n" + acmeBody,
		},
		{name: "without body", reason: "names nothing", sends: sized(""), unread: true},
		{name: "no length", reason: "has no body", sends: "Host: x\r\n\r\n", unread: true},
		{name: "other content type", reason: "is read", sends: "Content-Type: text/html\r\n" + sized(acmeBody), named: true},
		{name: "broken JSON", reason: "names nothing", sends: sized(acmeBody[:20]), unread: true},
		{name: "garbage after the JSON", reason: "is read to its end", sends: sized(acmeBody + "}x"), named: true, unread: true},
		{name: "garbage after the body", reason: "is another request", sends: sized(acmeBody) + "\x00\xff\r\n\r\n", named: true},
		{name: "id of another type", reason: "leaves the payload", sends: sized(`{"microvmId":5,"runHookPayload":"acme"}`), unread: true},
		{name: "Expect", reason: "is told to go on", sends: "Expect: 100-continue\r\n" + sized(acmeBody), named: true},
		{
			name: "HTTP/1.0", reason: "is read", line: "POST " + HookPath + "HOOK HTTP/1.0", sends: sized(acmeBody), named: true,
		},
		{
			name: "absolute form", reason: "is the same hook", line: "POST http://10.0.0.1:9000" + HookPath + "HOOK HTTP/1.1",
			sends: sized(acmeBody), named: true,
		},
		{name: "query", reason: "changes nothing", line: "POST " + HookPath + "HOOK?a=b HTTP/1.1", sends: sized(acmeBody), named: true},
		{name: "line feeds alone", reason: "are line breaks", sends: strings.ReplaceAll(sized(acmeBody), "\r\n", "\n"), named: true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, nil, nil)
			for i, hook := range []string{"run", "suspend", "resume", "terminate"} {
				conn, err := net.Dial("tcp", s.Listener.Addr().String())
				require.NoError(t, err)
				defer conn.Close()
				line := strings.ReplaceAll(tc.line, "HOOK", hook)
				if line == "" {
					line = "POST " + HookPath + hook + " HTTP/1.1"
				}
				begin := time.Now()
				go io.WriteString(conn, line+"\r\n"+tc.sends)
				response, err := http.ReadResponse(bufio.NewReader(skipContinue(conn)), nil)
				require.NoError(t, err, tc.reason)
				response.Body.Close()
				require.Equal(t, 200, response.StatusCode, "%s %s", hook, tc.reason)
				require.Less(t, time.Since(begin), time.Second+slack)
				if !tc.open {
					require.Less(t, time.Since(begin), bodyPatience+slack/2)
				}
				require.GreaterOrEqual(t, len(s.lines()), []int{0, 2, 2, 4}[i])
				s.clock.passes(time.Second, time.Hour)
			}
			lines := s.lines()
			launch := lines[0]
			require.Equal(t, int64(1), launch.Amounts[usage.Launches])
			require.Equal(t, tc.unread, len(notesOf(launch, emf.NoteRunUnreadable)) > 0, launch.Notes)
			if tc.named {
				require.Equal(t, "mvm-1 acme", launch.MicroVMID+" "+launch.Tenant)
			}
			require.Equal(t, emf.Terminate, lines[len(lines)-1].Event)
		})
	}
}

// skipContinue reads past an answer that only says to go on.
func skipContinue(conn net.Conn) io.Reader {
	reader := bufio.NewReader(conn)
	const goOn = "HTTP/1.1 100 Continue\r\n\r\n"
	if start, err := reader.Peek(len(goOn)); err == nil && string(start) == goOn {
		_, _ = reader.Discard(len(goOn))
	}
	return reader
}

// TestHTTP2: a client that speaks HTTP/2 without being asked is answered in it.
func TestHTTP2(t *testing.T) {
	protocols := &http.Protocols{}
	protocols.SetUnencryptedHTTP2(true)
	client := http.Client{Transport: &http.Transport{Protocols: protocols}}
	defer client.CloseIdleConnections()
	for i, body := range []string{acmeBody, strings.Repeat("x", 10<<20)} {
		s := serve(t, nil, nil)
		for _, hook := range []string{"run", "suspend", "resume", "terminate"} {
			response, err := client.Post(s.URL+HookPath+hook, "application/json", strings.NewReader(body))
			require.NoError(t, err)
			response.Body.Close()
			require.Equal(t, "HTTP/2.0 200", fmt.Sprint(response.Proto, " ", response.StatusCode))
			s.clock.passes(time.Second, time.Hour)
		}
		lines := s.lines()
		var launches int64
		for _, l := range lines {
			launches += l.Amounts[usage.Launches]
		}
		require.Equal(t, int64(1), launches)
		require.Equal(t, i == 0, lines[0].MicroVMID+" "+lines[0].Tenant == "mvm-1 acme")
	}
}

// TestChainTakesAll: an application gets bodies that the meter does not keep, and may take longer to answer than a body
// to come.
func TestChainTakesAll(t *testing.T) {
	app := newApplication(t)
	s := serve(t, nil, app.chain(t, time.Minute))
	app.answers = func(http.ResponseWriter, *http.Request) { time.Sleep(bodyPatience * 3 / 2) }
	body := strings.Repeat("x", 10<<20)
	s.clock.passes(time.Minute, 72*time.Hour)
	require.Equal(t, 200, s.hook("run", body))
	require.Equal(t, "POST "+HookPath+"run "+body+" ", app.asked[0])
	require.Contains(t, s.lines()[0].Notes, emf.NoteRunUnreadable)

	// A body that does not come whole is metered, and the application is not asked for half of it.
	conn, err := net.Dial("tcp", s.Listener.Addr().String())
	require.NoError(t, err)
	defer conn.Close()
	_, err = io.WriteString(conn, "POST "+HookPath+"suspend HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{")
	require.NoError(t, err)
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(t, err)
	response.Body.Close()
	require.Equal(t, 400, response.StatusCode)
	require.Len(t, app.asked, 1)
	require.Equal(t, int64(1), s.lines()[1].Amounts[usage.Suspends])
}

// TestManyAtOnce: an application that does not answer holds up its share of hooks, and the others are metered all the
// same.
func TestManyAtOnce(t *testing.T) {
	app := newApplication(t)
	s := serve(t, nil, app.chain(t, time.Minute))
	release := make(chan struct{})
	app.answers = func(http.ResponseWriter, *http.Request) { <-release }
	statuses := make(chan int, maxAnswering)
	for range maxAnswering {
		go func() { statuses <- s.hook("ready", "") }()
	}
	require.Eventually(t, func() bool { return s.hooks.answers.Load() == maxAnswering }, 10*time.Second, time.Millisecond)
	s.clock.passes(time.Minute, 72*time.Hour)
	require.Equal(t, 503, s.hook("run", acmeBody))
	require.Equal(t, "acme", s.lines()[0].Tenant)
	close(release)
	for range maxAnswering {
		require.Equal(t, 200, <-statuses)
	}
}
