package fakecloudwatch

import (
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

// Fault is what goes wrong with a call. The zero value is nothing.
type Fault struct {
	// Status and Code make the reply an error of the service, such as 400 Throttling or 500 InternalServiceFault.
	Status        int
	Code, Message string

	Delay   time.Duration
	Drop    Drop
	Garbage []byte // in place of the reply

	// Result may change a result of GetMetricData, as by another status code. Nil changes none.
	Result func(*types.MetricDataResult)
	// List and Get may change a reply of ListMetrics and GetMetricData as a whole. They are given an empty one where the
	// request's token is none of this server's, so that a reply can lead anywhere. Nil changes none.
	List func(*cloudwatch.ListMetricsOutput)
	Get  func(*cloudwatch.GetMetricDataOutput)
	// Messages are added to the reply of GetMetricData.
	Messages []types.MessageData
}

// Drop is when a connection breaks.
type Drop uint8

// The moments a connection can break at.
const (
	NoDrop     Drop = iota
	DropBefore      // before anything was answered
	DropMidway      // in the middle of the reply
)

// The errors that CloudWatch's callers meet.
var (
	Throttled = Fault{Status: http.StatusBadRequest, Code: "Throttling", Message: "Rate exceeded"}
	TooMany   = Fault{Status: http.StatusTooManyRequests, Code: "ThrottlingException", Message: "Rate exceeded"}
	Internal  = Fault{
		Status: http.StatusInternalServerError, Code: "InternalServiceFault",
		Message: "The request processing has failed",
	}
	Down    = Fault{Status: http.StatusServiceUnavailable, Code: "ServiceUnavailable", Message: "Service Unavailable"}
	Expired = Fault{Status: http.StatusForbidden, Code: "ExpiredToken", Message: "The security token included in " +
		"the request is expired"}
	Denied = Fault{
		Status: http.StatusForbidden, Code: "AccessDenied",
		Message: "User: arn:aws:iam::123456789012:user/reader is not authorized to perform: cloudwatch:GetMetricData",
	}
)

// bucket lets through so many calls a second, and as many at once.
type bucket struct {
	rate   float64
	tokens float64
	last   time.Time
}

func (b *bucket) take() bool {
	if b.rate <= 0 {
		return true
	}
	now := time.Now()
	if b.last.IsZero() {
		b.tokens = b.rate
	} else {
		b.tokens = min(b.rate, b.tokens+now.Sub(b.last).Seconds()*b.rate)
	}
	b.last = now
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}
