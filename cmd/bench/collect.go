package main

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awscloudwatch "github.com/aws/aws-sdk-go-v2/service/cloudwatch"

	"microspend/collector"
	"microspend/collector/cloudwatch"
	"microspend/collector/cloudwatch/fake"
	"microspend/collector/mapping"
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

// cost is what a process took.
type cost struct {
	wall, cpu time.Duration
	megabytes float64 // at most in memory
}

// collectFigures collects the fleet from a server in this process by the real program, and lets the SDK alone decode the
// same replies in a process of its own.
func collectFigures(show func(figure)) error {
	fleet := fake.Fleet{Namespace: mapping.MeterNamespace, MicroVMs: collectMicroVMs, Tenants: 200}
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

	from, to := collectWindow()
	self, err := os.Executable()
	if err != nil {
		return err
	}
	var alone, whole, again []cost
	const rounds = 3 // of which the best counts, as machines are shared
	for round := range rounds {
		took, err := processCost(exec.Command(self, sdkAloneCommand, server.URL))
		if err != nil {
			return err
		}
		alone = append(alone, took)
		collect := []string{
			"collect", "--endpoint-url", server.URL, "--per-microvm", "--parallel", fmt.Sprint(collectParallel),
			"--ledger", filepath.Join(folder, fmt.Sprint(round)), "--since", from.Format(time.RFC3339), "--until", to.Format(time.RFC3339),
		}
		if took, err = processCost(exec.Command("./microspend", collect...)); err != nil {
			return err
		}
		whole = append(whole, took)
		if round == 0 {
			if took, err = processCost(exec.Command("./microspend", collect...)); err != nil {
				return err
			}
			again = append(again, took)
		}
		if err := os.RemoveAll(filepath.Join(folder, fmt.Sprint(round))); err != nil {
			return err
		}
	}
	points := float64(fleet.Points(collectPeriods))
	rate := func(c cost) float64 { return points / c.wall.Seconds() / 1e6 }
	best := func(costs []cost) cost {
		return slices.MinFunc(costs, func(a, b cost) int { return int(a.wall - b.wall) })
	}
	sdk, all := best(alone), best(whole)
	show(figure{
		"collect 14.4 M points, whole process", fmt.Sprintf("%.1f M points/s", rate(all)), "half of the SDK alone, or more",
		fmt.Sprintf("%.2f of the SDK alone, %.1f M points/s", rate(all)/rate(sdk), rate(sdk)),
	})
	show(figure{
		"CPU of it", all.cpu.Round(10 * time.Millisecond).String(), "twice that of the SDK alone, or less",
		fmt.Sprintf("%.2f × the SDK alone, %s", ratio(all.cpu, sdk.cpu), sdk.cpu.Round(10*time.Millisecond)),
	})
	show(figure{"the same again, from the ledger's point of view", best(again).wall.Round(10 * time.Millisecond).String(), "", ""})
	most := slices.MaxFunc(append(whole, again...), func(a, b cost) int { return int(a.megabytes - b.megabytes) })
	show(figure{"memory of it", fmt.Sprintf("%.0f MB", most.megabytes), "under 300 MB", fmt.Sprintf("%.0f MB for the SDK alone", sdk.megabytes)})
	return nil
}

// collectWindow is a whole number of periods that ended a while ago.
func collectWindow() (from, to time.Time) {
	to = time.Now().UTC().Truncate(24 * time.Hour)
	return to.Add(-collectPeriods * 5 * time.Minute), to
}

// processCost runs a process with credentials that a fake takes.
func processCost(cmd *exec.Cmd) (cost, error) {
	cmd.Env = append(os.Environ(), "AWS_ACCESS_KEY_ID=AKID", "AWS_SECRET_ACCESS_KEY=secret", "AWS_ACCOUNT_ID="+fake.DefaultAccount,
		"AWS_REGION=eu-west-1", "AWS_CONFIG_FILE=none", "AWS_SHARED_CREDENTIALS_FILE=none")
	began := time.Now()
	if out, err := cmd.CombinedOutput(); err != nil {
		return cost{}, fmt.Errorf("%v: %w\n%s", cmd.Args, err, out)
	}
	c := cost{wall: time.Since(began), cpu: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()}
	if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		c.megabytes = float64(usage.Maxrss) / 1e3
		if runtime.GOOS == "darwin" { // which counts in bytes
			c.megabytes /= 1e3
		}
	}
	return c, nil
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
