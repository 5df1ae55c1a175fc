package fakecloudwatch

import (
	"fmt"
	"hash/fnv"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

// Fleet is a CloudWatch of a fleet that is too large to be held: every metric has a datapoint in every period, which is
// worked out as it is asked for. It is what benchmarks read from; it keeps to no limits and knows no faults.
type Fleet struct {
	Namespace string
	Metrics   []string
	MicroVMs  int
	Tenants   int
}

// name names the n-th MicroVM and its tenant.
func (f Fleet) name(n int) (microVM, tenant string) {
	return fmt.Sprintf("mvm-%08d", n), fmt.Sprintf("tenant-%04d", n%f.Tenants)
}

// Points is how many data points a window of so many periods has.
func (f Fleet) Points(periods int) int { return f.MicroVMs * len(f.Metrics) * periods }

// ServeHTTP answers GetMetricData and ListMetrics.
func (f Fleet) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := readBody(r)
	if err != nil {
		return
	}
	var answer []byte
	switch operation, _ := strings.CutPrefix(r.URL.Path, servicePath); operation {
	case "GetMetricData":
		var in *cloudwatch.GetMetricDataInput
		if in, err = decodeGetMetricData(body); err == nil {
			answer = f.data(in)
		}
	case "ListMetrics":
		var in *cloudwatch.ListMetricsInput
		if in, err = decodeListMetrics(body); err == nil {
			answer, err = f.list(in)
		}
	default:
		err = fmt.Errorf("no operation %q", operation)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header().Set("Smithy-Protocol", "rpc-v2-cbor")
	w.Header().Set("Content-Type", "application/cbor")
	w.Header().Set("Content-Length", fmt.Sprint(len(answer)))
	_, _ = w.Write(answer)
}

// data writes the reply as it goes, as it would take longer to make than to read otherwise.
func (f Fleet) data(in *cloudwatch.GetMetricDataInput) []byte {
	period := time.Duration(*in.MetricDataQueries[0].MetricStat.Period) * time.Second
	var times []byte
	periods := 0
	for at := *in.StartTime; at.Before(*in.EndTime); at = at.Add(period) {
		times = appendMoment(times, at)
		periods++
	}
	b := make([]byte, 0, len(in.MetricDataQueries)*(len(times)+periods*9+200)+100)
	b = append(appendText(append(b, beginMap), "MetricDataResults"), beginList)
	for i := range in.MetricDataQueries {
		query := &in.MetricDataQueries[i]
		hash := fnv.New32a()
		for _, d := range query.MetricStat.Metric.Dimensions {
			_, _ = hash.Write([]byte(*d.Value))
		}
		first := hash.Sum32() % 60_000
		b = appendMember(append(b, beginMap), "Id", query.Id)
		b = appendMember(b, "Label", query.Label)
		b = appendText(appendText(b, "StatusCode"), string(types.StatusCodeComplete))
		b = append(append(append(appendText(b, "Timestamps"), beginList), times...), end)
		b = append(appendText(b, "Values"), beginList)
		for p := range periods {
			b = appendNumber(b, float64(240_000+(first+uint32(p)*7919)%60_000))
		}
		b = append(b, end, end)
	}
	return append(b, end, end)
}

func (f Fleet) list(in *cloudwatch.ListMetricsInput) ([]byte, error) {
	request := hashOf(in.Namespace, in.MetricName)
	skip, err := readToken(in.NextToken, request)
	if err != nil {
		return nil, err
	}
	out := &cloudwatch.ListMetricsOutput{}
	text := func(s string) *string { return &s }
	for n := skip; n < f.MicroVMs && len(out.Metrics) < MaxListed; n++ {
		microVM, tenant := f.name(n)
		out.Metrics = append(out.Metrics, types.Metric{
			Namespace: in.Namespace, MetricName: in.MetricName,
			Dimensions: []types.Dimension{
				{Name: text("Tenant"), Value: &tenant}, {Name: text("Image"), Value: text("web")}, {
					Name:  text("MicrovmId"),
					Value: &microVM,
				},
			},
		})
	}
	if next := skip + len(out.Metrics); next < f.MicroVMs {
		out.NextToken = token{request, next}.text()
	}
	return appendListMetrics(nil, out), nil
}
