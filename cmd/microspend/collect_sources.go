package main

import (
	"context"
	"fmt"
	"os"

	"github.com/charmbracelet/x/term"

	"microspend/collector"
	"microspend/collector/awsconfig"
	"microspend/collector/cloudwatch"
	"microspend/collector/microvmapi"
	"microspend/pricing"
)

// rateOf is how often an account and region is asked where the configuration does not say. Of CloudWatch's quota others want
// a share; FilterLogEvents has a quota of 5 calls a second (AWS re:Post, CloudWatch Logs throttling, read 2026); the MicroVM
// API's of its listings is low and not published.
func rateOf(source string) awsconfig.Rate {
	switch source {
	case cloudwatch.LogsSource:
		return awsconfig.Rate{PerSecond: 4, Burst: 4}
	case microvmapi.SourceName:
		return awsconfig.Rate{PerSecond: 20, Burst: 40}
	default:
		return awsconfig.Rate{PerSecond: 25, Burst: 50}
	}
}

func (a *app) logsSource(clients *targets, settings collector.Config) (collector.Source, error) {
	prices, err := pricing.EmbeddedMeasuringPrices()
	if err != nil {
		return nil, err
	}
	source, err := cloudwatch.NewLogs(cloudwatch.LogsOptions{
		Groups: settings.LogGroups, Prices: prices, Explain: awsconfig.Explain, Now: a.now,
		Client: func(_ context.Context, target collector.Target) (cloudwatch.LogsAPI, error) {
			of, err := clients.of(target)
			if err != nil {
				return nil, err
			}
			return cloudwatch.NewLogsClient(of.Config), nil
		},
	})
	if err != nil {
		return nil, fmt.Errorf("log groups: %w", err)
	}
	return source, nil
}

func (a *app) microVMsSource(clients *targets, settings collector.Config) (collector.Source, error) {
	options := microvmapi.Options{
		Poll: settings.MicroVMs.Poll, MaxGap: settings.MicroVMs.MaxGap, ImagesEvery: settings.MicroVMs.ImagesEvery,
		Period: settings.Timing.Period, Explain: awsconfig.Explain, Now: a.now,
		Client: func(ctx context.Context, target collector.Target) (microvmapi.API, error) {
			of, err := clients.of(target)
			if err != nil {
				return nil, err
			}
			return microvmapi.NewClient(ctx, of.Config, awsconfig.Clock{Now: a.now}), nil
		},
	}
	if settings.Every > 0 {
		options.Poll = settings.Every
	}
	for _, s := range settings.MicroVMs.Sizes {
		options.Sizes = append(options.Sizes, microvmapi.Sizing(s))
	}
	source, err := microvmapi.New(options)
	if err != nil {
		return nil, fmt.Errorf("source microvms: %w", err)
	}
	return source, nil
}

// askForCode asks for the code of an MFA device, which a profile may name, where there is someone to ask.
func (a *app) askForCode() func() (string, error) {
	in, ok := a.in.(*os.File)
	if !ok || !term.IsTerminal(in.Fd()) {
		return nil
	}
	return func() (code string, err error) {
		fmt.Fprint(a.err, "Code of the MFA device: ")
		_, err = fmt.Fscanln(in, &code)
		return code, err
	}
}
