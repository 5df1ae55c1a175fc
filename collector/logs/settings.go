package logs

import (
	"flag"
	"fmt"

	"microspend/collector"
	"microspend/collector/awssource"
	"microspend/collector/watch"
	"microspend/internal/strictyaml"
)

// SourceName is the source of the records.
const SourceName = "logs"

// Definition is what the program knows of the source.
func Definition() awssource.Definition {
	return awssource.Definition{
		Name:  SourceName,
		About: "the meter's lines in CloudWatch Logs: usage per MicroVM, at about a hundredth of the price of metrics",
		// FilterLogEvents has a quota of 5 calls a second (AWS re:Post, CloudWatch Logs throttling, read 2026).
		Rate:     awssource.Rate{PerSecond: 4, Burst: 4},
		Actions:  []string{"logs:DescribeLogGroups", "logs:FilterLogEvents"},
		Settings: func() awssource.Settings { return &Settings{} },
	}
}

// Settings are which log groups are read, and which image, tenant and MicroVM their lines are of:
//
//	log_groups: [/aws/lambda-microvms/*, /acme/sandboxes]   # an asterisk at the end stands for all that begin so
//	log_groups: [{name: /acme/sandboxes, image: sandbox}]   # where the group's name is not that of its image
//	log_groups: [{name: /tenants/*, tenant: "*"}]           # where each tenant has groups of its own
//	log_stream: "{microvm}"                                 # how streams are named, or any
type Settings struct {
	Groups  []string // none means [DefaultLogGroups]
	Streams StreamRule

	written []GroupRule // which hold whatever groups flags ask for
}

// Keys implements [awssource.Settings].
func (s *Settings) Keys() strictyaml.Keys {
	return strictyaml.Keys{{Name: "log_groups", Into: &s.written}, {Name: "log_stream", Into: &s.Streams}}
}

// Check implements [awssource.Settings]. Names are checked when the source is opened, wherever they come from.
func (s *Settings) Check(*strictyaml.Document, string) {
	for _, group := range s.written {
		s.Groups = append(s.Groups, group.Name)
	}
}

// Flags implements [awssource.Settings].
func (s *Settings) Flags(flags *flag.FlagSet) {
	const help = "log group to read, by `NAME`; one that ends in * stands for all that begin so (repeatable; default " +
		"those of MicroVMs)"
	flags.Func("log-group", help, func(name string) error {
		s.Groups = append(s.Groups, name)
		return nil
	})
}

// Override implements [awssource.Settings].
func (s *Settings) Override(flags awssource.Settings) error {
	if groups := flags.(*Settings).Groups; len(groups) > 0 {
		s.Groups = groups
	}
	return nil
}

// Open implements [awssource.Settings].
func (s *Settings) Open(env awssource.Env) (collector.Source, error) {
	source, err := New(Options{
		Groups: s.Groups, Rules: s.written, Streams: s.Streams, Prices: env.Prices, Explain: env.Explain, Now: env.Now,
		Tenants: env.Tenants,
		Client:  awssource.Clients(env, NewClient),
	})
	if err != nil {
		return nil, fmt.Errorf("log groups: %w", err)
	}
	return source, nil
}

// Watch makes what follows the newest lines with the settings, over another watcher.
func (s *Settings) Watch(env awssource.Env, inner watch.Watcher) (*Watcher, error) {
	source, err := s.Open(env)
	if err != nil {
		return nil, err
	}
	return source.(*Source).Over(inner), nil
}

// Configured reports whether log groups are named.
func (s *Settings) Configured() bool { return len(s.Groups) > 0 }
