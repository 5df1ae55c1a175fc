package fakecloudwatch

import (
	"time"

	"github.com/aws/smithy-go/encoding/cbor"
)

// moment reads a timestamp: tag 1 around seconds since 1970.
func (m *members) moment(name string) *time.Time {
	value, given := m.of[name]
	if !given {
		return nil
	}
	at, err := cbor.AsTime(value)
	if err != nil {
		m.wrong(name, "timestamp")
	}
	at = at.UTC()
	return &at
}

// texts reads a map of texts.
func (m *members) texts(name string) map[string]string {
	value, given := m.of[name]
	if !given {
		return nil
	}
	of, ok := value.(cbor.Map)
	if !ok {
		m.wrong(name, "map")
		return nil
	}
	out := make(map[string]string, len(of))
	inner := members{of: of}
	for key := range of {
		out[key] = inner.word(key)
	}
	if inner.fault != nil && m.fault == nil {
		m.fault = inner.fault
	}
	return out
}
