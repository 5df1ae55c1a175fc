//go:build unix

package meter

import (
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"microspend/internal/emf"
	"microspend/usage"
)

// TestApplicationComesFirst: whatever the meter is told, and whatever it lacks, the application is started at once and
// lends its exit code; what is wrong is said, and the usage counts as unknown. The same without a command is exit code
// 2.
func TestApplicationComesFirst(t *testing.T) {
	t.Parallel()
	squatter, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { squatter.Close() })
	_, taken, _ := net.SplitHostPort(squatter.Addr().String())
	for _, tc := range []struct {
		name, reason string
		args         []string
		env          string
		says, note   string
	}{
		{
			"flag's value", "is left at its default",
			[]string{"--sample", "x"},
			"",
			`--sample: "x" is not a duration`, emf.NoteSettingsIgnored,
		},
		{"setting", "likewise", []string{"--memory", "3GB"}, "", "--memory: 3GB is not", emf.NoteSettingsIgnored},
		{
			"every setting", "all are said", []string{
				"--metrics=x", "--payload=x", "--payload-keys=x", "--namespace=", "--measure=x", "--jump=0s", "--chain=x",
				"--chain-timeout=0s", "--image-size=x", "--state-size=x", "--sample=0s",
			}, "", "--chain-timeout: 0s is not from", emf.NoteSettingsIgnored,
		},
		{"unknown flag", "is left out", []string{"--bogus"}, "", "unknown flag --bogus", emf.NoteSettingsIgnored},
		{
			"unknown flag with a value", "may have one",
			[]string{"--bogus", "1", "--tenant", "acme"},
			"",
			"unknown flag --bogus", emf.NoteSettingsIgnored,
		},
		{"short flag", "does not exist", []string{"-x"}, "", "unknown flag -x", emf.NoteSettingsIgnored},
		{
			"environment", "is left at its default", nil, "MICROSPEND_METER_PER_MICROVM=perhaps",
			"MICROSPEND_METER_PER_MICROVM:", emf.NoteSettingsIgnored,
		},
		{
			"taken port", "is tried again",
			[]string{"--port", taken},
			"", "address already in use",
			emf.NoteHooksUnserved,
		},
		{
			"address of another machine", "cannot be had",
			[]string{"--address", "192.0.2.1"},
			"",
			"listening for hooks", emf.NoteHooksUnserved,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			program, err := os.Executable()
			require.NoError(t, err)
			args := append([]string{"--address", "127.0.0.1", "--port", freePort(t), "--start", "now"}, tc.args...)
			command := func(more ...string) (cmd *exec.Cmd, out, errs *syncBuffer) {
				cmd = exec.Command(program, append(args, more...)...)
				cmd.Env = append(os.Environ(), asProcess+"="+t.TempDir(), tc.env)
				out, errs = &syncBuffer{}, &syncBuffer{}
				cmd.Stdout, cmd.Stderr = out, errs
				return cmd, out, errs
			}
			cmd, out, errs := command("--", "sh", "-c", "echo the application; exit 7")
			begin := time.Now()
			require.Equal(t, 7, exitOf(cmd.Run()), "%s: %s", tc.reason, errs)
			require.Less(t, time.Since(begin), listenPatience+stopPatience+slack)
			require.Contains(t, errs.String(), tc.says)
			require.Contains(t, out.String(), "the application\n")
			lines, kinds := decodeAll(t, []byte(strings.Replace(out.String(), "the application\n", "", 1)))
			require.Empty(t, kinds)
			require.Len(t, lines, 2)
			for _, l := range lines {
				require.Contains(t, l.Notes, tc.note)
				require.True(t, l.Faulty())
			}

			alone, out, errs := command()
			require.Equal(t, 2, exitOf(alone.Run()), errs)
			require.Empty(t, out.String())
			require.Contains(t, errs.String(), tc.says)
		})
	}
}

// TestPortIsLeft: while another has the port, a jump of the clock begins the metering; as soon as the port is left,
// hooks are served, and the lines are trusted again.
func TestPortIsLeft(t *testing.T) {
	t.Parallel()
	port := freePort(t)
	squatter, err := net.Listen("tcp", "127.0.0.1:"+port)
	require.NoError(t, err)
	defer squatter.Close()
	p := startProcessAt(t, port, 0, nil, nil, "--memory", "2GB", "--tenant", "acme", "--", "sleep", "60")
	require.Eventually(t, func() bool { return strings.Contains(p.errs.String(), "trying again") }, 10*time.Second,
		10*time.Millisecond)
	time.Sleep(1100 * time.Millisecond) // a look at the clocks before the snapshot
	p.jump(72 * time.Hour)
	require.Eventually(t, func() bool { return strings.Contains(p.out.String(), `"Event":"launch"`) }, 10*time.Second,
		10*time.Millisecond)
	p.jump(31 * time.Minute) // too early after the launch for a suspend: the clock was set
	squatter.Close()
	require.Eventually(t, func() bool {
		return strings.Contains(p.errs.String(), "serving the lifecycle hooks on port "+port+" from now on")
	}, 10*time.Second, 10*time.Millisecond)
	p.hook("suspend", "")
	p.jump(5 * time.Minute)
	p.hook("resume", "")
	time.Sleep(1100 * time.Millisecond)
	p.hook("terminate", "")
	require.NoError(t, p.Process.Signal(syscall.SIGTERM))
	require.Equal(t, 128+15, exitOf(p.Wait()))
	lines := p.lines()
	require.Contains(t, lines[0].Notes, emf.NoteHooksUnserved)
	require.Contains(t, lines[0].Notes, emf.NoteLaunchUnseen)
	last := lines[len(lines)-1]
	require.Equal(t, emf.Terminate, last.Event)
	require.False(t, last.Faulty(), last.Notes)
	var suspended int64
	for _, l := range lines {
		require.Equal(t, "acme", l.Tenant)
		suspended += l.Amounts[usage.Suspended]
		if l.Event == emf.Suspend {
			require.Contains(t, l.Notes, emf.NoteHooksUnserved, "it began while there were no hooks")
		}
	}
	require.InDelta(t, 300_000, suspended, 3000)
}
