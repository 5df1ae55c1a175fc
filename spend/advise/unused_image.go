package advise

import (
	"fmt"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"microspend/pricing"
	"microspend/pricing/assumption"
)

// weekSeconds is the least that the storage of an image version is billed for.
const weekSeconds = 7 * 86_400

// unusedImages are versions that are stored and from which nothing was launched, and on which nothing ran, in the time
// measured. Where it is not recorded which version MicroVMs were launched from, none of an image that was used counts
// as unused.
func (f *fleet) unusedImages() (all []found) {
	if f.span.Seconds() < weekSeconds {
		f.cannot(UnusedImage, "less than a week was measured, and an image version is billed for a week at least", "")
		return nil
	}
	if len(f.request.Tenants) > 0 {
		return nil // an image is unused where nobody uses it
	}
	s := f.survey
	for _, image := range s.images {
		region := image.cell.region
		version := strings.HasPrefix(image.id, image.image+":") && s.versioned(region, image.account, image.image)
		used := s.launches[launchKey(region, image.account, image.image)]
		if version {
			used = s.launches[launchKey(region, image.account, image.id)]
		}
		if used || image.latest < f.span.To.Unix()-2*86_400 { // or is gone by now
			continue
		}
		var d delta
		d[pricing.SnapshotStorage] = decimal.NewFromInt(-image.byteSeconds)
		one := found{edits: []edit{{cell: image.cell, delta: d}}, key: []string{image.id, region, image.account}}
		one.Subject, one.Image, one.Region = fmt.Sprintf("%s in %s", imageName(image.id), region), image.image, region
		one.From, one.To = "stored", "deleted"
		one.RestsOn = []pricing.Note{assumption.ImageMinimum.Measured()}
		one.Risk = "a rollback to it needs it, and so does whoever launches it less often than the time measured"
		one.How = "delete the image version; one that is INACTIVE is stored and billed, too"
		all = append(all, one)
	}
	slices.SortFunc(all, func(a, b found) int { return slices.Compare(a.key, b.key) })
	return all
}

// versioned reports whether it is recorded which version of an image MicroVMs were launched from.
func (s *survey) versioned(region, account, image string) bool {
	prefix := launchKey(region, account, image+":")
	for key := range s.launches {
		if strings.HasPrefix(key, prefix) {
			return true
		}
	}
	return false
}
