package mapping

import (
	"fmt"
	"slices"

	"microspend/internal/emf"
)

// Default is the mapping of the metrics that microspend's own meter publishes by default: the billed quantities in the
// record's own units, summed per tenant and image.
func Default() Mapping {
	m := Mapping{
		Namespace:  emf.DefaultNamespace,
		Dimensions: Dimensions{Tenant: emf.DimensionTenant, Image: emf.DimensionImage},
	}
	for q, metric := range emf.BilledMetrics.Metrics() {
		m.Metrics = append(m.Metrics, Metric{
			Quantity: Quantity(q), Name: metric.Name, Statistic: "Sum", Unit: RecordUnit(Quantity(q)),
		})
	}
	return m
}

// ParseQuantity reads the word used in the configuration.
func ParseQuantity(word string) (Quantity, error) {
	if i := slices.Index(quantityNames[:], word); i >= 0 {
		return Quantity(i), nil
	}
	return 0, fmt.Errorf("unknown quantity %.40q", word)
}
