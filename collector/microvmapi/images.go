package microvmapi

import (
	"cmp"
	"context"
	"slices"

	"microspend/pricing"
	"microspend/usage"
)

// imageWeek is the least that the storage of an image's version is billed for, in milliseconds.
const imageWeek = 7 * 24 * 60 * 60 * 1000

// stored is what a listing of versions said of one.
type stored struct {
	created int64 // 0 where it is not told
	memory  int64
	arch    usage.Arch
}

// isStored reports whether a version in a state has a snapshot that is stored: one that was built, and is not deleted
// yet.
func isStored(state string) bool {
	return state == "SUCCESSFUL" || state == "DELETING" || state == "DELETE_FAILED" || state == ""
}

// storage counts the storage of images, when it is time for that: versions come and go seldom, and listings are what
// the service limits most.
func (p *poll) storage(ctx context.Context) error {
	every := p.source.options.ImagesEvery
	if every < 0 || p.state.Images != 0 && p.now-p.state.Images < every.Milliseconds() {
		return nil
	}
	there, doubtful, err := p.listVersions(ctx)
	if unanswerable(err) {
		p.gap("the storage of images", p.source.explain(err))
		return nil
	}
	if err != nil {
		return err
	}
	for key, found := range there {
		v := p.state.image(key.arn, key.version)
		v.Created, v.Memory = cmp.Or(found.created, v.Created), cmp.Or(v.Memory, found.memory)
		v.Arch, v.Told = found.arch, true
		if !v.Kept {
			v.Kept, v.At = true, max(v.Created, p.state.Since)
		}
		p.store(v, p.now, true)
	}
	for _, v := range p.state.Versions {
		if _, found := there[versionKey{v.ARN, v.Version}]; v.Kept && !found && !doubtful(v.ARN) {
			p.deleted(v)
		}
	}
	p.state.Images = p.now
	return nil
}

// store counts the storage of a version up to a moment. It was there all the time, also while there were no polls: a
// version that is deleted does not come back.
func (p *poll) store(v *image, until int64, sure bool) {
	v.Open.add(passage{stretches: []stretch{{span{v.At, until}, suspended, sure}}}, p.state.Cut)
	v.At = max(v.At, until)
}

// deleted ends a version's storage, at some moment since it was last seen: the middle is taken. What is missing to a
// week is counted in that period.
func (p *poll) deleted(v *image) {
	middle := v.At + (p.now-v.At)/2
	p.store(v, middle, false)
	v.Kept = false
	if rest := imageWeek - (middle - v.Created); rest > 0 {
		v.Open.of(middle, p.state.Cut).Extra += byteSeconds(p.source.sizes(v).image, rest)
	}
}

type versionKey struct{ arn, version string }

// listVersions lists every version that is stored. An image is doubtful where an item that cannot be understood may be
// it, or one of its versions: what is not there of it is not known to be deleted.
func (p *poll) listVersions(ctx context.Context) (map[versionKey]stored, func(arn string) bool, error) {
	var arns []string
	bad := false
	err := pages(ctx, p, "images", p.api.ListImages, func(page Page[Image]) error {
		for _, image := range page.Items {
			arns = append(arns, image.ARN)
		}
		bad = p.bad("image", page.Bad) || bad
		return nil
	})
	there, badVersions := map[versionKey]stored{}, map[string]bool{}
	doubtful := func(arn string) bool { return badVersions[arn] || bad && !slices.Contains(arns, arn) }
	if err != nil {
		return nil, nil, err
	}
	for _, arn := range arns {
		ask := func(ctx context.Context, token string) (Page[ImageVersion], error) {
			return p.api.ListVersions(ctx, arn, token)
		}
		err := pages(ctx, p, "versions", ask, func(page Page[ImageVersion]) error {
			for _, v := range page.Items {
				if isStored(v.State) {
					there[versionKey{arn, v.Version}] = stored{millis(v.CreatedAt.V), v.memory(), v.arch()}
				}
			}
			badVersions[arn] = p.bad("version of "+imageName(arn), page.Bad) || badVersions[arn]
			return nil
		})
		if err != nil && !isNotFound(err) { // it was deleted since the images were listed
			return nil, nil, err
		}
	}
	return there, doubtful, nil
}

// imageRecords makes records of the storage of images whose periods are over.
func (p *poll) imageRecords() {
	kept := p.state.Versions[:0]
	for _, v := range p.state.Versions {
		bytes := p.source.sizes(v).image
		until := v.At
		if !v.Kept {
			until = p.now
		}
		switch {
		case p.pending[v.key()]:
		case bytes == 0 && v.Kept:
			p.counts["image versions whose size is not known"]++
			v.Open.closed(until)
		default:
			for _, t := range v.Open.closed(until) {
				p.record(p.imageRecord(v, t, bytes))
			}
		}
		if v.Kept || len(v.Open) > 0 || p.inUse[v.key()] {
			kept = append(kept, v)
		}
	}
	clear(p.state.Versions[len(kept):])
	p.state.Versions = kept
}

func (p *poll) imageRecord(v *image, t tally, bytes int64) usage.Record {
	r := p.recordOf(t)
	r.Resource, r.Image = usage.Resource{Kind: usage.KindImage, ID: v.key()}, v.ARN
	r.Amounts[pricing.SnapshotStorage] = byteSeconds(bytes, t.Suspended) + t.Extra
	from, to := max(t.Start*1000, v.Created), t.end()*1000
	if !v.Kept {
		to = min(to, v.At)
	}
	r.Coverage = coverage(t.Sure, to-from)
	return r
}

// coverage reports whether all of a time is known for certain.
func coverage(sure, whole int64) usage.Coverage {
	if sure >= whole {
		return usage.CoverageComplete
	}
	return usage.CoveragePartial
}
