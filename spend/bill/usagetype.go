package bill

import (
	"strings"

	"microspend/internal/lazyregexp"
	"microspend/pricing"
)

// class is what a usage type is to a bill of MicroVMs.
type class uint8

const (
	unrelated class = iota // not of a MicroVM
	billed                 // one of those that MicroVMs are billed by
	other                  // of a MicroVM, but none of these
)

// marker begins the names of all usage types of MicroVMs, behind the location's prefix.
const marker = "Lambda-MicroVM-"

// locationPrefix is what stands before a usage type outside us-east-1, such as USE2- or EU-.
var locationPrefix = lazyregexp.New(`^[A-Z]{2,4}[0-9]{0,2}-$`)

// classify tells what a usage type is, and the location's prefix before it. Usage types are compared whole behind it:
// a longer one is of something else, such as another way to pay.
func classify(usageType string) (of pricing.Rated, prefix string, c class) {
	at := strings.Index(usageType, marker)
	if at < 0 {
		if strings.Contains(strings.ToLower(usageType), "microvm") {
			return of, "", other
		}
		return of, "", unrelated
	}
	prefix = usageType[:at]
	if prefix != "" && !locationPrefix.MatchString(prefix) {
		return of, "", other
	}
	for _, of := range pricing.AllRated() {
		if usageType[at:] == of.UsageType() {
			return of, prefix, billed
		}
	}
	return of, prefix, other
}
