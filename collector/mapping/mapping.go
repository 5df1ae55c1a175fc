// Package mapping says which metrics are usage: whose metric stands for which billed quantity, and in what unit. It is
// the program's own and promises nothing. It turns the numbers that a metrics service gives into the whole numbers of a
// usage record, and knows of no service.
//
// # Units
//
// A metric's unit is what one of its number means, such as gb-seconds; a GB is 2^30 bytes. A unit without a time,
// such as vcpus, is of a metric that shows how much is in use: it counts for the whole period, so that its statistic
// is the average. A number is taken as the shortest decimal that reads as it (0.1 is a tenth; from 2^53 on as it is),
// multiplied exactly, and rounded half-even to a whole unit of the record where it does not come out whole.
package mapping

import (
	"slices"
	"strings"

	"microspend/internal/emf"
	"microspend/pricing"
	"microspend/usage"

	"github.com/shopspring/decimal"
)

// Mapping is one kind of series: metrics that have the same dimensions.
type Mapping struct {
	Namespace  string
	Dimensions Dimensions
	Match      []Dimension // further dimensions that the series have, each with the one value that counts
	Metrics    []Metric    // each quantity once
	Series     []Subject   // the series there are; none where they are to be listed
}

// Dimensions are the names of the dimensions that say whose usage a series is; "" where there is none. A series counts
// where its dimensions are these and those of Match, and no others.
type Dimensions struct{ Tenant, Image, MicroVM, Role string }

// Dimension is a name and a value.
type Dimension struct{ Name, Value string }

// Subject is whose usage a series is: the values of the dimensions, and the account that has the series where that is
// not the one that is asked.
type Subject struct{ Tenant, Image, MicroVM, Role, Account string }

// Metric is where a quantity is read from.
type Metric struct {
	Quantity   Quantity
	Namespace  string // "" is that of the mapping
	Name       string
	Statistic  string // Sum, Average, Minimum, Maximum or SampleCount
	Unit       Unit
	Scale      decimal.Decimal // the number is multiplied by it; zero means 1
	UnitFilter string          // read only data that was published in this unit of the service; "" reads all
	// Sparse says that the metric is only published when there is something to count, as a number of launches may be:
	// where another metric of the subject has a datapoint and this one has none, it is zero. Otherwise it is not known.
	Sparse bool
}

// Quantity is what a metric measures of a usage record.
type Quantity = usage.Measure

// The quantities, the billed ones first.
const (
	VCPU            = Quantity(pricing.VCPU)
	Memory          = Quantity(pricing.Memory)
	SnapshotRead    = Quantity(pricing.SnapshotRead)
	SnapshotWrite   = Quantity(pricing.SnapshotWrite)
	SnapshotStorage = Quantity(pricing.SnapshotStorage)
	Running         = usage.Running
	Suspended       = usage.Suspended
	Launches        = usage.Launches
	Suspends        = usage.Suspends
	Resumes         = usage.Resumes
)

var quantityNames = [usage.MeasureCount]string{
	"vcpu", "memory", "snapshot_read", "snapshot_write", "snapshot_storage", "running", "suspended", "launches",
	"suspends", "resumes",
}

// Word is what the configuration calls a quantity.
func Word(q Quantity) string { return quantityNames[q] }

// Words lists those words for messages.
func Words() string { return strings.Join(quantityNames[:], ", ") }

// Statistics are those that a metric may be read by.
var statistics = []string{"Sum", "Average", "Minimum", "Maximum", "SampleCount"}

// IsStatistic reports whether a metric may be read by a statistic.
func IsStatistic(name string) bool { return slices.Contains(statistics, name) }

// Statistics lists them for messages.
func Statistics() string { return strings.Join(statistics, ", ") }

// dimensions are those of a subject, in order.
func (m Mapping) dimensions(s Subject) []Dimension {
	all := []Dimension{
		{m.Dimensions.Tenant, s.Tenant},
		{m.Dimensions.Image, s.Image},
		{m.Dimensions.MicroVM, s.MicroVM},
		{m.Dimensions.Role, s.Role},
	}
	return append(slices.DeleteFunc(all, func(d Dimension) bool { return d.Name == "" }), m.Match...)
}

// FromMeter reports whether the series are those of microspend's own meter, whatever its namespace: their names are as
// emf.Name makes them.
func (m Mapping) FromMeter() bool {
	meter := Dimensions{Tenant: emf.DimensionTenant, Image: emf.DimensionImage, MicroVM: m.Dimensions.MicroVM}
	if m.Dimensions != meter || m.Dimensions.MicroVM != "" && m.Dimensions.MicroVM != emf.DimensionMicroVMID {
		return false
	}
	metrics := emf.Metrics()
	return !slices.ContainsFunc(m.Metrics, func(of Metric) bool { return of.Name != metrics[of.Quantity].Name })
}

// Names are the names of all dimensions that a series of the mapping has, in the order in which [Mapping.Values] gives
// their values.
func (m Mapping) Names() []string {
	var names []string
	for _, d := range m.dimensions(Subject{}) {
		names = append(names, d.Name)
	}
	return names
}

// Values are the values of a subject's dimensions, in the order of [Mapping.Names].
func (m Mapping) Values(s Subject) []string {
	var values []string
	for _, d := range m.dimensions(s) {
		values = append(values, d.Value)
	}
	return values
}

// SubjectOf reads the subject of a series from its dimensions. It is false where they are not those of the mapping.
func (m Mapping) SubjectOf(dimensions []Dimension) (Subject, bool) {
	names := m.Names()
	if len(dimensions) != len(names) {
		return Subject{}, false
	}
	var s Subject
	for _, d := range dimensions {
		switch d.Name {
		case "":
			return s, false
		case m.Dimensions.Tenant:
			s.Tenant = d.Value
		case m.Dimensions.Image:
			s.Image = d.Value
		case m.Dimensions.MicroVM:
			s.MicroVM = d.Value
		case m.Dimensions.Role:
			s.Role = d.Value
		default:
			if !slices.Contains(m.Match, d) {
				return s, false
			}
		}
	}
	return s, true
}
