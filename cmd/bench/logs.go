package main

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"

	"microspend/collector/emf"
	"microspend/internal/fakecloudwatch"
)

// The fleet whose lines are collected: 2,000 MicroVMs for two hours and for twelve, to see whether memory grows with time.
const (
	logsMicroVMs = 2_000
	logsGroup    = "/aws/lambda-microvms/bench"
)

// sdkLogsCommand makes this program the SDK's client of CloudWatch Logs and nothing else: its argument is the server's URL.
const sdkLogsCommand = "sdk-alone-logs"

// logsFigures collects the lines of a fleet from a server in this process by the real program, and lets the SDK alone decode
// the same replies in a process of its own.
func logsFigures(show func(figure)) error {
	fleet := fakecloudwatch.LogFleet{Group: logsGroup, MicroVMs: logsMicroVMs, Tenants: 100}
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
	const runs = 2 // of which the fastest counts, as machines are shared
	alone, err := fastest(runs, nil, self, sdkLogsCommand, server.URL)
	if err != nil {
		return err
	}
	dir := filepath.Join(folder, "ledger")
	collect := func(hours, runs int) (took, error) {
		from, to := logsWindow(hours)
		return fastest(runs, func() error { return os.RemoveAll(dir) }, "./microspend", "collect", "--source", "logs",
			"--log-group", logsGroup, "--endpoint-url", server.URL, "--config", config, "--ledger", dir,
			"--since", from.Format(time.RFC3339), "--until", to.Format(time.RFC3339))
	}
	short, err := collect(2, runs)
	if err != nil {
		return err
	}
	long, err := collect(12, 1)
	if err != nil {
		return err
	}
	lines := float64(fleet.Lines(2*60)) / 1e3
	rate := func(t took) float64 { return lines / t.wall.Seconds() }
	show(figure{
		fmt.Sprintf("collect %.0f k lines from logs, whole process", lines), fmt.Sprintf("%.0f k lines/s", rate(short)), "half the rate of the SDK alone, or more",
		fmt.Sprintf("%.2f of the SDK alone, %.0f k lines/s", rate(short)/rate(alone), rate(alone)),
	})
	show(figure{
		"  memory, and that for six times the time", megabytes(short.memory) + ", " + megabytes(long.memory), "under 300 MB", "",
	})
	line := fakecloudwatch.LogFleet{MicroVMs: 1, Tenants: 1}.Sample()
	began, n := time.Now(), 0
	for time.Since(began) < 500*time.Millisecond {
		for range 1000 {
			if _, err := emf.Decode(line); err != nil {
				return err
			}
		}
		n += 1000
	}
	show(figure{"decode a line, strictly", fmt.Sprintf("%.0f k lines/s", float64(n)/time.Since(began).Seconds()/1e3), "", fmt.Sprintf("%d bytes each", len(line))})
	return nil
}

// logsWindow is a number of hours that ended a while ago.
func logsWindow(hours int) (from, to time.Time) {
	to = time.Now().UTC().Truncate(24 * time.Hour)
	return to.Add(-time.Duration(hours) * time.Hour), to
}

// sdkLogs asks for the two hours' lines that collect asks for, and lets go of the decoded replies.
func sdkLogs(url string) error {
	client := cloudwatchlogs.New(cloudwatchlogs.Options{
		Region: "eu-west-1", BaseEndpoint: &url, Credentials: credentials.NewStaticCredentialsProvider("AKID", "secret", ""),
	})
	from, to := logsWindow(2)
	in := &cloudwatchlogs.FilterLogEventsInput{
		LogGroupName: aws.String(logsGroup), FilterPattern: aws.String("?x"),
		StartTime: aws.Int64(from.Add(-10 * time.Minute).UnixMilli()), EndTime: aws.Int64(to.Add(15 * time.Minute).UnixMilli()),
	}
	for {
		out, err := client.FilterLogEvents(context.Background(), in)
		if err != nil || out.NextToken == nil {
			return err
		}
		in.NextToken = out.NextToken
	}
}
