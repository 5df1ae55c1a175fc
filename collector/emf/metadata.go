package emf

import (
	"fmt"
	"slices"
)

// metadata reads the member _aws, from which the metrics are known. It must be as a meter writes it: a sum that
// CloudWatch makes of a line by other rules than ours would not be what the line says.
func (l *Line) metadata(s *scanner) (timestamp int64, fault *Error) {
	at := s.at
	var hasTimestamp, hasDirectives bool
	directives := 0
	fault = s.object(func(key []byte, at int) *Error {
		var fault *Error
		switch string(key) {
		case "Timestamp":
			if hasTimestamp {
				return &Error{Invalid, at, "_aws.Timestamp is there twice"}
			}
			hasTimestamp = true
			timestamp, fault = s.integer()
			return fault
		case "CloudWatchMetrics":
			if hasDirectives {
				return &Error{Invalid, at, "_aws.CloudWatchMetrics is there twice"}
			}
			hasDirectives = true
			return s.array(func() *Error {
				directives++
				return l.directive(s)
			})
		}
		return &Error{Invalid, at, fmt.Sprintf("_aws has a member %.40q", key)}
	})
	switch {
	case fault != nil:
		return 0, fault
	case !hasTimestamp || !hasDirectives:
		return 0, &Error{Invalid, at, "_aws lacks Timestamp or CloudWatchMetrics"}
	case directives > 1:
		return 0, &Error{Invalid, at, "there is more than one metric directive"}
	case directives == 0:
		l.Publication = Publication{Namespace: DefaultNamespace, Metrics: NoMetrics}
	}
	return timestamp, nil
}

// directive reads a metric directive.
func (l *Line) directive(s *scanner) *Error {
	at := s.at
	var sets [][]string
	var found []Metric
	var namespace string
	var seen [3]bool
	fault := s.object(func(key []byte, at int) *Error {
		member := -1
		for i, name := range [3]string{"Namespace", "Dimensions", "Metrics"} {
			if string(key) == name {
				member = i
			}
		}
		if member < 0 || seen[member] {
			return &Error{Invalid, at, fmt.Sprintf("the member %.40q of a metric directive is unknown or there twice", key)}
		}
		seen[member] = true
		var fault *Error
		switch member {
		case 0:
			namespace, fault = s.string()
		case 1:
			fault = s.array(func() *Error {
				var set []string
				fault := s.array(func() *Error {
					key, fault := s.string()
					set = append(set, key)
					return fault
				})
				sets = append(sets, set)
				return fault
			})
		case 2:
			fault = s.array(func() *Error {
				metric, fault := s.metric()
				found = append(found, metric)
				return fault
			})
		}
		return fault
	})
	if fault != nil {
		return fault
	}
	p := Publication{Namespace: namespace, PerMicroVM: len(sets) == 2}
	if len(found) == metricCount {
		p.Metrics = AllMetrics
	}
	if !seen[0] || len(sets) != p.Sets() || len(found) != p.Metrics.Count() {
		return &Error{Invalid, at, "the metric directive is not one that a meter writes"}
	}
	for i, set := range sets {
		if !slices.Equal(set, dimensionSets[i]) {
			return &Error{Invalid, at, fmt.Sprintf("the dimensions %.80q are not those that a meter writes", set)}
		}
	}
	for i, metric := range found {
		if metric.Name != metrics[i].Name || metric.Unit != metrics[i].Unit {
			return &Error{Invalid, at, fmt.Sprintf("the metric %.40q in %.40q is not the one that a meter writes there",
				metric.Name, metric.Unit)}
		}
	}
	l.Publication = p
	return nil
}

// dimensionSets are those of a line, the second only where metrics are published per MicroVM. Never written to.
var dimensionSets = [2][]string{
	{DimensionTenant, DimensionImage},
	{DimensionTenant, DimensionImage, DimensionMicroVMID},
}

// metric reads the definition of a metric.
func (s *scanner) metric() (m Metric, fault *Error) {
	fault = s.object(func(key []byte, at int) (fault *Error) {
		switch {
		case string(key) == "Name" && m.Name == "":
			m.Name, fault = s.string()
		case string(key) == "Unit" && m.Unit == "":
			m.Unit, fault = s.string()
		default:
			fault = &Error{Invalid, at, fmt.Sprintf("the member %.40q of a metric is unknown or there twice", key)}
		}
		return fault
	})
	return m, fault
}
