package reconcile

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"microspend/internal/lazyregexp"
	"microspend/ledger"
	"microspend/ledger/audit"
	"microspend/pricing"
	"microspend/spend"
	"microspend/spend/bill"
)

// Folder is where bills are kept among a ledger's documents: one for each bill that was taken in, named after the days
// it covers. Engines that read the ledger look at usage/ only.
const Folder = "billed"

const billedSchema = "microspend.billed/v1"

// billedFile is a bill as it is kept.
type billedFile struct {
	Schema      string       `json:"schema"`
	Source      string       `json:"source"` // the name of the file that it was read from
	SHA256      string       `json:"sha256"` // of that file
	Format      string       `json:"format"`
	Metric      string       `json:"metric"`
	From        string       `json:"from"` // first day
	To          string       `json:"to"`   // day after the last
	AllocatedAt time.Time    `json:"allocated_at"`
	Lines       []billedLine `json:"lines"`
}

type billedLine struct {
	Day    string           `json:"day"`
	Region string           `json:"region"`
	Usage  string           `json:"usage"` // id of what is rated, such as vcpu or vcpu.x86_64
	Cost   *decimal.Decimal `json:"cost"`
	Used   *decimal.Decimal `json:"used"` // null where the bill does not say
}

// Billed is the bill in the form that spend works with.
func (c Comparison) Billed() *spend.Billed {
	out := &spend.Billed{Days: map[string]bool{}, Lines: c.Bill.Lines}
	for day := c.From; day.Before(c.To); day = day.AddDate(0, 0, 1) {
		out.Days[day.Format(time.DateOnly)] = true
	}
	return out
}

// Allocate shares the bill out among tenants, and returns what their usage comes to by rates alongside.
func (c Comparison) Allocate(ctx context.Context, source spend.Source) (billed, rates spend.Spend, err error) {
	request := spend.Request{
		From: c.From, To: c.To, By: []spend.Dimension{spend.ByTenant}, Location: time.UTC, Sort: spend.SortAmount,
	}
	if rates, err = source.Report(ctx, request); err != nil {
		return billed, rates, err
	}
	source.Billed, request.Basis = c.Billed(), spend.BasisBilled
	billed, err = source.Report(ctx, request)
	return billed, rates, err
}

// Save keeps the bill of a comparison with a ledger, in the place of one that covered the same days: whole or not at
// all, with an entry in its audit log. It returns where it is. Source is the name of the file that the bill came
// from.
func Save(ctx context.Context, l ledger.Store, source string, c Comparison, now time.Time) (string, error) {
	file := billedFile{
		Schema: billedSchema, Source: source, SHA256: c.Bill.SHA256, Format: string(c.Bill.Format), Metric: c.Bill.Metric,
		From: c.From.Format(time.DateOnly), To: c.To.Format(time.DateOnly),
		AllocatedAt: now.UTC().Truncate(time.Second), Lines: []billedLine{},
	}
	for _, l := range c.Bill.Lines {
		line := billedLine{Day: l.Day.Format(time.DateOnly), Region: l.Region, Usage: l.Rated().String(), Cost: &l.Cost}
		if l.UsedKnown {
			line.Used = &l.Used
		}
		file.Lines = append(file.Lines, line)
	}
	text, err := json.MarshalIndent(file, "", " ")
	if err != nil {
		return "", err
	}
	text = append(text, '\n')
	name := Folder + "/" + file.From + "_" + file.To + ".json"
	change, err := ledger.ChangeOf(ctx, l, name, text)
	if err != nil {
		return "", err
	}
	entry := audit.Entry{
		Action: "allocate", Changes: []audit.Change{change},
		Source: audit.Source{Files: []audit.File{{Name: source, SHA256: c.Bill.SHA256}}},
	}
	return l.Name() + "/" + name, l.Audit(entry, func() error { return l.PutDocument(ctx, name, text) })
}

var billedName = lazyregexp.New(`^\d{4}-\d{2}-\d{2}_\d{4}-\d{2}-\d{2}\.json$`)

// Load reads the bills that are kept with a ledger. Where several cover a day, the one that was taken in last counts
// for it. It returns nil where there is none.
func Load(ctx context.Context, l ledger.Reader) (*spend.Billed, error) {
	names, err := l.ListDocuments(ctx, Folder)
	if err != nil {
		return nil, err
	}
	var files []billedFile
	for _, name := range names {
		if !billedName.MatchString(strings.TrimPrefix(name, Folder+"/")) {
			continue
		}
		text, err := l.Document(ctx, name)
		if err != nil {
			return nil, err
		}
		file, err := decode(text)
		if err != nil {
			return nil, fmt.Errorf("%s/%s: %w; rewrite it with microspend reconcile FILE --allocate", l.Name(), name, err)
		}
		files = append(files, file)
	}
	if len(files) == 0 {
		return nil, nil
	}
	slices.SortStableFunc(files, func(a, b billedFile) int {
		return cmp.Or(a.AllocatedAt.Compare(b.AllocatedAt), cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To))
	})
	byDay := map[string][]bill.Line{}
	for _, file := range files {
		lines, err := file.days()
		if err != nil {
			return nil, fmt.Errorf("%s/%s: the bill of %s to %s: %w", l.Name(), Folder, file.From, file.To, err)
		}
		for day, of := range lines {
			byDay[day] = of
		}
	}
	out := &spend.Billed{Days: map[string]bool{}}
	for day, lines := range byDay {
		out.Days[day] = true
		out.Lines = append(out.Lines, lines...)
	}
	bill.Sort(out.Lines)
	return out, nil
}

func decode(text []byte) (billedFile, error) {
	var file billedFile
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&file); err != nil {
		return file, fmt.Errorf("not readable: %w", err)
	}
	if file.Schema != billedSchema {
		return file, fmt.Errorf("it is of schema %.40q; this program reads %s", file.Schema, billedSchema)
	}
	return file, nil
}

// maxDays bounds what one file can claim to cover.
const maxDays = 4000

// days are the lines of each day that the file covers.
func (f billedFile) days() (map[string][]bill.Line, error) {
	from, err := time.Parse(time.DateOnly, f.From)
	if err != nil {
		return nil, err
	}
	to, err := time.Parse(time.DateOnly, f.To)
	if err != nil {
		return nil, err
	}
	if !from.Before(to) || to.Sub(from) > maxDays*24*time.Hour {
		return nil, errors.New("invalid range of days")
	}
	out, starts := map[string][]bill.Line{}, map[string]time.Time{}
	for day := from; day.Before(to); day = day.AddDate(0, 0, 1) {
		name := day.Format(time.DateOnly)
		out[name], starts[name] = nil, day
	}
	seen := map[[3]string]bool{}
	for i, written := range f.Lines {
		line, err := written.line(starts[written.Day])
		k := [3]string{written.Day, written.Region, written.Usage}
		_, covered := starts[written.Day]
		switch {
		case err != nil:
			return nil, fmt.Errorf("line %d: %w", i+1, err)
		case !covered:
			return nil, fmt.Errorf("line %d: its day %.20q is not covered", i+1, written.Day)
		case seen[k]:
			return nil, fmt.Errorf("line %d appears twice", i+1)
		}
		seen[k] = true
		out[written.Day] = append(out[written.Day], line)
	}
	return out, nil
}

func (l billedLine) line(day time.Time) (bill.Line, error) {
	of, ok := pricing.ParseRated(l.Usage)
	switch {
	case !ok:
		return bill.Line{}, fmt.Errorf("%.40q is not a billed quantity", l.Usage)
	case l.Cost == nil:
		return bill.Line{}, errors.New("it has no cost")
	}
	out := bill.Line{Day: day, Region: l.Region, Quantity: of.Quantity, Arch: of.Arch, Cost: *l.Cost}
	if l.Used != nil {
		out.Used, out.UsedKnown = *l.Used, true
	}
	// A number with an exponent is none that this package wrote, and could be too long to count with.
	for _, number := range []decimal.Decimal{out.Cost, out.Used} {
		if places := -number.Exponent(); places < 0 || places > maxPlaces || number.NumDigits() > maxPlaces {
			return out, errors.New("a number is not one that was written here")
		}
	}
	return out, nil
}

// maxPlaces is more than the decimals of bills, and of their sums, ever come to.
const maxPlaces = 100
