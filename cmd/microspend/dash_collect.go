package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"microspend/collector"
	"microspend/tui"
)

// dashCollectEvery is how often the dashboard collects where the configuration does not say. CloudWatch charges for
// each run by the metric, however short it is.
const dashCollectEvery = 15 * time.Minute

// dashCollector collects while the dashboard is open, as microspend collect does with the same configuration.
type dashCollector struct{ collection *collection }

// collectInDash lets the dashboard collect. What is wrong with the configuration is said before it opens; what AWS
// has to say, which may take long, is waited for behind the screen.
func (a *app) collectInDash(options *tui.Options, every time.Duration) error {
	// The screen is the dashboard's: what a log line would say, its own lines say; a prompt would be lost behind it.
	made, err := a.newCollection(collectFlags{}, nil, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	made.options.Command = "microspend dash --collect"
	if made.options.Timing.Reread == 0 {
		made.options.Timing.Reread = collector.DefaultReread
	}
	if err := made.accounts.Check(); err != nil {
		return err
	}
	options.Collector = dashCollector{made}
	switch {
	case every > 0:
		options.CollectEvery = every
	case made.settings.Run.Every > 0:
		options.CollectEvery = made.settings.Run.Every
	default:
		options.CollectEvery = dashCollectEvery
	}
	return nil
}

// Collect implements [tui.Collector].
func (c dashCollector) Collect(ctx context.Context, progress func(done, total int64, label string)) error {
	options := c.collection.options
	options.Progress = progress
	runner, err := collector.New(options)
	if err != nil {
		return err
	}
	summary, err := runner.Run(ctx)
	switch {
	case err != nil:
		return err
	case summary.Stopped != nil:
		return summary.Stopped
	case summary.Interrupted:
		return ctx.Err()
	case len(summary.Gaps) > 0:
		return gapsError(summary.Gaps)
	}
	return nil
}

// gapsError is what could not be read.
type gapsError []collector.Gap

// Error gives the reason first: on a narrow screen the rest may be cut off.
func (gaps gapsError) Error() string {
	where := gaps[0]
	where.Reason = "not read"
	text := gaps[0].Reason
	if named := where.String(); named != where.Reason {
		text += "; " + named
	}
	if more := len(gaps) - 1; more > 0 {
		text += fmt.Sprintf("; and %d more", more)
	}
	return text
}
