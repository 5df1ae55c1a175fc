package scenarios

import (
	"errors"
	"io"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"microspend/pricing"
)

// filesOf opens files that are given by their path, and counts how often.
func filesOf(files map[string]string, opened *atomic.Int64) Opener {
	return func(path string) (io.ReadCloser, error) {
		opened.Add(1)
		text, ok := files[path]
		if !ok {
			return nil, errors.New("no such file")
		}
		return io.NopCloser(strings.NewReader(text)), nil
	}
}

func loadTraced(t testing.TB, file, workload string, files map[string]string) (*Scenario, *atomic.Int64, error) {
	t.Helper()
	var opened atomic.Int64
	text := "region: us-east-1\nmicrovm: {memory: 2GB}\nstate: {size: 1GB}\nimage: {size: 2GB, count: 0}\nworkload: " +
		workload + "\n"
	s, err := LoadWithFiles(file, strings.NewReader(text), filesOf(files, &opened))
	return s, &opened, err
}

// A trace of two gaps, worked out by hand: 100 s and 1,000 s with a timeout of 60 s run for 2 × 60 s and are suspended
// for 40 + 940 s; after the last request the MicroVM runs for another 60 s and is suspended for the 28,800 − 1,100 −
// 60 s that are left of its life, written and never read.
func TestTraceByHand(t *testing.T) {
	files := map[string]string{"folder/gaps.csv": "gap_seconds\n100\n1000\n"}
	s, _, err := loadTraced(t, "folder/w.yaml", "{trace: gaps.csv, idle_timeout: 60s, trace_period: 15d}", files)
	require.NoError(t, err)
	w := s.Workload
	require.Equal(t, "360", w.Running.String(), "twice in a month of 30 days")
	require.Equal(t, "57240", w.Suspended.String(), "2 × (980 + 27,640)")
	require.Equal(t, []string{"2", "4", "2"}, []string{w.Launches.String(), w.Cycles.String(), w.Unresumed.String()})
	e, err := market(t).Estimate(s)
	require.NoError(t, err)
	require.Equal(t, "0.0227862828", e.Bill.Sum(pricing.WriteSuspend).String(), "6 suspends of 1 GB")
	require.Equal(t, "0.0061870796", e.Bill.Sum(pricing.ReadResume).String(), "4 resumes")
	require.Equal(t, "0.0061870796", e.Bill.Sum(pricing.ReadLaunch).String(), "2 launches of 2 GB")
	require.Equal(t, "0.01261000800", e.Bill.Sum(pricing.Compute).StringFixed(11),
		"360 s × (0.0000276944 + 2 × 0.0000036667)")
	require.Empty(t, e.Warnings, "lives are played, so none is too long")
	require.Equal(t, "1", s.Users.String())
	require.Contains(t, s.Basis()[0], "3 suspends and 2 resumes in the trace's 1,296,000 s, times 2 for a month")
}

// Every kind of trace is told by its header; tenants are the users, and paths are of the scenario's folder or absolute.
func TestTraceKinds(t *testing.T) {
	files := map[string]string{
		"requests.csv":  "time,tenant\n0,a\n500,a\n40,b\n90,b\n600,\n",
		"/abs/gaps.csv": "gap_seconds\n5\n",
		"azure.csv":     "HashOwner,HashApp,HashFunction,Trigger,1,2,3\no,a,f,http,1,0,1\n",
	}
	for name, users := range map[string]string{"requests.csv": "3", "/abs/gaps.csv": "1", "azure.csv": "1"} {
		s, _, err := loadTraced(t, "w.yaml", "{trace: "+name+"}", files)
		require.NoError(t, err, name)
		require.Equal(t, users, s.Users.String(), name)
		require.True(t, s.Workload.Running.IsPositive(), name)
	}
	s, _, err := loadTraced(t, "w.yaml", "{trace: requests.csv, users: 7}", files)
	require.NoError(t, err)
	require.Equal(t, "7", s.Users.String(), "as given")
}

// What is wrong with a trace is said at the line that names it, with the trace's own lines.
func TestTraceFaults(t *testing.T) {
	for _, tc := range []struct{ name, reason, workload, trace, want string }{
		{"missing", "the file is not there", "{trace: none.csv}", "", "w.yaml:5:19: workload.trace: no such file"},
		{
			"bad rows", "all of them", "{trace: t.csv}", "gap_seconds\nx\n-1\n",
			"w.yaml:5:19: workload.trace: t.csv:2: gap_seconds: \"x\" is not a plain number of seconds such as 90 or 12.5; " +
				"t.csv:3: gap_seconds: \"-1\" is below zero",
		},
		{
			"no time", "nothing to scale by", "{trace: t.csv}", "gap_seconds\n0\n",
			"workload.trace: covers no time; give workload.trace_period",
		},
		{
			"no period", "likewise", "{trace: t.csv, trace_period: 0}", "gap_seconds\n9\n",
			"workload.trace_period: is no time; give more",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, _, err := loadTraced(t, "w.yaml", tc.workload, map[string]string{"t.csv": tc.trace})
			require.ErrorContains(t, err, tc.want, tc.reason)
		})
	}
	_, err := Load("w.yaml", []byte("region: us-east-1\nmicrovm: {memory: 2GB}\nworkload: {trace: t.csv}\n"))
	require.EqualError(t, err, "w.yaml:3:19: workload.trace: cannot be read here",
		"nothing is opened unless the caller can")
}

// A sweep over the idle timeout reads the trace once, and each point is what the file with that value would cost.
func TestSweepIdleTimeout(t *testing.T) {
	files := map[string]string{"t.csv": "gap_seconds\n100\n1000\n4000\n"}
	s, opened, err := loadTraced(t, "w.yaml", "{trace: t.csv, trace_period: 30d}", files)
	require.NoError(t, err)
	axis, err := ParseAxis("workload.idle_timeout=60s..1800s/60s")
	require.NoError(t, err)
	sweep, err := market(t).Sweep(s, axis)
	require.NoError(t, err)
	require.Len(t, sweep.Points, 30)
	require.EqualValues(t, 1, opened.Load())
	for _, i := range []int{0, 7, 29} {
		one, _, err := loadTraced(t, "w.yaml", "{trace: t.csv, trace_period: 30d, idle_timeout: "+sweep.Points[i].Values[0]+
			"}", files)
		require.NoError(t, err)
		e, err := market(t).Estimate(one)
		require.NoError(t, err)
		require.Equal(t, e.Bill.Total().String(), sweep.Points[i].Total.String())
	}
}
