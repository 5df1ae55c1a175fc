package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// measureFor is how long the meters run: long enough for a line, and for their use of the CPU to show.
const measureFor = 65 * time.Second

// meterFigures runs the meter, as part of the whole program and as one of its own, inside what the bench pretends is a
// MicroVM with a budget that an agent asks for once a second, and prints what they take of it.
func meterFigures(show func(figure)) error {
	if runtime.GOOS != "linux" {
		show(figure{"meter", "–", "under 15 MB alone, 0.1 % of a core", "measured on Linux only"})
		return nil
	}
	folder, err := os.MkdirTemp("", "bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	small := filepath.Join(folder, "microspend-meter")
	build := exec.Command("go", "build", "-ldflags=-s", "-o", small, "./cmd/microspend-meter")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if text, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("building the meter: %w\n%s", err, text)
	}
	meters := []*runningMeter{
		{name: "microspend meter", command: []string{"./microspend", "meter"}, file: "./microspend", promised: "under 40 MB"},
		{name: "microspend-meter", command: []string{small}, file: small, promised: "under 15 MB"},
	}
	for _, m := range meters {
		if err := m.start(filepath.Join(folder, m.name+".lines")); err != nil {
			return err
		}
		defer m.cmd.Process.Kill()
	}
	for _, m := range meters {
		if err := m.callHooks(); err != nil {
			return err
		}
	}
	before := make([]time.Duration, len(meters))
	begin := time.Now()
	for i, m := range meters {
		if before[i], err = m.cpu(); err != nil {
			return err
		}
	}
	for time.Since(begin) < measureFor {
		for _, m := range meters {
			if err := m.askBudget(); err != nil {
				return err
			}
		}
		time.Sleep(time.Second)
	}
	for i, m := range meters {
		after, err := m.cpu()
		if err != nil {
			return err
		}
		if err := m.show(show, after-before[i], time.Since(begin)); err != nil {
			return err
		}
	}
	return nil
}

type runningMeter struct {
	name     string
	promised string // memory, most of which are pages of the program that processes share
	command  []string
	cmd      *exec.Cmd
	file     string // the program
	url      string
	budget   string // the URL of what is left to spend
	lines    string // the file that it writes to
	hooks    []time.Duration
	answers  []time.Duration // of the budget
}

func (m *runningMeter) start(lines string) error {
	port, err := freePort()
	if err != nil {
		return err
	}
	budgetPort, err := freePort()
	if err != nil {
		return err
	}
	m.url = "http://127.0.0.1:" + port + "/aws/lambda-microvms/runtime/v1/"
	m.budget = "http://127.0.0.1:" + budgetPort + "/v1/budget"
	m.lines = lines
	file, err := os.Create(lines)
	if err != nil {
		return err
	}
	defer file.Close()
	m.cmd = exec.Command(m.command[0], append(m.command[1:], "--address", "127.0.0.1", "--port", port, "--memory",
		"2GB", "--region", "us-east-1", "--budget", "2.00", "--budget-address", "127.0.0.1:"+budgetPort,
		"--at", "75%=exec:true", "--at", "100%=exec:true", "--at", "30m=exec:true")...)
	m.cmd.Stdout = file
	if err := m.cmd.Start(); err != nil {
		return err
	}
	for range 500 {
		if conn, err := net.Dial("tcp", "127.0.0.1:"+port); err == nil {
			return conn.Close()
		}
		time.Sleep(10 * time.Millisecond)
	}
	return fmt.Errorf("%s does not listen", m.name)
}

func freePort() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer listener.Close()
	return strconv.Itoa(listener.Addr().(*net.TCPAddr).Port), nil
}

// askBudget asks what is left, on a connection of its own as most programs do.
func (m *runningMeter) askBudget() error {
	begin := time.Now()
	response, err := http.Get(m.budget)
	if err != nil {
		return err
	}
	text, err := io.ReadAll(response.Body)
	if err = errors.Join(err, response.Body.Close()); err != nil {
		return err
	}
	m.answers = append(m.answers, time.Since(begin))
	if !bytes.Contains(text, []byte(`"budget":"2"`)) {
		return fmt.Errorf("%s answers %s to a question for its budget: %.200s", m.name, response.Status, text)
	}
	return nil
}

// callHooks times a life's hooks, and leaves the meter running.
func (m *runningMeter) callHooks() error {
	hooks := []string{"ready", "validate", "run"}
	for range 50 {
		hooks = append(hooks, "suspend", "resume")
	}
	for _, hook := range hooks {
		begin := time.Now()
		response, err := http.Post(m.url+hook, "application/json",
			strings.NewReader(`{"microvmId":"bench","runHookPayload":"acme"}`))
		if err != nil {
			return err
		}
		_, err = io.Copy(io.Discard, response.Body)
		if err = errors.Join(err, response.Body.Close()); err != nil {
			return err
		}
		if response.StatusCode != http.StatusOK {
			return fmt.Errorf("%s answers %s to %s", m.name, response.Status, hook)
		}
		m.hooks = append(m.hooks, time.Since(begin))
	}
	slices.Sort(m.hooks)
	return nil
}

// cpu is the time that all of the process's threads have run.
func (m *runningMeter) cpu() (time.Duration, error) {
	total, err := cpuOf(strconv.Itoa(m.cmd.Process.Pid))
	if err != nil {
		err = fmt.Errorf("%s: %w", m.name, err)
	}
	return total, err
}

// cpuOf is how long the threads of a process have run.
func cpuOf(pid string) (total time.Duration, err error) {
	threads, err := filepath.Glob("/proc/" + pid + "/task/*/schedstat")
	if err != nil || len(threads) == 0 {
		return 0, fmt.Errorf("the process has ended, or /proc has no schedstat: %w", err)
	}
	for _, thread := range threads {
		text, err := os.ReadFile(thread)
		if err != nil {
			return 0, err
		}
		first, _, _ := bytes.Cut(text, []byte{' '})
		ran, err := strconv.ParseInt(string(first), 10, 64)
		if err != nil {
			return 0, err
		}
		total += time.Duration(ran)
	}
	return total, nil
}

func (m *runningMeter) show(show func(figure), cpu, passed time.Duration) error {
	sizes, err := procStatus(strconv.Itoa(m.cmd.Process.Pid))
	if err != nil {
		return err
	}
	of := func(field string) float64 { return float64(sizes[field]) / 1e6 }
	lines, err := os.ReadFile(m.lines)
	if err != nil {
		return err
	}
	if !bytes.Contains(lines, []byte(`"Event":"interval"`)) {
		return fmt.Errorf("%s printed no line in %s", m.name, passed)
	}
	show(figure{
		m.name + ", memory in use", fmt.Sprintf("%.1f MB", of("VmRSS")), m.promised,
		fmt.Sprintf("%.1f MB of it its own, the rest the program's file; %.1f MB at most, while starting", of("RssAnon"),
			of("VmHWM")),
	})
	program, err := os.Stat(m.file)
	if err != nil {
		return err
	}
	show(figure{m.name + ", the program's file", fmt.Sprintf("%.1f MB", float64(program.Size())/1e6), "–", ""})
	show(figure{
		m.name + ", of a core", fmt.Sprintf("%.3f %%", 100*cpu.Seconds()/passed.Seconds()), "under 0.1 %",
		fmt.Sprintf("over %s, with a budget that is asked for once a second", passed.Round(time.Second)),
	})
	slices.Sort(m.answers)
	show(figure{
		m.name + ", the budget", m.answers[len(m.answers)/2].Round(10 * time.Microsecond).String(), "at once",
		fmt.Sprintf("%s the slowest of %d", m.answers[len(m.answers)-1].Round(10*time.Microsecond), len(m.answers)),
	})
	show(figure{
		m.name + ", a hook", m.hooks[len(m.hooks)/2].Round(10 * time.Microsecond).String(), "at once",
		fmt.Sprintf("%s the slowest of %d", m.hooks[len(m.hooks)-1].Round(10*time.Microsecond), len(m.hooks)),
	})
	return nil
}
