// Package lifecycle keeps what MicroVMs were launched with: idle policy, longest life, image version, architecture,
// role. A ledger's records do not have it. It is a table of its own beside them, so that what asks what another policy
// would do starts from the one that was in force.
//
// # Layout
//
// JSON lines, a MicroVM each, in microvms/dt=DAY/ACCOUNT.REGION.HH.jsonl below the ledger's folder: by the day and hour
// (UTC) in which it was launched. DuckDB reads it as read_json('ledger/microvms/*/*.jsonl'). A file is replaced
// atomically and has an hour's launches of one account and region at most: 18,000 at the service's default quota of 5 a
// second, about 6 MB. The same MicroVM written again takes the place of what was there. A member that is not known is
// left out.
//
// # Units
//
// Lengths of time are whole seconds, as the API has them.
package lifecycle

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"microspend/internal/ownfile"
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

// path is the file that a MicroVM is in.
func (m *MicroVM) path(ledger string) string {
	at := m.StartedAt.UTC()
	name := fmt.Sprintf("%s.%s.%02d.jsonl", url.PathEscape(m.Account), url.PathEscape(m.Region), at.Hour())
	return filepath.Join(ledger, folder, "dt="+at.Format(time.DateOnly), name)
}

// Write adds MicroVMs to the table beside a ledger. Those of one account and region must not be written by two at a
// time.
func Write(ledger string, microvms []MicroVM) error {
	byFile := map[string][]MicroVM{}
	for _, m := range microvms {
		path := m.path(ledger)
		byFile[path] = append(byFile[path], m)
	}
	var faults []error
	for _, path := range slices.Sorted(maps.Keys(byFile)) {
		faults = append(faults, merge(ownfile.Place(ledger), path, byFile[path]))
	}
	return errors.Join(faults...)
}

func merge(place ownfile.Place, path string, added []MicroVM) error {
	all := map[key]MicroVM{}
	if err := read(path, func(m MicroVM) { all[m.key()] = m }); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, m := range added {
		all[m.key()] = m
	}
	var text bytes.Buffer
	lines := json.NewEncoder(&text)
	lines.SetEscapeHTML(false)
	for _, m := range slices.SortedFunc(maps.Values(all), func(a, b MicroVM) int { return strings.Compare(a.ID, b.ID) }) {
		if err := lines.Encode(m); err != nil {
			return err
		}
	}
	if err := place.Folder(filepath.Dir(path)); err != nil {
		return err
	}
	return place.Write(path, text.Bytes())
}

// longestLine is the longest line that is read, in bytes; names have 2,048 at most.
const longestLine = 64 << 10

// read reads a file's MicroVMs. A line that is not one is skipped: others may write here, too.
func read(path string, take func(MicroVM)) error {
	file, err := ownfile.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
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
func Read(ledger string, from, to time.Time) (*Table, error) {
	table := &Table{map[key]MicroVM{}}
	days, err := os.ReadDir(filepath.Join(ledger, folder))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for _, day := range days {
		date, found := strings.CutPrefix(day.Name(), "dt=")
		begin, err := time.Parse(time.DateOnly, date)
		if !found || err != nil || !begin.Before(to) || !begin.AddDate(0, 0, 1).After(from.Add(-longestLife)) {
			continue
		}
		files, err := filepath.Glob(filepath.Join(ledger, folder, day.Name(), "*.jsonl"))
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			err := read(file, func(m MicroVM) { table.microvms[m.key()] = m })
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				return nil, err
			}
		}
	}
	return table, nil
}

// Of finds the MicroVM of a record.
func (t *Table) Of(r *usage.Record) (MicroVM, bool) {
	if t == nil || r.Resource.Kind != usage.KindMicroVM {
		return MicroVM{}, false
	}
	m, found := t.microvms[key{r.Region, r.Account, r.Resource.ID}]
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
