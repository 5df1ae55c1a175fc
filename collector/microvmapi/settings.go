package microvmapi

import (
	"context"
	"flag"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"microspend/collector"
	"microspend/collector/awssource"
	"microspend/internal/scalar"
	"microspend/internal/strictyaml"
)

// SourceName is the source of the records.
const SourceName = "microvms"

// Definition is what the program knows of the source.
func Definition() awssource.Definition {
	return awssource.Definition{
		Name:  SourceName,
		About: "the states of MicroVMs, polled from the MicroVM API: for images that cannot be changed",
		Rate:  awssource.Rate{PerSecond: 20, Burst: 40}, // the quota of the API's listings is low and not published
		Actions: []string{
			"lambda:ListMicrovms", "lambda:GetMicrovm", "lambda:ListMicrovmImages", "lambda:ListMicrovmImageVersions",
			"lambda:GetMicrovmImageVersion", "lambda:ListMicrovmImageBuilds", "lambda:GetMicrovmImageBuild",
		},
		Settings: func() awssource.Settings { return &Settings{} },
	}
}

// Settings are how MicroVMs are polled, and sizes that count in place of those that the API tells, under the key
// microvms:
//
//	microvms:
//	  poll: 1m                    # time between polls, where a scheduler of your own starts them rather than every
//	  max_gap: 3m                 # the longest time between two polls that is filled in
//	  images_every: 1h            # how often images are listed for their storage; 0 never
//	  sizes:                      # the first that matches counts, size by size
//	    - {image: "team/*", memory: 2GB, image_size: 1.5GB, state: 0.63GB}
type Settings struct {
	Poll        time.Duration // 0 is a minute
	MaxGap      time.Duration // 0 is three times Poll
	ImagesEvery time.Duration // 0 is an hour; below zero never
	Sizes       []Sizing

	written settingsFile
}

type settingsFile struct {
	Poll        *scalar.Duration `yaml:"poll"`
	MaxGap      *scalar.Duration `yaml:"max_gap"`
	ImagesEvery *scalar.Duration `yaml:"images_every"`
	Sizes       []sizingFile     `yaml:"sizes"`
}

type sizingFile struct {
	Image     string              `yaml:"image"`
	Memory    *scalar.MicroVMSize `yaml:"memory"`
	ImageSize *scalar.GB          `yaml:"image_size"`
	State     *scalar.GB          `yaml:"state"`
}

// Keys implements [awssource.Settings].
func (s *Settings) Keys() strictyaml.Keys {
	return strictyaml.Keys{{Name: "microvms", Into: &s.written}}
}

// Check implements [awssource.Settings].
func (s *Settings) Check(doc *strictyaml.Document, section string) {
	f, path := s.written, section+".microvms"
	for _, d := range []struct {
		key         string
		written     *scalar.Duration
		into        *time.Duration
		least, most time.Duration
	}{
		{"poll", f.Poll, &s.Poll, time.Second, time.Hour},
		{"max_gap", f.MaxGap, &s.MaxGap, time.Second, 24 * time.Hour},
		{"images_every", f.ImagesEvery, &s.ImagesEvery, 0, 24 * time.Hour},
	} {
		if d.written == nil {
			continue
		}
		*d.into = d.written.Length()
		if *d.into < d.least || *d.into > d.most {
			doc.Fault(path+"."+d.key, "%s is not from %s to %s", collector.Short(*d.into), collector.Short(d.least),
				collector.Short(d.most))
		}
		if *d.into == 0 {
			*d.into = -1
		}
	}
	if s.MaxGap > 0 && s.MaxGap < s.Poll {
		doc.Fault(path+".max_gap", "%s is shorter than the time between polls, %s", collector.Short(s.MaxGap),
			collector.Short(s.Poll))
	}
	for i, written := range f.Sizes {
		sizing := Sizing{
			Image: written.Image, ImageBytes: bytesOf(written.ImageSize), StateBytes: bytesOf(written.State),
		}
		if written.Memory != nil {
			sizing.MemoryMiB = written.Memory.MiB()
		}
		at := fmt.Sprintf("%s.sizes[%d]", path, i)
		if sizing.MemoryMiB == 0 && sizing.ImageBytes == 0 && sizing.StateBytes == 0 {
			doc.Fault(at, "gives none of memory, image_size and state")
		}
		for key, bytes := range map[string]int64{"image_size": sizing.ImageBytes, "state": sizing.StateBytes} {
			if bytes > maxBytes {
				doc.Fault(at+"."+key, "is above 1,024 GB, the most that is accepted")
			}
		}
		s.Sizes = append(s.Sizes, sizing)
	}
}

// bytesOf is a size in bytes, rounded half-even; 0 where none is written.
func bytesOf(size *scalar.GB) int64 {
	if size == nil {
		return 0
	}
	return size.Mul(decimal.NewFromInt(1 << 30)).RoundBank(0).IntPart()
}

// Flags implements [awssource.Settings]: there are none.
func (s *Settings) Flags(*flag.FlagSet) {}

// Override implements [awssource.Settings].
func (s *Settings) Override(awssource.Settings) error { return nil }

// client makes the client of a target.
func client(env awssource.Env) func(context.Context, collector.Target) (*Client, error) {
	return func(ctx context.Context, target collector.Target) (*Client, error) {
		config, err := env.Config(target)
		if err != nil {
			return nil, err
		}
		return NewClient(ctx, config, awssource.Clock{Now: env.Now}), nil
	}
}

// Open implements [awssource.Settings].
func (s *Settings) Open(env awssource.Env) (collector.Source, error) {
	options := Options{
		Poll: s.Poll, MaxGap: s.MaxGap, ImagesEvery: s.ImagesEvery, Sizes: s.Sizes,
		Period: env.Period, Explain: env.Explain, Now: env.Now,
		Client: client(env),
	}
	if env.Every > 0 {
		options.Poll = env.Every
	}
	source, err := New(options)
	if err != nil {
		return nil, fmt.Errorf("source %s: %w", SourceName, err)
	}
	return source, nil
}

// WatchActions are the IAM actions that a [Watcher] takes: fewer than those of a source, which looks after images, too.
func WatchActions() []string {
	return []string{
		"lambda:ListMicrovms", "lambda:GetMicrovm", "lambda:GetMicrovmImageVersion", "lambda:ListMicrovmImageBuilds",
		"lambda:GetMicrovmImageBuild",
	}
}

// Watch makes a watcher with the settings, for accounts and regions that are read as a source would be.
func (s *Settings) Watch(env awssource.Env, options WatchOptions) (*Watcher, error) {
	options.Sizes, options.Now, options.Explain, options.Quota = s.Sizes, env.Now, env.Explain, env.Quota.Memory
	options.Client = client(env)
	return NewWatcher(options)
}
