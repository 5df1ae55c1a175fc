package cloudwatch

import (
	"cmp"
	"fmt"
	"slices"

	"microspend/collector/mapping"
	"microspend/internal/emf"
	"microspend/internal/lazyregexp"
	"microspend/internal/scalar"
	"microspend/internal/strictyaml"
)

var accountID = lazyregexp.New(`^[0-9]{12}$`)

type mappingFile struct {
	Namespace  string                     `yaml:"namespace"`
	Dimensions *dimensionsFile            `yaml:"dimensions"`
	Match      strictyaml.Map[string]     `yaml:"match"`
	Metrics    strictyaml.Map[metricFile] `yaml:"metrics"`
	Series     []seriesFile               `yaml:"series"`
}

// seriesFile has the values of dimensions.
type seriesFile struct {
	Tenant  string `yaml:"tenant"`
	Image   string `yaml:"image"`
	MicroVM string `yaml:"microvm"`
	Role    string `yaml:"role"`
	Account string `yaml:"account"`
}

// dimensionsFile has the names of dimensions.
type dimensionsFile struct {
	Tenant  string `yaml:"tenant"`
	Image   string `yaml:"image"`
	MicroVM string `yaml:"microvm"`
	Role    string `yaml:"role"`
}

type metricFile struct {
	Name       string           `yaml:"name,required,shorthand"`
	Namespace  string           `yaml:"namespace"`
	Statistic  string           `yaml:"statistic"`
	Unit       string           `yaml:"unit"`
	Scale      *scalar.Positive `yaml:"scale"`
	Sparse     bool             `yaml:"sparse"`
	FilterUnit string           `yaml:"filter_unit"`
}

// mapping checks one entry. What it leaves out is as the meter has it.
func (f mappingFile) mapping(doc *strictyaml.Document, path string, linkedAccounts bool) mapping.Mapping {
	m := mapping.Default()
	m.Namespace = cmp.Or(f.Namespace, m.Namespace)
	if f.Dimensions != nil {
		m.Dimensions = mapping.Dimensions(*f.Dimensions)
		if m.Dimensions == (mapping.Dimensions{}) {
			doc.Fault(path+".dimensions", "names no tenant, image, microvm or role")
		}
	}
	for _, fixed := range f.Match {
		m.Match = append(m.Match, mapping.Dimension{Name: fixed.Key, Value: fixed.Value})
	}
	if names := m.Names(); hasTwice(names) {
		doc.Fault(path+".dimensions", "a dimension is used twice; each name may be used once")
	}
	if f.Namespace != "" && f.Namespace != emf.DefaultNamespace && len(f.Metrics) == 0 {
		doc.Fault(path+".metrics", "is missing; list the metrics of %s that are usage", f.Namespace)
	}
	if len(f.Metrics) > 0 {
		m.Metrics = nil
	}
	for _, entry := range f.Metrics {
		if metric, ok := entry.Value.metric(doc, path+".metrics."+entry.Key, entry.Key); ok {
			m.Metrics = append(m.Metrics, metric)
		}
	}
	for i, series := range f.Series {
		subject, at := mapping.Subject(series), fmt.Sprintf("%s.series[%d]", path, i)
		for _, d := range []struct{ key, name, value string }{
			{"tenant", m.Dimensions.Tenant, subject.Tenant},
			{"image", m.Dimensions.Image, subject.Image},
			{"microvm", m.Dimensions.MicroVM, subject.MicroVM},
			{"role", m.Dimensions.Role, subject.Role},
		} {
			switch {
			case d.name != "" && d.value == "":
				doc.Fault(at+"."+d.key, "is missing: the series have the dimension %s", d.name)
			case d.name == "" && d.value != "":
				doc.Fault(at+"."+d.key, "is given, but dimensions names no dimension for it")
			}
		}
		if series.Account != "" && !linkedAccounts {
			doc.Fault(at+".account", "is given, but include_linked_accounts is not true")
		} else if series.Account != "" && !accountID.MatchString(series.Account) {
			doc.Fault(at+".account", "%.40q is not an account id of 12 digits", series.Account)
		}
		if slices.Contains(m.Series, subject) {
			doc.Fault(at, "is listed twice, and would count twice")
		}
		m.Series = append(m.Series, subject)
	}
	return m
}

func hasTwice(names []string) bool {
	sorted := slices.Sorted(slices.Values(names))
	return len(slices.Compact(sorted)) < len(names)
}

func (f metricFile) metric(doc *strictyaml.Document, path, quantity string) (m mapping.Metric, ok bool) {
	q, err := mapping.ParseQuantity(quantity)
	if err != nil {
		doc.Fault(path, "unknown key; allowed here: %s", mapping.Words())
		return m, false
	}
	m = mapping.Metric{
		Quantity: q, Namespace: f.Namespace, Name: f.Name, Statistic: cmp.Or(f.Statistic, "Sum"), Unit: mapping.RecordUnit(q),
		Sparse: f.Sparse, UnitFilter: f.FilterUnit,
	}
	if !mapping.IsStatistic(m.Statistic) {
		doc.Fault(path+".statistic", "unknown statistic %.40q; valid statistics: %s", m.Statistic,
			mapping.Statistics())
	}
	if f.Unit != "" {
		if m.Unit, err = mapping.ParseUnit(q, f.Unit); err != nil {
			doc.Fault(path+".unit", "%s", err)
		}
	}
	if m.Unit.Level() && m.Statistic == "Sum" {
		doc.Fault(path+".statistic", "the sum of %s is not how much is in use; give Average, or the unit with its time",
			m.Unit)
	}
	if f.Scale != nil {
		m.Scale = f.Scale.Decimal
	}
	return m, true
}
