package closing

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"microspend/internal/civil"
	"microspend/ledger"
	"microspend/ledger/audit"
	"microspend/pricing"
	"microspend/spend"
)

// Folder is where closed months are kept within a ledger's folder.
const Folder = "closed"

const fileName = "closing.json"

// Request says which month to close, and with what.
type Request struct {
	Ledger  ledger.Store
	Source  spend.Source // with the months that are closed already
	Tenants TenantsFile
	Month   civil.Day // its first day
	Now     time.Time
	By      string // who closes it
	Version string // of the program
	// AcceptIncomplete closes a month also where files are damaged or rates unknown: its figures then lack that for good.
	AcceptIncomplete bool
}

// TenantsFile is the tenants file as it is written; the zero value stands for none.
type TenantsFile struct {
	Name string
	Text []byte
}

func (t TenantsFile) record() tenantsRecord {
	if t.Name == "" {
		return tenantsRecord{}
	}
	return tenantsRecord{filepath.Base(t.Name), string(t.Text)}
}

// AlreadyError says that a month is closed.
type AlreadyError struct{ Closing Closing }

func (e *AlreadyError) Error() string {
	return fmt.Sprintf("%s was closed on %s", e.Closing.Month, e.Closing.ClosedAt.Format(time.DateOnly))
}

// Close closes a month. It is an [AlreadyError] where the month is closed, and leaves nothing behind on any error.
func Close(ctx context.Context, r Request) (Closing, error) {
	month := r.Month.Month()
	if known, err := read(ctx, r.Ledger, month); err == nil {
		return known, &AlreadyError{known}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return Closing{}, err
	}
	loc := r.Source.Zone(nil)
	c := Closing{
		Month: month, TimeZone: loc.String(), From: r.Month.Start(loc).UTC(), To: r.Month.AddMonths(1).Start(loc).UTC(),
		ClosedAt: r.Now.UTC().Truncate(time.Second), ClosedBy: r.By, Version: r.Version,
	}
	if err := r.check(&c); err != nil {
		return Closing{}, err
	}
	report, err := r.figures(ctx, &c)
	if err != nil {
		return Closing{}, err
	}
	if c.Rates, err = r.rates(report); err != nil {
		return Closing{}, err
	}
	c.Tenants, c.Sharing = r.Tenants.record(), recordSharing(r.Source.Sharing)
	if closed := r.Source.Closed; len(closed) > 0 && r.Source.OpenMonth() == r.Month {
		posted, err := r.Source.Outstanding(ctx, spend.Filter{})
		if err != nil {
			return Closing{}, err
		}
		for _, charge := range posted {
			c.Posted = append(c.Posted, recordPosted(charge))
		}
	}
	return c, r.keep(ctx, &c, report)
}

// check refuses a month that is not over, and one out of order: corrections are billed in the first month that is open,
// which must not be skipped.
func (r Request) check(c *Closing) error {
	if r.Now.Before(c.To) {
		return fmt.Errorf("%s is not over; it ends on %s", c.Month, (r.Month.AddMonths(1) - 1).String())
	}
	if len(r.Source.Closed) == 0 {
		return nil
	}
	if next := r.Source.OpenMonth(); next < r.Month {
		return fmt.Errorf("close %s before %s: months are closed in order", next.Month(), c.Month)
	}
	return nil
}

// figures work the month out as it is now.
func (r Request) figures(ctx context.Context, c *Closing) (spend.Spend, error) {
	report, err := r.Source.Report(ctx, spend.Request{
		From: c.From, To: c.To, By: []spend.Dimension{spend.ByTenant, spend.ByRegion, spend.ByComponent},
	})
	if err != nil {
		return report, err
	}
	if report.Total.Sum.Empty() && len(report.Damaged) == 0 {
		return report, fmt.Errorf("the ledger has nothing in %s", c.Month)
	}
	for _, file := range report.Damaged {
		c.Incomplete = append(c.Incomplete, file.Path+" is damaged: "+file.Reason)
	}
	for _, unknown := range report.Total.Unknown {
		c.Incomplete = append(c.Incomplete, unknown.String())
	}
	if len(c.Incomplete) > 0 && !r.AcceptIncomplete {
		return report, fmt.Errorf("%s is not complete:\n%s\nfix that, or close it as it is with --accept-incomplete",
			c.Month, strings.Join(c.Incomplete, "\n"))
	}
	c.Total, c.List = report.Total.Amount, report.Total.List
	for _, row := range report.Rows {
		q, used := row.Quantity()
		if !used {
			continue
		}
		f := figure{
			Tenant: row.Tenant, Region: row.Region, Component: row.Component, Quantity: spend.Quantity(&row.Sum, q),
			Amount: row.Amount, List: row.List,
		}
		if row.Kind != spend.KindTenant {
			f.Kind = strings.Trim(row.Tenant, "()")
		}
		c.Figures = append(c.Figures, f)
	}
	return report, nil
}

// rates are the cards of all regions with usage: those that hold in the month, with what is charged and what is listed.
func (r Request) rates(report spend.Spend) ([]regionRates, error) {
	var out []regionRates
	for _, row := range report.Rows {
		if row.Component == "" || slices.ContainsFunc(out, func(have regionRates) bool { return have.Region == row.Region }) {
			continue
		}
		rates := regionRates{Region: row.Region}
		series, err := r.Source.Rates.Series(row.Region)
		if _, none := errors.AsType[*pricing.NoCardError](err); err != nil && !none {
			return nil, err
		}
		for _, card := range series {
			rates.Cards = append(rates.Cards, recordCard(card))
		}
		out = append(out, rates)
	}
	slices.SortFunc(out, func(a, b regionRates) int { return cmp.Compare(a.Region, b.Region) })
	return out, nil
}

// keep takes a snapshot of the month's usage, works the month out from it, and then writes the closing, with which the
// month is closed. A snapshot without one, which a close leaves that is killed, is nothing, and the next close of the
// month replaces it.
func (r Request) keep(ctx context.Context, c *Closing, report spend.Spend) (err error) {
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("%s was not closed: %w", c.Month, err),
				r.Ledger.RemoveSnapshot(context.WithoutCancel(ctx), snapshotName(c.Month)))
		}
	}()
	if err := r.Ledger.Snapshot(ctx, snapshotName(c.Month), c.From, c.To, r.Source.Zone(nil)); err != nil {
		return err
	}
	if c.Usage, err = usageOf(ctx, r.Ledger, c, r.Source.Zone(nil)); err != nil {
		return err
	}
	text, err := c.encode()
	if err != nil {
		return err
	}
	again, err := r.again(ctx, text)
	if err != nil {
		return err
	}
	if !again.Total.Amount.Equal(report.Total.Amount) || !again.Total.List.Equal(report.Total.List) {
		return fmt.Errorf("what was written comes to %s and not to %s", again.Total.Amount, report.Total.Amount)
	}
	name := documentName(c.Month)
	entry := audit.Entry{Action: "close", Note: c.Month, Changes: []audit.Change{{Path: name, After: audit.Sum(text)}}}
	return r.Ledger.Audit(entry, func() error { return r.Ledger.SwapDocument(ctx, name, nil, text) })
}

// snapshotName is what a month's usage is kept under.
func snapshotName(month string) string { return Folder + "/" + month }

// documentName is what everything else of it is kept under, and what the audit log calls it.
func documentName(month string) string { return snapshotName(month) + "/" + fileName }

// again works the month out from what was written, as every reader will.
func (r Request) again(ctx context.Context, text []byte) (spend.Spend, error) {
	c, err := decode(text)
	if err != nil {
		return spend.Spend{}, err
	}
	month, err := open(ctx, c, current{r.Source, r.Ledger, r.Tenants})
	if err != nil {
		return spend.Spend{}, err
	}
	source := r.Source
	source.Closed = []spend.ClosedMonth{month}
	return source.Report(ctx, spend.Request{
		From: c.From, To: c.To, By: []spend.Dimension{spend.ByTenant, spend.ByRegion, spend.ByComponent},
	})
}

// Reopen undoes the close of a month, which must be the last one that is closed: later ones were closed with
// corrections of it. What it was closed with, but for its usage, stays in a document beside it.
func Reopen(ctx context.Context, l ledger.Store, month string, now time.Time) (Closing, error) {
	months, err := months(ctx, l)
	if err != nil {
		return Closing{}, err
	}
	if !slices.Contains(months, month) {
		return Closing{}, fmt.Errorf("%s is not closed", month)
	}
	if last := months[len(months)-1]; last != month {
		return Closing{}, fmt.Errorf("reopen %s before %s: months are reopened from the last one on", last, month)
	}
	text, err := l.Document(ctx, documentName(month))
	if err != nil {
		return Closing{Month: month}, err
	}
	known, _ := decode(text) // a closing that was edited can be reopened, which is the way out
	known.Month = month
	change, err := ledger.ChangeOf(ctx, l, documentName(month), nil)
	if err != nil {
		return known, err
	}
	return known, l.Audit(audit.Entry{Action: "reopen", Note: month, Changes: []audit.Change{change}}, func() error {
		kept := Folder + "/" + month + ".reopened-" + now.UTC().Format("20060102T150405Z") + ".json"
		if err := l.PutDocument(ctx, kept, text); err != nil {
			return err
		}
		if err := l.RemoveDocument(ctx, documentName(month)); err != nil {
			return err
		}
		return l.RemoveSnapshot(ctx, snapshotName(month))
	})
}
