package main

import (
	"errors"
	"flag"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"microspend/collector"
	"microspend/collector/awssource"
	"microspend/collector/sources"
	"microspend/internal/scalar"
)

// collectFlags are those of the command line; what they leave out the configuration says.
type collectFlags struct {
	source, profile, endpointURL, externalID string
	regions, roles                           []string
	backfill                                 string
	lengths                                  map[string]*string // see collector.Lengths
	maxAPICost                               string
	listen, tokenFile                        string
	parallel                                 int
	dryRun, overlappingSources               bool
	logFormat                                string

	ofSources sources.Settings
	changed   func(flag string) bool
	bounds    func(*time.Location) (from, to time.Time, err error) // of what is read; nil where nothing is said
}

func (flags *collectFlags) addTo(cmd *cobra.Command) {
	f := cmd.Flags()
	names := sources.Names()
	f.StringVar(&flags.source, "source", "",
		fmt.Sprintf("`SOURCE` to read usage from: %s (default %s)", strings.Join(names, ", "), names[0]))
	flags.addTargets(cmd)
	f.StringVar(&flags.backfill, "backfill", "",
		"read the lookback, or the period given, of one `NAMESPACE` of metrics or log group alone")
	flags.lengths = map[string]*string{}
	for _, l := range collector.Lengths() {
		flags.lengths[l.Name] = f.String(l.Name, "", l.Help)
	}
	f.BoolVar(&flags.dryRun, "dry-run", false, "show what would be read and what the API calls cost, and read nothing")
	f.StringVar(
		&flags.maxAPICost,
		"max-api-cost",
		"",
		"most that API calls may cost, in `DOLLARS`: 0.50 a run, 5/day, or both as 0.50,5/day",
	)
	f.StringVar(&flags.listen, "listen", "", "with --every, serve /metrics and /healthz on this `ADDRESS`, such as "+
		"127.0.0.1:9480")
	f.StringVar(&flags.tokenFile, "token-file", "", "`FILE` with the token that requests to --listen must carry")
	f.IntVar(&flags.parallel, "parallel", 0, "maximum `N` of API calls in flight (default 4)")
	f.BoolVar(&flags.overlappingSources, "allow-overlapping-sources", false,
		"also read what another source has collected, which counts it twice")
	choiceFlag(cmd, &flags.logFormat, "log-format", "`FORMAT` of the log on standard error: text or json", "text", "json")
	flags.ofSources = sources.NewSettings()
	own := flag.NewFlagSet("", flag.ContinueOnError)
	flags.ofSources.Flags(own)
	f.AddGoFlagSet(own)
	flags.changed = f.Changed
}

// addTargets declares which accounts and regions to look at, and with which credentials.
func (flags *collectFlags) addTargets(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringArrayVar(&flags.regions, "region", nil, "`REGION` to read (repeatable; default the profile's)")
	f.StringArrayVar(&flags.roles, "role-arn", nil, "`ARN` of a role to assume, one per account (repeatable)")
	f.StringVar(&flags.externalID, "external-id", "", "external `ID` that the roles ask for")
	f.StringVar(&flags.profile, "profile", "", "`PROFILE` of the AWS configuration")
	f.StringVar(&flags.endpointURL, "endpoint-url", "", "`URL` of the service in place of AWS's; {region} stands for "+
		"the region")
}

// over lays the flags over the configuration. Everything that is wrong with them is reported at once.
func (f collectFlags) over(c sources.Config) (sources.Config, error) {
	var faults []error
	fault := func(flag string, err error) {
		if err != nil {
			faults = append(faults, fmt.Errorf("--%s: %w", flag, err))
		}
	}
	for _, text := range []struct {
		value string
		into  *string
	}{{f.source, &c.Source}, {f.profile, &c.AWS.Profile}, {f.endpointURL, &c.AWS.EndpointURL}} {
		if text.value != "" {
			*text.into = text.value
		}
	}
	if _, err := c.Definition(); err != nil {
		fault("source", err)
	}
	if len(f.regions) > 0 {
		c.AWS.Regions = f.regions
	}
	if len(f.roles) > 0 {
		c.AWS.Roles = nil
		for _, arn := range f.roles {
			c.AWS.Roles = append(c.AWS.Roles, awssource.Role{ARN: arn, ExternalID: f.externalID})
		}
	} else if f.externalID != "" {
		for i := range c.AWS.Roles {
			c.AWS.Roles[i].ExternalID = f.externalID
		}
	}
	for _, l := range collector.Lengths() {
		if text := f.lengths[l.Name]; text != nil && f.changed(l.Name) {
			var length scalar.Duration
			err := length.ParseScalar(*text)
			if err == nil {
				err = l.Set(&c.Run, length.Length())
			}
			fault(l.Name, err)
		}
	}
	if f.bounds != nil {
		from, to, err := f.bounds(time.UTC)
		if err != nil {
			faults = append(faults, err)
		}
		c.Run.Timing.Since, c.Run.Timing.Until = from.UTC(), to.UTC()
	}
	if c.Run.Timing.Part = f.backfill; f.backfill != "" {
		if f.changed("every") {
			fault("backfill", errors.New("it is read once; leave out --every"))
		}
		c.Run.Every = 0
	}
	if f.maxAPICost != "" {
		fault("max-api-cost", c.Run.MaxAPICost.ParseScalar(f.maxAPICost))
	}
	if f.listen != "" {
		fault("listen", collector.CheckListen(f.listen))
		c.Run.Listen = f.listen
	}
	if f.parallel != 0 || f.changed != nil && f.changed("parallel") {
		if f.parallel < 1 || f.parallel > collector.MaxParallel {
			fault("parallel", fmt.Errorf("%d is not from 1 to %d", f.parallel, collector.MaxParallel))
		}
		c.Run.Parallel = f.parallel
	}
	c.Run.AllowOverlappingSources = c.Run.AllowOverlappingSources || f.overlappingSources
	if err := c.Override(f.ofSources); err != nil {
		faults = append(faults, err)
	}
	return c, errors.Join(faults...)
}
