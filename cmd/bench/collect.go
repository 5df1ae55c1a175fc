package main

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awscloudwatch "github.com/aws/aws-sdk-go-v2/service/cloudwatch"

	"microspend/collector"
	"microspend/collector/cloudwatch"
	"microspend/collector/mapping"
	"microspend/internal/fakecloudwatch"
	"microspend/pricing"
)

// The fleet that is collected: 10,000 MicroVMs × 5 metrics × 24 h of 5-minute points are 14.4 million.
const (
	collectMicroVMs = 10_000
	collectPeriods  = 288
	collectParallel = 4
)

// sdkAloneCommand makes this program the SDK's client and nothing else: its argument is the server's URL.
const sdkAloneCommand = "sdk-alone"

// collectFigures collects the fleet from a server in this process by the real program, and lets the SDK alone decode the
// same replies in a process of its own.
func collectFigures(show func(figure)) error {
	fleet := fakecloudwatch.Fleet{Namespace: mapping.MeterNamespace, MicroVMs: collectMicroVMs, Tenants: 200}
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

	self, config, err := readyToCollect(folder)
	if err != nil {
		return err
	}
	const runs = 3 // of which the fastest counts, as machines are shared
	alone, err := fastest(runs, nil, self, sdkAloneCommand, server.URL)
	if err != nil {
		return err
	}
	from, to := collectWindow()
	dir := filepath.Join(folder, "ledger")
	collect := []string{
		"collect", "--endpoint-url", server.URL, "--config", config, "--per-microvm", "--parallel", fmt.Sprint(collectParallel), "--ledger", dir,
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
	points := float64(fleet.Points(collectPeriods)) / 1e6
	rate := func(t took) float64 { return points / t.wall.Seconds() }
	show(figure{
		"collect 14.4 M points, whole process", fmt.Sprintf("%.1f M points/s", rate(all)), "half the rate of the SDK alone, or more",
		fmt.Sprintf("%.2f of the SDK alone, %.1f M points/s", rate(all)/rate(alone), rate(alone)),
	})
	show(figure{"  CPU", seconds(all.cpu), "twice that of the SDK alone, or less", fmt.Sprintf("%.2f × the SDK alone, %s", ratio(all.cpu, alone.cpu), seconds(alone.cpu))})
	show(figure{"  memory", megabytes(max(all.memory, again.memory)), "under 300 MB", megabytes(alone.memory) + " for the SDK alone"})
	show(figure{"the same again, which changes nothing", seconds(again.wall), "", fmt.Sprintf("%.2f × the first time", ratio(again.wall, all.wall))})
	return nil
}

// readyToCollect gives what a measurement of collecting takes: this program, which is also what reads by the SDK alone, and a
// configuration; and credentials to all programs it starts.
func readyToCollect(folder string) (self, config string, err error) {
	if err := fakeCredentials(); err != nil {
		return "", "", err
	}
	if self, err = os.Executable(); err != nil {
		return "", "", err
	}
	config, err = unhurried(folder)
	return self, config, err
}

// unhurried makes a configuration without a limit of calls: how many AWS may be asked a second says nothing of the program.
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

// sdkAlone asks for everything that collect asks for, and lets go of the decoded replies.
func sdkAlone(url string) error {
	ctx := context.Background()
	client := awscloudwatch.New(awscloudwatch.Options{
		Region: "eu-west-1", BaseEndpoint: &url,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKID", SecretAccessKey: "secret"}, nil
		}),
	})
	prices, err := pricing.EmbeddedMeasuringPrices()
	if err != nil {
		return err
	}
	of := mapping.Default()
	of.Dimensions.MicroVM = "MicrovmId"
	var (
		mu     sync.Mutex
		asked  []*awscloudwatch.GetMetricDataInput
		faults []error
	)
	requests := cloudwatch.NewMetrics(cloudwatch.MetricsOptions{
		Mappings: []mapping.Mapping{of}, Prices: prices,
		Client: func(context.Context, collector.Target) (cloudwatch.MetricsAPI, error) { return client, nil },
	})
	from, to := collectWindow()
	plan, err := requests.Plan(ctx, collector.Target{Region: "eu-west-1"}, collector.Window{From: from, To: to, Period: 5 * time.Minute})
	if err != nil {
		return err
	}
	for _, batch := range plan.Batches {
		in, err := requests.Request(batch)
		if err != nil {
			return err
		}
		asked = append(asked, in)
	}
	var wait sync.WaitGroup
	for range collectParallel {
		wait.Go(func() {
			for {
				mu.Lock()
				if len(asked) == 0 || len(faults) > 0 {
					mu.Unlock()
					return
				}
				in := asked[0]
				asked = asked[1:]
				mu.Unlock()
				out, err := client.GetMetricData(ctx, in)
				if err == nil && len(out.MetricDataResults) != len(in.MetricDataQueries) {
					err = errors.New("a reply lacks series")
				}
				if err != nil {
					mu.Lock()
					faults = append(faults, err)
					mu.Unlock()
				}
			}
		})
	}
	wait.Wait()
	return errors.Join(faults...)
}
