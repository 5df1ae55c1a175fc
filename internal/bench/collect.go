package main

import (
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"time"

	"microspend/collector/mapping"
	"microspend/internal/emf"
	"microspend/internal/fakecloudwatch"
)

// The fleet that is collected: 10,000 MicroVMs × 5 metrics × 24 h of 5-minute points are 14.4 million.
const (
	collectMicroVMs = 10_000
	collectPeriods  = 288
	collectParallel = 4
)

// awsPoints is how many datapoints GetMetricData answers a second at most, for an account and region (CloudWatch
// service quotas, read 2026). There is no use in being much faster.
const awsPoints = 180_000

// collectFigures collects the fleet from a server in this process by the real program.
func collectFigures(show func(figure)) error {
	fleet := fakecloudwatch.Fleet{Namespace: emf.DefaultNamespace, MicroVMs: collectMicroVMs, Tenants: 200}
	for _, q := range mapping.Default().Metrics {
		fleet.Metrics = append(fleet.Metrics, q.Name)
	}
	server := httptest.NewServer(fleet)
	defer server.Close()
	folder, err := os.MkdirTemp("", "microspend-bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)

	config, err := readyToCollect(folder)
	if err != nil {
		return err
	}
	const runs = 3 // of which the fastest counts, as machines are shared
	from, to := collectWindow()
	dir := filepath.Join(folder, "ledger")
	collect := []string{
		"collect", "--endpoint-url", server.URL, "--config", config, "--per-microvm", "--parallel",
		fmt.Sprint(collectParallel), "--ledger", dir,
		"--since", from.Format(time.RFC3339), "--until", to.Format(time.RFC3339),
	}
	all, err := fastest(runs, func() error { return os.RemoveAll(dir) }, "./microspend", collect...)
	if err != nil {
		return err
	}
	again, err := fastest(1, nil, "./microspend", collect...)
	if err != nil {
		return err
	}
	rate := float64(fleet.Points(collectPeriods)) / all.wall.Seconds()
	show(figure{
		"collect 14.4 M points, whole process", fmt.Sprintf("%.1f M points/s", rate/1e6), "5 times what AWS answers, or more",
		fmt.Sprintf("%.0f times AWS's %.2f M points/s", rate/awsPoints, awsPoints/1e6),
	})
	show(figure{"  CPU", seconds(all.cpu), "", ""})
	show(figure{"  memory", megabytes(max(all.memory, again.memory)), "under 300 MB", ""})
	show(figure{
		"the same again, which changes nothing", seconds(again.wall), "",
		fmt.Sprintf("%.2f × the first time", ratio(again.wall, all.wall)),
	})
	return nil
}

// readyToCollect gives credentials to all programs that this one starts, and returns a configuration for them.
func readyToCollect(folder string) (config string, err error) {
	if err := fakeCredentials(); err != nil {
		return "", err
	}
	return unhurried(folder)
}

// unhurried makes a configuration without a limit of calls: how many AWS may be asked a second says nothing of the
// program.
func unhurried(folder string) (path string, err error) {
	path = filepath.Join(folder, "microspend.yaml")
	return path, os.WriteFile(path, []byte("collect:\n  calls: {per_second: 10000, burst: 10000}\n"), 0o600)
}

// fakeCredentials gives the programs that are measured credentials that a fake takes, whatever the machine has.
func fakeCredentials() error {
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_ACCOUNT_ID": fakecloudwatch.DefaultAccount,
		"AWS_REGION": "eu-west-1", "AWS_CONFIG_FILE": "none", "AWS_SHARED_CREDENTIALS_FILE": "none",
	} {
		if err := os.Setenv(name, value); err != nil {
			return err
		}
	}
	return nil
}

// collectWindow is a whole number of periods that ended a while ago, from noon to noon: on two days, as most are.
func collectWindow() (from, to time.Time) {
	to = time.Now().UTC().Truncate(24 * time.Hour).Add(-12 * time.Hour)
	return to.Add(-collectPeriods * 5 * time.Minute), to
}
