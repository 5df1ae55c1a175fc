package fakecloudwatch

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"
)

// emfLine is the part of a log line in Embedded Metric Format that says which members are metrics.
type emfLine struct {
	AWS *struct {
		Timestamp         int64
		CloudWatchMetrics []struct {
			Namespace  string
			Dimensions [][]string
			Metrics    []struct {
				Name, Unit        string
				StorageResolution int
			}
		}
	} `json:"_aws"`
}

// Limits of the Embedded Metric Format specification, CloudWatch documentation, read 2026.
const (
	maxDimensions = 30
	maxMetrics    = 100
	maxValues     = 100
	backdated     = 14 * day
	ahead         = 2 * time.Hour
)

// PutLine makes the metrics of a log line in Embedded Metric Format, as CloudWatch Logs does for a line that it
// receives. A line that the published rules refuse is an error; a line without metrics is none.
func (c *CloudWatch) PutLine(place Place, line []byte) error {
	var head emfLine
	if err := json.Unmarshal(line, &head); err != nil {
		return fmt.Errorf("no JSON: %w", err)
	}
	if head.AWS == nil {
		return nil
	}
	var root map[string]json.RawMessage
	if err := json.Unmarshal(line, &root); err != nil {
		return fmt.Errorf("no JSON object: %w", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.options.Now()
	at := time.UnixMilli(head.AWS.Timestamp).UTC()
	if now.Sub(at) > backdated || at.Sub(now) > ahead {
		return fmt.Errorf("the timestamp %s is not within two weeks before and two hours after now", at.Format(time.RFC3339))
	}
	for _, directive := range head.AWS.CloudWatchMetrics {
		if n := len(directive.Namespace); n < 1 || n > 1024 {
			return errors.New("a namespace has 1 to 1024 bytes")
		}
		if len(directive.Metrics) > maxMetrics {
			return fmt.Errorf("there are more than %d metrics", maxMetrics)
		}
		for _, set := range directive.Dimensions {
			dimensions, err := dimensionSet(root, set)
			if err != nil {
				return err
			}
			for _, definition := range directive.Metrics {
				datum, err := lineDatum(root[definition.Name])
				if err != nil {
					return fmt.Errorf("metric %q: %w", definition.Name, err)
				}
				datum.At, datum.Unit = at, definition.Unit
				c.at(place).put(Metric{directive.Namespace, definition.Name, dimensions}, datum, now)
			}
		}
	}
	return nil
}

func dimensionSet(root map[string]json.RawMessage, names []string) (map[string]string, error) {
	if len(names) > maxDimensions {
		return nil, fmt.Errorf("a set has more than %d dimensions", maxDimensions)
	}
	out := map[string]string{}
	for _, name := range names {
		var value string
		if err := json.Unmarshal(root[name], &value); err != nil || value == "" || len(value) > 1024 {
			return nil, fmt.Errorf("dimension %q has no value of 1 to 1024 bytes of text", name)
		}
		out[name] = value
	}
	return out, nil
}

// lineDatum reads a number or a list of up to a hundred.
func lineDatum(text json.RawMessage) (Datum, error) {
	var values []float64
	if bytes.HasPrefix(bytes.TrimSpace(text), []byte("[")) {
		if err := json.Unmarshal(text, &values); err != nil {
			return Datum{}, err
		}
	} else {
		var value float64
		if err := json.Unmarshal(text, &value); err != nil {
			return Datum{}, errors.New("is not a number")
		}
		values = []float64{value}
	}
	if len(values) == 0 || len(values) > maxValues {
		return Datum{}, fmt.Errorf("has not 1 to %d values", maxValues)
	}
	datum := Datum{Min: math.Inf(1), Max: math.Inf(-1), Samples: float64(len(values))}
	for _, value := range values {
		datum.Sum += value
		datum.Min, datum.Max = min(datum.Min, value), max(datum.Max, value)
	}
	return datum, nil
}
