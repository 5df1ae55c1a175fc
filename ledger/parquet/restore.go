package parquet

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"

	"microspend/internal/civil"
	"microspend/internal/figures"
	"microspend/ledger"
	"microspend/ledger/audit"
	"microspend/ledger/intake"
	"microspend/usage"
)

// Uploads are [WritableFiles] in which parts of several versions of a day lie side by side, so that the parts alone do
// not tell which of them are in force.
type Uploads interface {
	// Uploaded lists all objects of a day, in force or not, the latest first: parts and rollups, with their SHA-256.
	Uploaded(ctx context.Context, day civil.Day) ([]PartFile, error)
	// Switches are what the audit log says about the day's manifest, in order.
	Switches(ctx context.Context, day civil.Day) ([]audit.Change, error)
}

const (
	// maxVersions bounds how many combinations of a day's parts are tried. The first is nearly always the right one.
	maxVersions = 1000
	// dayIsRestored is what is left to do about a manifest that cannot be made anew.
	dayIsRestored = "bring back the version before it, which the bucket has where versioning is on, or delete the " +
		"manifest and import or collect the day again"
)

// unrepairableError says why a day's manifest cannot be made anew, and what to do.
type unrepairableError struct{ reason string }

func (e *unrepairableError) Error() string { return e.reason + "; " + dayIsRestored }

var objectName = regexp.MustCompile(`[0-9a-f]{64}-[0-9a-f]{8}\.parquet`)

// restoreDay puts back a manifest where parts of several versions lie side by side. A manifest follows from its parts
// and its rollup, and the audit log has its SHA-256: the parts that make the very manifest which the log names last are
// those that were in force. So nothing is guessed, and nothing is restored where that is not to be found, such as a
// manifest that listed lost parts, whose reasons nothing else has.
//
// What the damaged text still names must be among them. That is how an import shows that was killed after it had made
// its entry and before it took effect: the text then names what was in force before.
func (w *Writer) restoreDay(
	ctx context.Context, from Uploads, day civil.Day, found current, result *ledger.CheckResult,
) error {
	switches, err := from.Switches(ctx, day)
	if err != nil {
		return err
	}
	if len(switches) == 0 {
		return &unrepairableError{"the audit log does not say what the day's manifest was"}
	}
	uploaded, err := from.Uploaded(ctx, day)
	if err != nil {
		return err
	}
	r := restoring{w: w, day: day, afters: map[string]bool{}, last: switches[len(switches)-1].After}
	for _, s := range switches {
		r.afters[s.After] = true
	}
	for _, name := range objectName.FindAllString(string(found.text), -1) {
		if slices.ContainsFunc(uploaded, func(of PartFile) bool { return of.Object == name }) { // the name is not damaged
			r.named = append(r.named, name)
		}
	}
	slices.Sort(r.named)
	r.named = slices.Compact(r.named)
	if err := r.prove(ctx, uploaded); err != nil {
		return err
	}
	m, err := r.find(ctx, nil)
	if err != nil {
		return err
	}
	if m == nil {
		return &unrepairableError{
			"no combination of the day's parts makes the manifest that the audit log has the SHA-256 of",
		}
	}
	p := &prepared{day: day, before: found, manifest: m}
	e := audit.Entry{Action: "repair", Note: "the manifest is what it was before it was damaged"}
	if _, err := w.commitOne(ctx, e, p); err != nil {
		return err
	}
	result.Rebuilt = append(result.Rebuilt, damagedFile(w.files, day, manifestName,
		fmt.Sprintf("from the day's parts, %d with %s; its SHA-256 is the one that the audit log has",
			len(m.Parts), figures.Count(m.Rows, "row"))))
	return nil
}

// restoring is the search for the parts that were in force.
type restoring struct {
	w       *Writer
	day     civil.Day
	afters  map[string]bool // SHA-256 of manifests
	last    string          // the one that the log names last
	named   []string        // objects, by the damaged text, in order
	parts   []uploadedPart
	rollups []partEntry
	tried   int
}

type uploadedPart struct {
	entry       partEntry
	first, last usage.Record
}

// prove describes the objects that are what their names say.
func (r *restoring) prove(ctx context.Context, uploaded []PartFile) error {
	// What the text names is tried first.
	slices.SortStableFunc(uploaded, func(a, b PartFile) int {
		return btoi(slices.Contains(r.named, b.Object)) - btoi(slices.Contains(r.named, a.Object))
	})
	for _, of := range uploaded {
		err := r.proveOne(ctx, of)
		if _, bad := errors.AsType[*damage](err); err != nil && !bad {
			return err
		}
	}
	return nil
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (r *restoring) proveOne(ctx context.Context, of PartFile) (err error) {
	file, err := r.w.files.Open(ctx, r.day, of)
	if err != nil {
		return err
	}
	defer file.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, io.NewSectionReader(file, 0, file.Size())); err != nil {
		return err
	}
	if file.Size() != of.Bytes || hex.EncodeToString(sum.Sum(nil)) != of.SHA256 {
		return damaged("it is not what its name says")
	}
	defer recoverAsDamage(&err)
	entry, err := describe(file, partEntry{Bytes: of.Bytes, SHA256: of.SHA256, Object: of.Object})
	if err != nil {
		return damaged("%v", err)
	}
	p, err := newPart(file, &part{entry: entry, day: r.day})
	if err != nil {
		r.rollups = append(r.rollups, entry) // or something else, of which no manifest is made
		return nil
	}
	proven := uploadedPart{entry: entry}
	rows := partRows{part: p}
	if _, err := rows.Read(&proven.first); err != nil {
		return err
	}
	if err := p.verify(ctx, &proven.last, &intake.OverlapFinder{}, newRollup()); err != nil {
		return err
	}
	r.parts = append(r.parts, proven)
	return nil
}

// find tries the parts that can come after some others: all parts of a day but the last one are full.
func (r *restoring) find(ctx context.Context, before []uploadedPart) (*manifest, error) {
	mayGoOn := len(before) == 0 || before[len(before)-1].entry.Rows == int64(r.w.sizes.partRows)
	if mayGoOn {
		for _, next := range r.parts {
			if len(before) > 0 && ledger.CompareKeys(&before[len(before)-1].last, &next.first) >= 0 {
				continue
			}
			if m, err := r.find(ctx, append(slices.Clip(before), next)); m != nil || err != nil {
				return m, err
			}
		}
	}
	if r.tried++; r.tried > maxVersions {
		return nil, &unrepairableError{"too many versions of the day lie side by side"}
	}
	return r.try(ctx, before)
}

// try makes the manifests that parts can have had, and returns the one that was in force.
func (r *restoring) try(ctx context.Context, parts []uploadedPart) (*manifest, error) {
	m := &manifest{Version: writtenVersion, Day: r.day.String()}
	sums := newRollup()
	for i, of := range parts {
		of.entry.Name = partNameOf(i)
		m.Parts = append(m.Parts, of.entry)
		if err := r.count(ctx, of.entry, m, sums); err != nil {
			return nil, err
		}
	}
	_, days := sums.sorted()
	none := &rollupEntry{partEntry: partEntry{Rows: int64(len(sums.rows))}}
	none.Of = none.content(m)
	rollups := []*rollupEntry{nil, none}
	for _, entry := range r.rollups {
		entry.Name = rollupName
		made := sums.entry
		made.partEntry, made.DayRows = entry, int64(len(days))
		made.Of = made.content(m)
		rollups = append(rollups, &made)
	}
	for _, m.Rollup = range rollups {
		m.Dropped = nil
		for range len(r.parts) + 1 {
			text, err := m.encode()
			if err != nil {
				return nil, err
			}
			if sum := audit.Sum(text); r.afters[sum] && r.wasInForce(sum, m) {
				return m, nil
			}
			m.Dropped = append(m.Dropped, partNameOf(len(m.Parts)+len(m.Dropped)))
		}
	}
	return nil, nil
}

// wasInForce reports whether a manifest that was made once is the one that was damaged.
func (r *restoring) wasInForce(sum string, m *manifest) bool {
	var objects []string
	for _, file := range m.files() {
		objects = append(objects, file.Object)
	}
	slices.Sort(objects)
	if sum != r.last { // which must have been there, as all of it was
		return len(r.named) > 0 && slices.Equal(objects, r.named)
	}
	return !slices.ContainsFunc(r.named, func(name string) bool { return !slices.Contains(objects, name) })
}

func (r *restoring) count(ctx context.Context, entry partEntry, m *manifest, sums *rollup) error {
	p, err := openPart(ctx, r.w.files, r.day, entry)
	if err != nil {
		return err
	}
	defer p.close()
	rows := partRows{part: p}
	var of usage.Record
	for {
		more, err := rows.Read(&of)
		if err != nil || !more {
			return err
		}
		m.count(&of)
		sums.add(&of)
	}
}
