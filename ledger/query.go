package ledger

import (
	"fmt"
	"slices"
	"time"

	"microspend/pricing"
	"microspend/usage"
)

// Query asks for sums over a part of the ledger.
//
// A period that From, To or, with FieldDay, a midnight of the location cuts counts on each side in proportion to the
// time, in whole units and so that the sides add up: see [usage.PartOf]. The record of a whole UTC day is of the day
// with that date in every location, as nobody knows when in the day it was used (see [usage.WholeDay]); outside of UTC
// Sum.ByDate counts them. In UTC no midnight cuts a period. A record is counted (Sum.Records) where its period begins;
// on the other side of a cut there are seconds and amounts without a record.
type Query struct {
	From, To time.Time      // usage in [From, To)
	By       []Field        // what the sums are grouped by; none for one sum over all
	Location *time.Location // where days are cut; nil means UTC
	Sums     Sums           // what is summed besides the records and their seconds; 0 means everything
	// Uncut takes periods that begin in [From, To), and no others, as a whole: for when what matters is the records and
	// not the usage.
	Uncut bool
	Most  int // groups that the answer may have; more are a [TooManyGroupsError]; 0 means any number
}

// Sums is a set of measures: columns that are not asked for are not read, and zero in the result. The empty set is all
// of them.
type Sums uint16

// SumOf is the set of some measures.
func SumOf(measures ...usage.Measure) (s Sums) {
	for _, m := range measures {
		s |= 1 << m
	}
	return s
}

// SumBilled are the billed quantities.
const SumBilled Sums = 1<<pricing.QuantityCount - 1

// Has reports whether a measure is asked for.
func (s Sums) Has(m usage.Measure) bool { return s == 0 || s&(1<<m) != 0 }

// Names are the fields of a query that are columns of texts: all but the day. Ids of different kinds are different
// resources.
func (q *Query) Names() (names []Field) {
	for _, f := range q.By {
		if f == FieldResource && !slices.Contains(q.By, FieldKind) {
			names = append(names, FieldKind)
		}
		if f != FieldDay {
			names = append(names, f)
		}
	}
	return names
}

// Field is something that sums can be grouped by.
type Field uint8

// The fields.
const (
	FieldTenant   Field = iota
	FieldTenantBy       // whose word the tenant is
	FieldImage
	FieldArch
	FieldKind     // of the resource
	FieldResource // its kind and id
	FieldRole
	FieldRegion
	FieldAccount
	FieldSource
	FieldDay // in the query's location
)

// Group is one group of a query's result. Of its key only the fields that the query groups by are set.
type Group struct {
	Tenant, Image, Role, Region, Account, Source string

	TenantBy usage.TenantBy
	Arch     usage.Arch
	Resource usage.Resource

	Day time.Time // midnight at the start of the day, in the query's location

	Sum usage.Sum
}

// Name is what a group is called in one of the fields but the day, as files have it.
func (g *Group) Name(f Field) string {
	if f == FieldKind {
		return g.Resource.Kind.String()
	}
	return *g.names()[f]
}

// Set sets one of the fields to a name that was checked when it was read; "" is of a field that was not asked for.
func (g *Group) Set(f Field, name string) {
	switch {
	case f != FieldKind:
		*g.names()[f] = name
	case name != "":
		g.Resource.Kind, _ = usage.ParseKind(name)
	}
}

// names are the fields that are texts; nil for others.
func (g *Group) names() [FieldDay]*string {
	return [...]*string{
		FieldTenant: &g.Tenant, FieldTenantBy: (*string)(&g.TenantBy), FieldImage: &g.Image, FieldArch: (*string)(&g.Arch), FieldResource: &g.Resource.ID,
		FieldRole:   &g.Role,
		FieldRegion: &g.Region, FieldAccount: &g.Account, FieldSource: &g.Source,
	}
}

// Result is the answer to a query.
type Result struct {
	Groups []Group // in the order of their keys: the fields as they are declared above
	// Damaged names the files that could not be read and are left out, each with its reason.
	Damaged []DamagedFile
	// Read says what the answer was read from, in the order of days. The sums are the same whatever it was; how long it
	// took is not.
	Read []DayRead
}

// DayRead is what a day's part of an answer was read from.
type DayRead struct {
	Day time.Time // in UTC
	// FromRecords is why the day's records were read; "" where its rollup was, sums by hour that a store keeps beside them.
	FromRecords string
}

// DamagedFile is a file of the ledger whose content is not what was written.
type DamagedFile struct {
	Path   string // within the ledger's folder
	Day    time.Time
	Reason string
}

// Check refuses a query that cannot be answered: one without end, or with fields or sums that there are not.
func (q *Query) Check() error {
	if !q.From.Before(q.To) {
		return fmt.Errorf("the query's time from %s to %s is empty", q.From.Format(time.RFC3339), q.To.Format(time.RFC3339))
	}
	if q.Sums >= 1<<usage.MeasureCount {
		return fmt.Errorf("sums %b are unknown", q.Sums)
	}
	seen := map[Field]bool{}
	for _, field := range q.By {
		if field > FieldDay || seen[field] {
			return fmt.Errorf("field %d is unknown or given twice", field)
		}
		seen[field] = true
	}
	return nil
}

// TooMany reports whether there are more groups than the query may have.
func (q *Query) TooMany(groups int) bool { return q.Most > 0 && groups > q.Most }

// TooManyGroupsError says that a query has more groups than it may have. It comes as soon as that is certain, mostly
// long before they are added up.
type TooManyGroupsError struct{ Most int }

func (e *TooManyGroupsError) Error() string {
	return fmt.Sprintf("the answer has more than %d groups", e.Most)
}
