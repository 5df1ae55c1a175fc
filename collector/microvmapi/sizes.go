package microvmapi

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"strings"

	"microspend/internal/arn"
)

// Sizing gives sizes in place of those that the API tells, for the images whose ARN or name matches. The first that
// matches counts, field by field; 0 leaves a field to the next.
type Sizing struct {
	Image      string // ARN or name, with an asterisk at the end for every one that begins so; "" or "*" for all
	MemoryMiB  int64  // of the baseline
	ImageBytes int64  // that a launch reads, and that are stored
	StateBytes int64  // that a suspend writes, a resume reads, and a suspended MicroVM stores
}

func (s Sizing) matches(image string) bool {
	pattern, open := strings.CutSuffix(s.Image, "*")
	for _, name := range []string{image, imageName(image)} {
		if name == pattern && s.Image != "" || open && strings.HasPrefix(name, pattern) {
			return true
		}
	}
	return s.Image == ""
}

// imageName is the last part of an image's ARN: arn:aws:lambda:eu-west-1:123456789012:microvm-image:NAME.
func imageName(text string) string {
	parsed, _ := arn.Parse(text)
	name, ok := strings.CutPrefix(parsed.Resource, "microvm-image:")
	if !ok {
		return text
	}
	return name
}

// The bounds of sizes that are believed. The service has up to 8 GiB of baseline memory.
const (
	maxMemoryMiB = 1 << 16
	maxBytes     = 1 << 40
)

// sized are the sizes that a MicroVM of a version goes by; 0 where one is not known.
type sized struct{ memory, image, state int64 }

// sizes finds the sizes of a version: as configured, else as the API told, the state by default that of the baseline
// memory.
func (s *Source) sizes(v *image) sized {
	var out sized
	for _, rule := range s.options.Sizes {
		if rule.matches(v.ARN) {
			out.memory, out.image = cmp.Or(out.memory, rule.MemoryMiB), cmp.Or(out.image, rule.ImageBytes)
			out.state = cmp.Or(out.state, rule.StateBytes)
		}
	}
	out.memory, out.image = cmp.Or(out.memory, v.Memory), cmp.Or(out.image, v.Bytes)
	out.state = cmp.Or(out.state, out.memory<<20)
	return out
}

// recheck is how long a size that is not known is left alone, in milliseconds.
const recheck = 60 * 60 * 1000

// learn asks for the sizes and the architecture of a version as far as they are needed and not known. An error leaves
// them to the next poll; that the API does not tell them, or may not be asked, is none. What cannot be asked for an
// hour long counts as not told, so that what is waiting for it is written down.
func (p *poll) learn(ctx context.Context, v *image) error {
	err := p.learnNow(ctx, v)
	switch {
	case err == nil:
		v.Failing = 0
	case v.Failing == 0:
		v.Failing = p.now
	case p.now-v.Failing >= recheck && ctx.Err() == nil:
		p.untold(v, err)
		v.Checked, v.Failing = p.now, 0
		return nil
	}
	return err
}

func (p *poll) learnNow(ctx context.Context, v *image) error {
	known := p.source.sizes(v)
	sized := known.memory != 0 && known.image != 0
	if sized && v.Told || v.Checked != 0 && p.now-v.Checked < recheck || v.ARN == "" || v.Version == "" {
		return nil
	}
	if v.Memory == 0 || !v.Told {
		out, err := p.api.GetVersion(ctx, v.ARN, v.Version)
		p.calls++
		switch {
		case unanswerable(err) && sized: // that its architecture stays unknown is all
			p.counts["image versions whose architecture is not told"]++
		case unanswerable(err):
			p.untold(v, err)
		case err != nil:
			return err
		default:
			v.Created = cmp.Or(millis(out.CreatedAt.V), v.Created)
			v.Memory, v.Arch, v.Told = cmp.Or(out.memory(), v.Memory), out.arch(), true
		}
	}
	if known.image == 0 {
		if err := p.learnSize(ctx, v); err != nil {
			return err
		}
	}
	v.Checked = p.now
	return nil
}

// memory is the baseline in MiB, or 0 where it is not told.
func (v ImageVersion) memory() int64 {
	if len(v.Resources.V) == 0 {
		return 0
	}
	if memory := v.Resources.V[0].MinimumMemoryInMiB; memory > 0 && memory <= maxMemoryMiB {
		return memory
	}
	return 0
}

// learnSize works the size of a version out as that of the largest of its builds: see the assumption image-size.
func (p *poll) learnSize(ctx context.Context, v *image) error {
	var ids []string
	ask := func(ctx context.Context, token string) (Page[Build], error) {
		return p.api.ListBuilds(ctx, v.ARN, v.Version, token)
	}
	err := pages(ctx, p, "builds", ask, func(page Page[Build]) error {
		for _, build := range page.Items {
			if build.State == "SUCCESSFUL" {
				ids = append(ids, build.ID)
			}
		}
		p.bad("build of "+imageName(v.ARN)+":"+v.Version, page.Bad)
		return nil
	})
	for _, id := range ids {
		if err != nil {
			break
		}
		var out Build
		out, err = p.api.GetBuild(ctx, v.ARN, v.Version, id)
		p.calls++
		if err == nil {
			v.Bytes = max(v.Bytes, out.bytes())
		}
	}
	if unanswerable(err) {
		p.untold(v, err)
		return nil
	}
	return err
}

// bytes is the sum of what a build stored, or 0 where it is not told.
func (b Build) bytes() int64 {
	sizes := b.SnapshotBuild
	if sizes.MemorySnapshotSizeInBytes == nil {
		return 0
	}
	sum := int64(*sizes.MemorySnapshotSizeInBytes + sizes.DiskSnapshotSizeInBytes + sizes.CodeInstallSizeInBytes)
	if sum > maxBytes {
		return 0
	}
	return sum
}

// unanswerable reports whether the service will not answer a question, now or later.
func unanswerable(err error) bool {
	status := statusOf(err)
	return status == http.StatusNotFound || status == http.StatusForbidden
}

func (p *poll) untold(v *image, err error) {
	p.gap(fmt.Sprintf("the sizes of %s", v.key()), p.source.explain(err))
}
