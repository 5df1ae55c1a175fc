//go:build unix

package main

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"microspend/collector/meter"
	"microspend/internal/emf"
	"microspend/usage"
)

// hookedMicroVM is the attacker's MicroVM: the real meter as a process, whose clocks the test moves and whose hooks
// whoever runs in it can call.
type hookedMicroVM struct {
	w       *hostileWorld
	command *exec.Cmd
	folder  string
	address string
	mono    time.Duration
	start   time.Time
	asleep  time.Duration
	out     bytes.Buffer
	errs    bytes.Buffer
}

// launched is one that the service has launched: a run hook names it and its tenant, with the control plane's proof.
func (w *hostileWorld) launched() *hookedMicroVM {
	m := &hookedMicroVM{w: w, folder: w.t.TempDir(), start: scriptDay.Add(-3 * time.Hour)}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(w.t, err)
	m.address = listener.Addr().String()
	_, port, _ := net.SplitHostPort(m.address)
	require.NoError(w.t, listener.Close())
	program, err := os.Executable()
	require.NoError(w.t, err)
	m.passes(0)
	m.command = exec.Command(program, "--port", port, "--address", "127.0.0.1", "--memory", "2GB", "--image-size", "3GB",
		"--image", "sandbox", "--metrics", "none")
	m.command.Env = append(os.Environ(), hostileMeter+"="+m.folder, "MICROSPEND_METER_ARCH=arm64") // wherever this runs
	m.command.Stdout, m.command.Stderr = &m.out, &m.errs
	require.NoError(w.t, m.command.Start())
	w.t.Cleanup(func() { _ = m.command.Process.Kill() })
	require.Eventually(w.t, func() bool {
		conn, err := net.Dial("tcp", m.address)
		if err == nil {
			conn.Close()
		}
		return err == nil
	}, 20*time.Second, 5*time.Millisecond)
	require.Equal(w.t, http.StatusOK, m.run("mvm-evil", "mallory"))
	m.runs(time.Minute)
	return m
}

// passes lets the MicroVM run for a time, between looks of the meter.
func (m *hookedMicroVM) passes(d time.Duration) {
	m.mono += d
	path := filepath.Join(m.folder, "clock")
	text := fmt.Sprintf("%d %d", m.mono, m.start.Add(m.mono+m.asleep).UnixNano())
	require.NoError(m.w.t, os.WriteFile(path+"~", []byte(text), 0o600))
	require.NoError(m.w.t, os.Rename(path+"~", path))
}

// runs lets it run for a time with looks of the meter: a hook that it has heard of makes one.
func (m *hookedMicroVM) runs(d time.Duration) {
	for d > 0 {
		step := min(d, 5*time.Second)
		d -= step
		m.passes(step)
		require.Equal(m.w.t, http.StatusOK, m.run("mvm-evil", "mallory"))
	}
}

// run calls the run hook.
func (m *hookedMicroVM) run(id, tenant string) int {
	return m.hook("run", fmt.Sprintf(`{"microvmId":%q,"runHookPayload":"{\"tenant\":\"%s\",\"proof\":\"%s\"}"}`, id, tenant,
		m.w.key.Proof(tenant)))
}

// hook calls a hook as the service does, and returns the status of the answer.
func (m *hookedMicroVM) hook(name, body string) int {
	return m.request("POST "+meter.HookPath+name+" HTTP/1.1\r\nHost: "+m.address, body)
}

// request sends the head of a request as it is written, and returns the status of the answer.
func (m *hookedMicroVM) request(head, body string) int {
	m.w.t.Helper()
	conn, err := net.Dial("tcp", m.address)
	require.NoError(m.w.t, err)
	defer conn.Close()
	require.NoError(m.w.t, conn.SetDeadline(time.Now().Add(20*time.Second)))
	_, err = fmt.Fprintf(conn, "%s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s", head, len(body), body)
	require.NoError(m.w.t, err)
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(m.w.t, err)
	response.Body.Close()
	return response.StatusCode
}

// ends stops the MicroVM, and puts what its meter printed into its log stream.
func (m *hookedMicroVM) ends() (lines []emf.Line) {
	m.w.t.Helper()
	require.NoError(m.w.t, m.command.Process.Signal(os.Interrupt))
	require.NoError(m.w.t, m.command.Wait())
	m.w.requireTame(m.errs.String())
	for text := range strings.Lines(m.out.String()) {
		text = strings.TrimSuffix(text, "\n")
		line, err := emf.Decode([]byte(text))
		require.NoError(m.w.t, err, text)
		require.Equal(m.w.t, "mvm-evil mallory", line.MicroVMID+" "+line.Tenant, "the first run hook holds")
		lines = append(lines, line)
		m.w.say(sharedGroup, "mvm-evil", line.End().Add(80*time.Millisecond), text)
	}
	return lines
}

// What ten minutes of the attacker's MicroVM cost: 600 vCPU-s 0.01749432 + 1,200 GB-s 0.00463236 + 3 GB read
// 0.0049209264, and where a suspend was invented 2 GB written 0.0081272844.
const (
	hookedBill    = "0.0270476064"
	suspendedBill = "0.0351748908"
)

// What whoever runs in a MicroVM does with its hooks. It has run for a minute, and whatever it does it has run for ten
// in the end, by the monotonic clock.
var hostileHooks = []struct {
	name, sentence string
	play           func(m *hookedMicroVM)
	note           string // that a line has of it
	bill           string
}{
	{
		"suspends and resumes in a loop", "What the monotonic clock advances is running time, whatever hooks come.",
		func(m *hookedMicroVM) {
			for range 147 { // 73.5 s
				require.Equal(m.w.t, http.StatusOK, m.hook("suspend", ""))
				m.passes(500 * time.Millisecond)
				require.Equal(m.w.t, http.StatusOK, m.hook("resume", ""))
			}
			m.runs(30 * time.Second)
		}, emf.NoteSuspendUndone, suspendedBill,
	},
	{
		"a suspend that does not come", "invented hooks add one snapshot write at most, to the bill of whoever invents them",
		func(m *hookedMicroVM) {
			require.Equal(m.w.t, http.StatusOK, m.hook("suspend", ""))
			m.runs(30 * time.Second)
		}, emf.NoteSuspendUndone, suspendedBill,
	},
	{
		"an end that does not come", "and so is a terminate hook (`terminate-undone`); nothing that passed meanwhile is lost.",
		func(m *hookedMicroVM) {
			require.Equal(m.w.t, http.StatusOK, m.hook("terminate", ""))
			m.runs(30 * time.Second)
		}, emf.NoteTerminateUndone, hookedBill,
	},
	{
		"another MicroVM, another tenant, more to spend",
		"Another one with another MicroVM, tenant, proof or budget gets 409, changes nothing, is not passed to the application " +
			"and leaves the note `run-refused`.",
		func(m *hookedMicroVM) {
			require.Equal(m.w.t, http.StatusConflict, m.run("mvm-acme", "mallory"))
			require.Equal(m.w.t, http.StatusConflict, m.run("mvm-evil", "acme"))
			require.Equal(m.w.t, http.StatusConflict, m.run("mvm-acme", "acme"))
			require.Equal(m.w.t, http.StatusConflict,
				m.hook("run", `{"microvmId":"mvm-evil","runHookPayload":"{\"tenant\":\"mallory\",\"budget\":\"9999\"}"}`))
			require.Equal(m.w.t, http.StatusConflict, m.hook("run", `{"microvmId":"mvm-evil","runHookPayload":"acme"}`))
			require.Equal(m.w.t, http.StatusConflict, m.hook("run", "\x1b[31m not JSON"))
			require.Equal(m.w.t, http.StatusOK, m.run("mvm-evil", "mallory"), "the service may call it again")
		}, emf.NoteRunRefused, hookedBill,
	},
	{
		"pages, other hosts, other paths", "Requests are refused whose path is not written plainly (`..`, `//`, escapes), that carry " +
			"`Origin` or `Sec-Fetch-Site`, or that name a host anybody could register",
		func(m *hookedMicroVM) {
			plain := "POST " + meter.HookPath + "terminate HTTP/1.1\r\nHost: " + m.address
			for head, status := range map[string]int{
				plain + "\r\nOrigin: http://evil.example":                                 http.StatusForbidden,
				plain + "\r\nOrigin: null":                                                http.StatusForbidden,
				plain + "\r\nSec-Fetch-Site: none":                                        http.StatusForbidden,
				strings.Replace(plain, m.address, "evil.example:9000", 1):                 http.StatusForbidden,
				strings.Replace(plain, "runtime/v1/", "runtime/v1/x/../", 1):              http.StatusNotFound,
				strings.Replace(plain, "runtime/v1/", "runtime/v1//", 1):                  http.StatusNotFound,
				strings.Replace(plain, "terminate", "terminat%65", 1):                     http.StatusNotFound,
				strings.Replace(plain, "runtime/v1/", "runtime%2Fv1/", 1):                 http.StatusNotFound,
				strings.Replace(plain, "terminate", "terminate/../../../../v1/budget", 1): http.StatusNotFound,
				strings.Replace(plain, "POST", "GET", 1):                                  http.StatusMethodNotAllowed,
			} {
				require.Equal(m.w.t, status, m.request(head, ""), head)
			}
		}, "", hookedBill,
	},
	{
		"connections that say nothing", "Of connections that send no whole request, 192 may be open; one more costs the oldest its place.",
		func(m *hookedMicroVM) {
			for range 400 {
				conn, err := net.Dial("tcp", m.address)
				require.NoError(m.w.t, err)
				defer conn.Close()
				_, _ = conn.Write([]byte("POST " + meter.HookPath))
			}
			require.Equal(m.w.t, http.StatusConflict, m.run("mvm-acme", "acme"), "it is answered all the same")
		}, emf.NoteRunRefused, hookedBill,
	},
}

// TestAHostileTenantOverHooks: what comes of each attack is exact, and the attacker's alone.
func TestAHostileTenantOverHooks(t *testing.T) {
	for _, trust := range hostileTrusts {
		for _, attack := range hostileHooks {
			t.Run(string(trust)+"/"+attack.name, func(t *testing.T) {
				requireSentence(t, attack.sentence)
				w := newHostileWorld(t, trust)
				m := w.launched()
				attack.play(m)
				w.requireHooked(m, attack.bill, attack.note)
			})
		}
	}
}

// TestHostileTenantsOverHooksTogether plays all of them on one MicroVM, which can invent one suspend and no more.
func TestHostileTenantsOverHooksTogether(t *testing.T) {
	for _, trust := range hostileTrusts {
		w := newHostileWorld(t, trust)
		m := w.launched()
		var notes []string
		for _, attack := range hostileHooks {
			attack.play(m)
			notes = append(notes, attack.note)
		}
		w.requireHooked(m, suspendedBill, notes...)
	}
}

// requireHooked lets a MicroVM run to its tenth minute, and checks what everybody is billed.
func (w *hostileWorld) requireHooked(m *hookedMicroVM, bill string, notes ...string) {
	w.t.Helper()
	m.runs(10*time.Minute - m.mono)
	var found []string
	var running int64
	for _, line := range m.ends() {
		found = append(found, line.Notes...)
		running += line.Amounts[usage.Running]
	}
	require.EqualValues(w.t, 600_000, running)
	for _, note := range notes {
		if note != "" {
			require.Contains(w.t, found, note)
		}
	}
	w.honest()
	got := w.collect()
	require.Equal(w.t, exitDone, got.code, got.out)
	all := w.requireBills(honestBills, "hooks")
	require.Equal(w.t, bill, all["mallory"].amount)
	w.requireAudited()
}
