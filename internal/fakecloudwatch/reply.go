package fakecloudwatch

import (
	"encoding/binary"
	"math"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

// Replies are written as AWS writes them: structures and lists of indefinite length, members in the order of their
// names, what is not set left out, numbers as 64-bit floats, timestamps as tag 1 around one.

const (
	beginMap  = 0xbf
	beginList = 0x9f
	end       = 0xff
	epochTag  = 0xc1
	float64ID = 0xfb
)

func appendText(b []byte, text string) []byte {
	const major = 3 << 5
	switch n := len(text); {
	case n < 24:
		b = append(b, major|byte(n))
	case n < 1<<8:
		b = append(b, major|24, byte(n))
	case n < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, major|25), uint16(n))
	default:
		b = binary.BigEndian.AppendUint32(append(b, major|26), uint32(n))
	}
	return append(b, text...)
}

func appendMember(b []byte, name string, value *string) []byte {
	if value == nil {
		return b
	}
	return appendText(appendText(b, name), *value)
}

func appendNumber(b []byte, value float64) []byte {
	return binary.BigEndian.AppendUint64(append(b, float64ID), math.Float64bits(value))
}

func appendMoment(b []byte, at time.Time) []byte {
	return appendNumber(append(b, epochTag), float64(at.UnixMilli())/1000)
}

func appendList[T any](b []byte, name string, list []T, one func([]byte, T) []byte) []byte {
	if list == nil {
		return b
	}
	b = append(appendText(b, name), beginList)
	for _, item := range list {
		b = one(b, item)
	}
	return append(b, end)
}

func appendMessage(b []byte, message types.MessageData) []byte {
	b = appendMember(append(b, beginMap), "Code", message.Code)
	return append(appendMember(b, "Value", message.Value), end)
}

// AppendGetMetricData appends the reply to GetMetricData.
func AppendGetMetricData(b []byte, out *cloudwatch.GetMetricDataOutput) []byte {
	b = appendList(append(b, beginMap), "Messages", out.Messages, appendMessage)
	b = appendList(b, "MetricDataResults", out.MetricDataResults, func(b []byte, result types.MetricDataResult) []byte {
		b = appendMember(append(b, beginMap), "Id", result.Id)
		b = appendMember(b, "Label", result.Label)
		b = appendList(b, "Messages", result.Messages, appendMessage)
		if result.StatusCode != "" {
			b = appendText(appendText(b, "StatusCode"), string(result.StatusCode))
		}
		b = appendList(b, "Timestamps", result.Timestamps, appendMoment)
		return append(appendList(b, "Values", result.Values, appendNumber), end)
	})
	return append(appendMember(b, "NextToken", out.NextToken), end)
}

func appendListMetrics(b []byte, out *cloudwatch.ListMetricsOutput) []byte {
	b = appendList(append(b, beginMap), "Metrics", out.Metrics, func(b []byte, metric types.Metric) []byte {
		b = appendList(append(b, beginMap), "Dimensions", metric.Dimensions, func(b []byte, d types.Dimension) []byte {
			return append(appendMember(appendMember(append(b, beginMap), "Name", d.Name), "Value", d.Value), end)
		})
		return append(appendMember(appendMember(b, "MetricName", metric.MetricName), "Namespace", metric.Namespace), end)
	})
	b = appendMember(b, "NextToken", out.NextToken)
	return append(appendList(b, "OwningAccounts", out.OwningAccounts, appendText), end)
}

// appendError appends the body of an error. The member of the message is called as the service's model has it, which is
// Message for some errors and message for the others.
func appendError(b []byte, code, message string) []byte {
	member := "message"
	if code == "InternalServiceFault" {
		member = "Message"
	}
	b = appendMember(append(b, beginMap), "__type", &code)
	return append(appendMember(b, member, &message), end)
}
