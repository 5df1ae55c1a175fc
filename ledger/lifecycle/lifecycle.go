// Package lifecycle keeps what MicroVMs were launched with: idle policy, longest life, image version, architecture,
// role. It is the program's own and promises nothing. A ledger's records do not have it. It is a table of its own
// beside them, so that what asks what another policy would do starts from the one that was in force.
//
// # Layout
//
// JSON lines, a MicroVM each, in microvms/dt=DAY/ACCOUNT.REGION.HH.jsonl among the ledger's documents: by the day and
// hour (UTC) in which it was launched. DuckDB reads it as read_json('ledger/microvms/*/*.jsonl'). A document is
// replaced as a whole and has an hour's launches of one account and region at most: 18,000 at the service's default
// quota of 5 a second, about 6 MB. The same MicroVM written again takes the place of what was there. A member that is
// not known is left out.
//
// # Units
//
// Lengths of time are whole seconds, as the API has them.
package lifecycle

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"microspend/ledger"
	"microspend/usage"
)

// MicroVM is what is known of the launch of one.
type MicroVM struct {
	ID           string     `json:"microvm_id"`
	Region       string     `json:"region"`
	Account      string     `json:"account"`
	Image        string     `json:"image,omitempty"`
	ImageVersion string     `json:"image_version,omitempty"`
	Arch         usage.Arch `json:"arch,omitempty"`
	Role         string     `json:"role,omitempty"`
	StartedAt    time.Time  `json:"started_at"` // when it was first seen, where its start is not known
	ReadAt       time.Time  `json:"read_at"`    // when the API said so

	MaxIdle    *int64 `json:"max_idle_seconds,omitempty"`  // idle for longer, it is suspended
	Suspended  *int64 `json:"suspended_seconds,omitempty"` // suspended for longer, it is terminated
	AutoResume *bool  `json:"auto_resume,omitempty"`
	MaxLife    *int64 `json:"max_life_seconds,omitempty"` // from launch to termination
}

// key tells MicroVMs apart.
type key struct{ region, account, id string }

func (m *MicroVM) key() key { return key{m.Region, m.Account, m.ID} }

const folder = "microvms"

// document is the name of the one that a MicroVM is in.
func (m *MicroVM) document() string {
	at := m.StartedAt.UTC()
	return fmt.Sprintf("%s/dt=%s/%s.%s.%02d.jsonl", folder, at.Format(time.DateOnly), url.PathEscape(m.Account),
		url.PathEscape(m.Region), at.Hour())
}

// Write adds MicroVMs to the table of a ledger.
func Write(ctx context.Context, l ledger.Store, microvms []MicroVM) error {
	byName := map[string][]MicroVM{}
	for _, m := range microvms {
		byName[m.document()] = append(byName[m.document()], m)
	}
	var faults []error
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		faults = append(faults, ledger.UpdateDocument(ctx, l, name, func(before []byte) ([]byte, error) {
			return merge(before, byName[name])
		}))
	}
	return errors.Join(faults...)
}

func merge(before []byte, added []MicroVM) ([]byte, error) {
	all := map[key]MicroVM{}
	if err := parse(before, func(m MicroVM) { all[m.key()] = m }); err != nil {
		return nil, err
	}
	for _, m := range added {
		all[m.key()] = m
	}
	var text bytes.Buffer
	lines := json.NewEncoder(&text)
	lines.SetEscapeHTML(false)
	for _, m := range slices.SortedFunc(maps.Values(all), func(a, b MicroVM) int { return strings.Compare(a.ID, b.ID) }) {
		if err := lines.Encode(m); err != nil {
			return nil, err
		}
	}
	return text.Bytes(), nil
}

// longestLine is the longest line that is read, in bytes; names have 2,048 at most.
const longestLine = 64 << 10

// parse reads MicroVMs. A line that is not one is skipped: others may write here, too.
func parse(text []byte, take func(MicroVM)) error {
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, longestLine)
	for lines.Scan() {
		var m MicroVM
		if json.Unmarshal(lines.Bytes(), &m) == nil && m.ID != "" {
			take(m)
		}
	}
	return lines.Err()
}

// Table is what is known of the MicroVMs of a time. Nil is an empty one.
type Table struct{ microvms map[key]MicroVM }

// longestLife is how long before a time a MicroVM that lived in it may have been launched: the service's 8 hours, and
// what clocks may be off.
const longestLife = 9 * time.Hour

// Read reads the MicroVMs that may have lived in [from, to). A ledger that has none gives an empty table.
func Read(ctx context.Context, l ledger.Documents, from, to time.Time) (*Table, error) {
	table := &Table{map[key]MicroVM{}}
	names, err := l.ListDocuments(ctx, folder)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		of, file, _ := strings.Cut(strings.TrimPrefix(name, folder+"/"), "/")
		date, found := strings.CutPrefix(of, "dt=")
		begin, err := time.Parse(time.DateOnly, date)
		if !found || err != nil || !begin.Before(to) || !begin.AddDate(0, 0, 1).After(from.Add(-longestLife)) ||
			!strings.HasSuffix(file, ".jsonl") {
			continue
		}
		text, err := l.Document(ctx, name)
		if err == nil {
			err = parse(text, func(m MicroVM) { table.microvms[m.key()] = m })
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return table, nil
}

// Of finds the MicroVM of a record.
func (t *Table) Of(r *usage.Record) (MicroVM, bool) {
	if t == nil || r.Resource.Kind != usage.KindMicroVM {
		return MicroVM{}, false
	}
	return t.Find(r.Account, r.Region, r.Resource.ID)
}

// Find finds a MicroVM by its id.
func (t *Table) Find(account, region, id string) (MicroVM, bool) {
	if t == nil {
		return MicroVM{}, false
	}
	m, found := t.microvms[key{region, account, id}]
	return m, found
}

// Len is how many MicroVMs there are.
func (t *Table) Len() int {
	if t == nil {
		return 0
	}
	return len(t.microvms)
}

// UsualMaxIdle is the idle timeout that most MicroVMs of a region were launched with, in seconds, the shortest of
// several; 0 where none is known.
func (t *Table) UsualMaxIdle(region string) int64 {
	count, usual := map[int64]int{}, int64(0)
	if t == nil {
		return 0
	}
	for _, m := range t.microvms {
		if m.Region == region && m.MaxIdle != nil {
			count[*m.MaxIdle]++
		}
	}
	for seconds, n := range count {
		if n > count[usual] || n == count[usual] && seconds < usual {
			usual = seconds
		}
	}
	return usual
}
