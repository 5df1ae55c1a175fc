package mapping

import (
	"fmt"

	"microspend/usage"
)

// MeterNamespace is the namespace of microspend's own meter.
const MeterNamespace = "microspend"

// Default is the mapping of the metrics that microspend's own meter publishes by default: the five billed quantities in
// the record's own units, summed per tenant and image.
func Default() Mapping {
	return Mapping{
		Namespace:  MeterNamespace,
		Dimensions: Dimensions{Tenant: "Tenant", Image: "Image"},
		Metrics:    MeterMetrics(VCPU, Memory, SnapshotRead, SnapshotWrite, SnapshotStorage),
	}
}

// MeterMetrics are the metrics of the meter for quantities.
func MeterMetrics(quantities ...Quantity) []Metric {
	var metrics []Metric
	for _, q := range quantities {
		metrics = append(metrics, Metric{Quantity: q, Name: meterNames[q], Statistic: "Sum", Unit: RecordUnit(q)})
	}
	return metrics
}

var meterNames = [usage.MeasureCount]string{
	VCPU:            "VCPUMilliseconds",
	Memory:          "MemoryMiBMilliseconds",
	SnapshotRead:    "SnapshotReadBytes",
	SnapshotWrite:   "SnapshotWriteBytes",
	SnapshotStorage: "SnapshotStorageByteSeconds",
	Running:         "RunningMilliseconds",
	Suspended:       "SuspendedMilliseconds",
	Launches:        "Launches",
	Suspends:        "Suspends",
	Resumes:         "Resumes",
}

// MeterName is what the meter calls a quantity.
func MeterName(q Quantity) string { return meterNames[q] }

// ParseQuantity reads the word used in the configuration.
func ParseQuantity(word string) (Quantity, error) {
	for i, name := range quantityNames {
		if name == word {
			return Quantity(i), nil
		}
	}
	return 0, fmt.Errorf("%.40q is no quantity", word)
}
