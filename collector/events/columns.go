package events

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// column is a column of a file: our name for it, and others that are read as well where the configuration names none.
type column struct {
	name   string
	others []string
}

// The columns, by their place in columns.
const (
	columnAt = iota
	columnID
	columnEvent
	columnStart
	columnEnd
	columnTenant
	columnImage
	columnRegion
	columnMemory
	columnArch
	columnImageGB
	columnStateGB
	columnAccount
	columnProvider
)

var columns = [...]column{
	columnAt:       {"at", []string{"time", "timestamp", "ts", "event_time"}},
	columnID:       {"microvm_id", []string{"sandbox_id", "vm_id", "instance_id", "session_id", "id"}},
	columnEvent:    {"event", []string{"event_type", "event_name", "action"}},
	columnStart:    {"start", []string{"started_at", "start_time", "session_start"}},
	columnEnd:      {"end", []string{"ended_at", "end_time", "session_end"}},
	columnTenant:   {"tenant", []string{"tenant_id", "customer", "customer_id"}},
	columnImage:    {"image", []string{"image_name", "template"}},
	columnRegion:   {"region", nil},
	columnMemory:   {"memory_gb", []string{"memory"}},
	columnArch:     {"arch", []string{"architecture"}},
	columnImageGB:  {"image_gb", nil},
	columnStateGB:  {"state_gb", nil},
	columnAccount:  {"account", []string{"account_id"}},
	columnProvider: {"provider", nil},
}

func columnNames() (names []string) {
	for _, c := range columns {
		names = append(names, c.name)
	}
	return names
}

// IsSessions reports whether a header is that of a table of sessions: it has a start and an end.
func IsSessions(header []string) bool {
	places := placesOf(header, nil)
	return places[columnStart] >= 0 && places[columnEnd] >= 0
}

// placesOf finds the columns in a header; -1 stands for one that is not there.
func placesOf(header []string, called map[string]string) (places [len(columns)]int) {
	names := make([]string, len(header))
	for i, name := range header {
		names[i] = strings.ToLower(strings.TrimSpace(name))
	}
	for i, c := range columns {
		if name := called[c.name]; name != "" {
			places[i] = slices.Index(names, name)
			continue
		}
		places[i] = slices.Index(names, c.name)
		for _, other := range c.others {
			if places[i] < 0 {
				places[i] = slices.Index(names, other)
			}
		}
	}
	return places
}

// header finds the columns, and reports at once which are missing.
func (r *Reader) header(names []string) error {
	r.places = placesOf(names, r.options.Config.Columns)
	var faults []error
	need := func(c int, instead string) {
		if r.places[c] >= 0 {
			return
		}
		name, called := columns[c].name, r.options.Config.Columns[columns[c].name]
		if called != "" {
			name = fmt.Sprintf("%s (events.columns.%s)", called, name)
		}
		faults = append(faults, fmt.Errorf("column %s is missing%s", name, instead))
	}
	need(columnID, "")
	if r.options.Sessions {
		need(columnStart, "")
		need(columnEnd, "")
	} else {
		need(columnAt, "")
		need(columnEvent, "")
	}
	if r.defaults.Region == "" {
		need(columnRegion, ", and there is no default; give it with --region or as events.defaults.region in microspend.yaml")
	}
	if r.defaults.Memory == nil {
		need(columnMemory, ", and there is no default; give it with --memory or as events.defaults.memory in microspend.yaml")
	}
	if err := errors.Join(faults...); err != nil {
		return fmt.Errorf("%w\nthe file has %.200q; columns of other names are mapped by events.columns in microspend.yaml",
			err, strings.Join(names, ","))
	}
	return nil
}
