package advise

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"microspend/internal/figures"
	"microspend/pricing"
	"microspend/usage"
)

// key is what tells a cell from others, for ids.
func (c *cell) key() []string { return []string{c.tenant, c.image, c.region, string(c.arch)} }

// subject is what a cell is called: acme, base in eu-west-1.
func (c *cell) subject() string {
	image := imageName(c.image)
	if c.twin {
		image += " (" + cmp.Or(string(c.arch), "unknown architecture") + ")"
	}
	return fmt.Sprintf("%s, %s in %s", c.tenant, image, c.region)
}

// imageName is the last part of an image's ARN, or the name as it is.
func imageName(image string) string {
	if image == "" {
		return "(unknown image)"
	}
	if rest, isARN := strings.CutPrefix(image, "arn:"); isARN {
		if at := strings.Index(rest, ":microvm-image:"); at >= 0 {
			return rest[at+len(":microvm-image:"):]
		}
	}
	return image
}

// computes reports whether anything ran in a cell: the storage of images is nobody's running.
func (c *cell) computes() bool {
	amounts := &c.part.Sum.Amounts
	return !amounts[pricing.VCPU].IsZero() || !amounts[pricing.Memory].IsZero()
}

// byPlace are the cells in which something ran, by tenant and region.
func (f *fleet) byPlace() (places []place, cells map[place][]*cell) {
	cells = map[place][]*cell{}
	for _, c := range f.cells {
		if !c.computes() {
			continue
		}
		at := place{c.tenant, c.region}
		if cells[at] == nil {
			places = append(places, at)
		}
		cells[at] = append(cells[at], c)
	}
	slices.SortFunc(places, func(a, b place) int {
		return cmp.Or(cmp.Compare(a.tenant, b.tenant), cmp.Compare(a.region, b.region))
	})
	return places, cells
}

// month is a count of the time measured, a month.
func (f *fleet) month(count decimal.Decimal) decimal.Decimal {
	return pricing.ProrateTime(count, monthSeconds, max(f.span.Seconds(), 1))
}

// monthly is a count of the time measured as it is told, a month.
func (f *fleet) monthly(count decimal.Decimal) string { return figures.UpTo(f.month(count), 0) }

// imageBytes is what a launch of a cell reads, on average of those that nothing else was read beside; zero where there
// was none.
func (c *cell) imageBytes() decimal.Decimal {
	if c.launched.imageReads == 0 {
		return decimal.Decimal{}
	}
	bytes, reads := decimal.NewFromInt(c.launched.imageBytes), decimal.NewFromInt(c.launched.imageReads)
	return pricing.Divide(bytes, reads, pricing.AmountPlaces)
}

func (c *cell) amount(m usage.Measure) decimal.Decimal { return c.part.Sum.Amounts[m].Decimal() }
