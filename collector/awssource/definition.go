package awssource

import (
	"context"
	"errors"
	"flag"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"microspend/collector"
	"microspend/internal/strictyaml"
	"microspend/internal/tenantproof"
	"microspend/pricing"
)

// Definition is what the program knows of a source before it makes one. Each package with a source has one, and package
// sources lists them.
type Definition struct {
	Name  string // of the source, and in its records
	About string // one line for help: what is read
	Rate  Rate   // of the calls to an account and region, where the configuration doesn't say
	// Actions are the IAM actions that reading takes. A refused call names them.
	Actions []string
	// Settings returns what users can configure of the source, at its defaults.
	Settings func() Settings
}

// Settings are what users can configure of one source, beyond what applies to all.
type Settings interface {
	// Keys are the source's keys in the section collect of microspend.yaml.
	Keys() strictyaml.Keys
	// Check reads what was decoded into the keys, and records faults in the document.
	Check(doc *strictyaml.Document, section string)
	// Flags adds the source's flags of microspend collect. They are kept apart from the rest until Override.
	Flags(flags *flag.FlagSet)
	// Override lays flags over the configuration. The argument has the source's own type.
	Override(flags Settings) error
	// Open makes the source.
	Open(env Env) (collector.Source, error)
}

// Env is what a source is opened with.
type Env struct {
	// Config returns the SDK's configuration for a target. Its retryer waits for the target's turn.
	Config  func(collector.Target) (aws.Config, error)
	Period  time.Duration // of the records; 0 is the source's default
	Every   time.Duration // between the starts of two runs; 0 where someone else starts them
	Quota   Quota         // of each account and region
	Now     func() time.Time
	Explain func(error) error  // see [Definition.Explain]
	Tenants tenantproof.Policy // whom to believe about tenants
	Prices  pricing.MeasuringPrices
}

// Explain explains an error as the function Explain does. Where AWS refused a call, it names the actions that the
// source needs.
func (d Definition) Explain(err error) error {
	err = Explain(err)
	var fault *Fault
	if errors.As(err, &fault) && fault.Kind == Refused {
		fault.Needs = d.Actions
	}
	return err
}

// Clients makes the client of each target from its configuration.
func Clients[C any](env Env, client func(aws.Config) C) func(context.Context, collector.Target) (C, error) {
	return func(_ context.Context, target collector.Target) (made C, err error) {
		config, err := env.Config(target)
		if err != nil {
			return made, err
		}
		return client(config), nil
	}
}
