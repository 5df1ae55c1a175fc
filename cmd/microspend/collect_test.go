package main

import (
	"fmt"
	"net/http/httptest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/rogpeppe/go-internal/testscript"

	"microspend/internal/emf"
	"microspend/internal/fakecloudwatch"
)

// setUpAWS gives a script a CloudWatch of its own at $CLOUDWATCH, on the scripts' clock, with the metrics of a meter:
// two tenants, a line a minute from 09:00 to 11:30 on the scripts' day. At $FORBIDDEN the same is not to be read by
// whoever asks, at $PARTIAL those of bravo are not, at $NEGATIVE the first value of each of bravo's series is below
// zero, and nothing listens at $NOBODY.
func setUpAWS(env *testscript.Env) error {
	clock := func() time.Time { return scriptDay }
	metrics := meteredCloudWatch(fakecloudwatch.Options{Now: clock})
	partial := meteredCloudWatch(fakecloudwatch.Options{Now: clock, Faults: func(call fakecloudwatch.Call) fakecloudwatch.Fault {
		return fakecloudwatch.Fault{Result: func(r *types.MetricDataResult) {
			for _, q := range call.Get.MetricDataQueries {
				if *q.Id == *r.Id && *q.MetricStat.Metric.Dimensions[0].Value == "bravo" {
					*r = types.MetricDataResult{Id: r.Id, StatusCode: types.StatusCodeForbidden}
				}
			}
		}}
	}})
	negative := meteredCloudWatch(fakecloudwatch.Options{Now: clock, Faults: func(call fakecloudwatch.Call) fakecloudwatch.Fault {
		return fakecloudwatch.Fault{Result: func(r *types.MetricDataResult) {
			for _, q := range call.Get.MetricDataQueries {
				if *q.Id == *r.Id && *q.MetricStat.Metric.Dimensions[0].Value == "bravo" && len(r.Values) > 0 {
					r.Values[0] = -1
				}
			}
		}}
	}})
	forbidden := fakecloudwatch.NewCloudWatch(fakecloudwatch.Options{Faults: func(fakecloudwatch.Call) fakecloudwatch.Fault { return fakecloudwatch.Denied }})
	for name, of := range map[string]*fakecloudwatch.CloudWatch{
		"CLOUDWATCH": metrics, "FORBIDDEN": forbidden, "PARTIAL": partial, "NEGATIVE": negative,
	} {
		server := httptest.NewServer(of)
		env.Defer(server.Close)
		env.Setenv(name, server.URL)
		env.Setenv("TAKEN", server.Listener.Addr().String())
	}
	nobody := httptest.NewServer(metrics)
	nobody.Close()
	env.Setenv("NOBODY", nobody.URL)
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_ACCOUNT_ID": fakecloudwatch.DefaultAccount,
		"AWS_REGION": "eu-west-1", "AWS_CONFIG_FILE": "none", "AWS_SHARED_CREDENTIALS_FILE": "none",
		"AWS_EC2_METADATA_DISABLED": "true",
	} {
		env.Setenv(name, fmt.Sprint(value))
	}
	return nil
}

// meteredCloudWatch is a CloudWatch with the metrics of two tenants.
func meteredCloudWatch(options fakecloudwatch.Options) *fakecloudwatch.CloudWatch {
	metrics := fakecloudwatch.NewCloudWatch(options)
	place := fakecloudwatch.Place{Account: fakecloudwatch.DefaultAccount, Region: "eu-west-1"}
	for _, tenant := range []string{"acme", "bravo"} {
		for minute := range 150 {
			at := scriptDay.Add(-3*time.Hour + time.Duration(minute)*time.Minute)
			for i, value := range []int64{60_000, 60_000 * 2048, 0, 0, 0} {
				metrics.Put(place, fakecloudwatch.Metric{
					Namespace: emf.DefaultNamespace, Name: emf.Metrics()[i].Name,
					Dimensions: map[string]string{"Tenant": tenant, "Image": "web"},
				}, fakecloudwatch.Value(at, float64(value)))
			}
		}
	}
	return metrics
}
