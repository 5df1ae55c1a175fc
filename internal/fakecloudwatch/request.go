package fakecloudwatch

import (
	"errors"
	"fmt"
	"math"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/smithy-go/encoding/cbor"
)

// The requests as they come over the wire, in Smithy RPC v2 CBOR, are read into the SDK's own input types. A member
// of the wrong kind is an error, one that is not known here is ignored, as services do.

// members reads the members of a CBOR map. The first fault is kept.
type members struct {
	of    cbor.Map
	fault error
}

func (m *members) wrong(name string, want string) {
	if m.fault == nil {
		m.fault = fmt.Errorf("member %s is no %s", name, want)
	}
}

func (m *members) text(name string) *string {
	value, given := m.of[name]
	if !given {
		return nil
	}
	text, ok := value.(cbor.String)
	if !ok {
		m.wrong(name, "text")
		return nil
	}
	out := string(text)
	return &out
}

func (m *members) word(name string) string {
	if text := m.text(name); text != nil {
		return *text
	}
	return ""
}

func (m *members) whole(name string) *int32 { return decoded(m, name, "whole number", cbor.AsInt32) }

func (m *members) number(name string) *float64 { return decoded(m, name, "number", cbor.AsFloat64) }

func (m *members) truth(name string) *bool {
	return decoded(m, name, "truth value", func(value cbor.Value) (bool, error) {
		truth, ok := value.(cbor.Bool)
		if !ok {
			return false, errors.ErrUnsupported
		}
		return bool(truth), nil
	})
}

// decoded reads a member; nil where it is not given.
func decoded[T any](m *members, name, kind string, as func(cbor.Value) (T, error)) *T {
	value, given := m.of[name]
	if !given {
		return nil
	}
	out, err := as(value)
	if err != nil {
		m.wrong(name, kind)
	}
	return &out
}

// each reads a list of structures.
func each[T any](m *members, name string, read func(*members) T) []T {
	value, given := m.of[name]
	if !given {
		return nil
	}
	list, ok := value.(cbor.List)
	if !ok {
		m.wrong(name, "list")
		return nil
	}
	out := make([]T, 0, len(list))
	for _, item := range list {
		of, ok := item.(cbor.Map)
		if !ok {
			m.wrong(name, "list of structures")
			return nil
		}
		inner := &members{of: of}
		out = append(out, read(inner))
		if inner.fault != nil && m.fault == nil {
			m.fault = fmt.Errorf("%s: %w", name, inner.fault)
		}
	}
	return out
}

func one[T any](m *members, name string, read func(*members) T) *T {
	value, given := m.of[name]
	if !given {
		return nil
	}
	of, ok := value.(cbor.Map)
	if !ok {
		m.wrong(name, "structure")
		return nil
	}
	inner := &members{of: of}
	out := read(inner)
	if inner.fault != nil && m.fault == nil {
		m.fault = fmt.Errorf("%s: %w", name, inner.fault)
	}
	return &out
}

func (m *members) numbers(name string) []float64 {
	value, given := m.of[name]
	if !given {
		return nil
	}
	list, ok := value.(cbor.List)
	if !ok {
		m.wrong(name, "list")
		return nil
	}
	out := make([]float64, len(list))
	for i, item := range list {
		number, err := cbor.AsFloat64(item)
		if err != nil || math.IsNaN(number) || math.IsInf(number, 0) {
			m.wrong(name, "list of numbers")
		}
		out[i] = number
	}
	return out
}

// decodeBody reads the outermost structure of a request; an empty body is one without members.
func decodeBody(body []byte) (*members, error) {
	if len(body) == 0 {
		return &members{of: cbor.Map{}}, nil
	}
	value, err := cbor.Decode(body)
	if err != nil {
		return nil, err
	}
	of, ok := value.(cbor.Map)
	if !ok {
		return nil, errors.New("the body is no structure")
	}
	return &members{of: of}, nil
}

func readDimension(m *members) types.Dimension {
	return types.Dimension{Name: m.text("Name"), Value: m.text("Value")}
}

func readMetricStat(m *members) types.MetricStat {
	return types.MetricStat{
		Metric: one(m, "Metric", func(m *members) types.Metric {
			return types.Metric{
				Namespace: m.text("Namespace"), MetricName: m.text("MetricName"), Dimensions: each(m, "Dimensions", readDimension),
			}
		}),
		Period: m.whole("Period"), Stat: m.text("Stat"), Unit: types.StandardUnit(m.word("Unit")),
	}
}

func decodeGetMetricData(body []byte) (*cloudwatch.GetMetricDataInput, error) {
	m, err := decodeBody(body)
	if err != nil {
		return nil, err
	}
	in := &cloudwatch.GetMetricDataInput{
		MetricDataQueries: each(m, "MetricDataQueries", func(m *members) types.MetricDataQuery {
			return types.MetricDataQuery{
				Id: m.text("Id"), AccountId: m.text("AccountId"), Expression: m.text("Expression"), Label: m.text("Label"),
				MetricStat: one(m, "MetricStat", readMetricStat), Period: m.whole("Period"), ReturnData: m.truth("ReturnData"),
			}
		}),
		NextToken: m.text("NextToken"), ScanBy: types.ScanBy(m.word("ScanBy")), MaxDatapoints: m.whole("MaxDatapoints"),
		LabelOptions: one(m, "LabelOptions", func(m *members) types.LabelOptions {
			return types.LabelOptions{Timezone: m.text("Timezone")}
		}),
	}
	in.StartTime, in.EndTime = m.moment("StartTime"), m.moment("EndTime")
	return in, m.fault
}

func decodeListMetrics(body []byte) (*cloudwatch.ListMetricsInput, error) {
	m, err := decodeBody(body)
	if err != nil {
		return nil, err
	}
	in := &cloudwatch.ListMetricsInput{
		Namespace: m.text("Namespace"), MetricName: m.text("MetricName"), NextToken: m.text("NextToken"),
		Dimensions: each(m, "Dimensions", func(m *members) types.DimensionFilter {
			return types.DimensionFilter{Name: m.text("Name"), Value: m.text("Value")}
		}),
		RecentlyActive:        types.RecentlyActive(m.word("RecentlyActive")),
		IncludeLinkedAccounts: m.truth("IncludeLinkedAccounts"), OwningAccount: m.text("OwningAccount"),
	}
	return in, m.fault
}

func decodePutMetricData(body []byte) (*cloudwatch.PutMetricDataInput, error) {
	m, err := decodeBody(body)
	if err != nil {
		return nil, err
	}
	in := &cloudwatch.PutMetricDataInput{
		Namespace: m.text("Namespace"), MetricData: each(m, "MetricData", readDatum),
		StrictEntityValidation: m.truth("StrictEntityValidation"),
		EntityMetricData: each(m, "EntityMetricData", func(m *members) types.EntityMetricData {
			return types.EntityMetricData{
				MetricData: each(m, "MetricData", readDatum),
				Entity: one(m, "Entity", func(m *members) types.Entity {
					return types.Entity{KeyAttributes: m.texts("KeyAttributes"), Attributes: m.texts("Attributes")}
				}),
			}
		}),
	}
	return in, m.fault
}

func readDatum(m *members) types.MetricDatum {
	return types.MetricDatum{
		MetricName: m.text("MetricName"), Dimensions: each(m, "Dimensions", readDimension), Timestamp: m.moment("Timestamp"),
		Value: m.number("Value"), Values: m.numbers("Values"), Counts: m.numbers("Counts"),
		Unit: types.StandardUnit(m.word("Unit")), StorageResolution: m.whole("StorageResolution"),
		StatisticValues: one(m, "StatisticValues", func(m *members) types.StatisticSet {
			return types.StatisticSet{
				SampleCount: m.number("SampleCount"), Sum: m.number("Sum"), Minimum: m.number("Minimum"),
				Maximum: m.number("Maximum"),
			}
		}),
	}
}
