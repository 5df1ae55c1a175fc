package collector

import (
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"microspend/internal/scalar"
	"microspend/internal/strictyaml"
)

// microVMsFile is how the source microvms polls, and the sizes that count in place of those that the API tells.
type microVMsFile struct {
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

// MicroVMs is how the source microvms polls. What is zero is as the source has it.
type MicroVMs struct {
	Poll        time.Duration // how often polls are made, where nothing says so but a scheduler of one's own
	MaxGap      time.Duration // the longest time between two polls that is filled in
	ImagesEvery time.Duration // how often images are listed; below zero never
	Sizes       []Sizing
}

// Sizing gives the sizes of images. The first that matches counts, size by size; what is zero is left to the next, and in
// the end to the API.
type Sizing struct {
	Image      string // name or ARN, with an asterisk at the end for all that begin so; "" for all
	MemoryMiB  int64  // baseline
	ImageBytes int64  // read by a launch, stored
	StateBytes int64  // written by a suspend, read by a resume, stored meanwhile
}

func (f microVMsFile) config(doc *strictyaml.Document, path string) MicroVMs {
	var c MicroVMs
	for _, d := range []struct {
		key         string
		written     *scalar.Duration
		into        *time.Duration
		least, most time.Duration
	}{
		{"poll", f.Poll, &c.Poll, time.Second, time.Hour},
		{"max_gap", f.MaxGap, &c.MaxGap, time.Second, day},
		{"images_every", f.ImagesEvery, &c.ImagesEvery, 0, day},
	} {
		if d.written == nil {
			continue
		}
		*d.into = time.Duration(d.written.Seconds.Shift(9).IntPart())
		if *d.into < d.least || *d.into > d.most {
			doc.Fault(path+"."+d.key, "%s is not from %s to %s", Short(*d.into), Short(d.least), Short(d.most))
		}
		if *d.into == 0 {
			*d.into = -1
		}
	}
	if c.MaxGap > 0 && c.MaxGap < c.Poll {
		doc.Fault(path+".max_gap", "%s is shorter than the time between polls, %s", Short(c.MaxGap), Short(c.Poll))
	}
	for i, s := range f.Sizes {
		sizing := Sizing{Image: s.Image, ImageBytes: bytesOf(s.ImageSize), StateBytes: bytesOf(s.State)}
		if s.Memory != nil {
			sizing.MemoryMiB = s.Memory.MiB()
		}
		at := fmt.Sprintf("%s.sizes[%d]", path, i)
		if sizing.MemoryMiB == 0 && sizing.ImageBytes == 0 && sizing.StateBytes == 0 {
			doc.Fault(at, "gives none of memory, image_size and state")
		}
		for key, bytes := range map[string]int64{"image_size": sizing.ImageBytes, "state": sizing.StateBytes} {
			if bytes > maxSizeBytes {
				doc.Fault(at+"."+key, "is above 1,024 GB, the most that is accepted")
			}
		}
		c.Sizes = append(c.Sizes, sizing)
	}
	return c
}

// maxSizeBytes is far above what a MicroVM of the service can have.
const maxSizeBytes = 1 << 40

// bytesOf is a size in bytes, rounded half-even; 0 where none is written.
func bytesOf(size *scalar.GB) int64 {
	if size == nil {
		return 0
	}
	return size.Mul(decimal.NewFromInt(1 << 30)).RoundBank(0).IntPart()
}
