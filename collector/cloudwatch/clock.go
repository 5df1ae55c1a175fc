package cloudwatch

import (
	"context"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/middleware"
	smithy "github.com/aws/smithy-go/middleware"

	"microspend/collector"
)

// clocks are how far CloudWatch's clock is ahead of this machine's, by the last reply to each client.
type clocks struct {
	mu    sync.Mutex
	ahead map[*Client]time.Duration
	at    map[*Client]time.Time // of the last reply, by this machine
}

// told notes the time of a reply.
func (c *clocks) told(client *Client, reply smithy.Metadata) {
	service, dated := middleware.GetServerTime(reply)
	here, timed := middleware.GetResponseAt(reply)
	if !dated || !timed {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ahead == nil {
		c.ahead, c.at = map[*Client]time.Duration{}, map[*Client]time.Time{}
	}
	c.ahead[client], c.at[client] = service.Sub(here), here
}

// ServiceTime implements collector.ClockSource.
func (s *Source) ServiceTime(target collector.Target, since time.Time) (time.Time, bool) {
	t, err := s.targets.For(context.Background(), target) // which is made by now, where there was a reply
	if err != nil {
		return time.Time{}, false
	}
	s.clocks.mu.Lock()
	defer s.clocks.mu.Unlock()
	at, known := s.clocks.at[t.Client]
	return s.options.Now().Add(s.clocks.ahead[t.Client]), known && !at.Before(since)
}
