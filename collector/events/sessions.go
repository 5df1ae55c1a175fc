package events

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"microspend/internal/tabular"
	"microspend/usage"
)

// ours are the names under which a column provider means MicroVMs. Sessions of others cost something else.
var ours = map[string]bool{
	"": true, "microvm": true, "microvms": true, "lambda-microvm": true, "lambda-microvms": true,
	"aws-lambda-microvm":  true,
	"aws-lambda-microvms": true, "aws-lambda": true, "lambda": true, "aws": true,
}

// session takes in a row of a table of sessions.
func (r *Reader) session() error {
	if provider := strings.ToLower(r.text(columnProvider)); !ours[strings.ReplaceAll(provider, "_", "-")] {
		r.others[r.text(columnProvider)]++
		return nil
	}
	id := r.text(columnID)
	if id == "" {
		return errors.New("microvm_id is missing")
	}
	start, err := tabular.Moment(r.text(columnStart))
	if err != nil {
		return fmt.Errorf("%s: %w", columns[columnStart].name, err)
	}
	l, err := r.launch(id, start.UnixMilli())
	if err != nil {
		return err
	}
	if tabular.Missing(r.text(columnEnd)) {
		r.withdraw(l)
		r.expire(l)
		return nil
	}
	stop, err := tabular.Moment(r.text(columnEnd))
	switch {
	case err != nil:
		return fmt.Errorf("%s: %w", columns[columnEnd].name, err)
	case stop.Before(start):
		return fmt.Errorf("it ends at %s, before it starts", stop.Format(time.RFC3339))
	}
	if stop.UnixMilli() > l.end() {
		r.capped++
	}
	r.withdraw(l)
	r.close(l, min(stop.UnixMilli(), l.end()), usage.CoverageComplete, true)
	return nil
}
