package closing

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"microspend/internal/atomicfile"
	"microspend/internal/civil"
	"microspend/internal/ownfile"
	"microspend/ledger/audit"
	"microspend/ledger/parquet"
	"microspend/pricing"
	"microspend/spend"
)

// Folder is where closed months are kept within a ledger's folder.
const Folder = "closed"

const fileName = "closing.json"

// Request says which month to close, and with what.
type Request struct {
	Ledger  *parquet.Writer // whose lock keeps imports and other closes away
	Source  spend.Source    // with the months that are closed already
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
	folder, month := filepath.Join(r.Ledger.Dir(), Folder), r.Month.Month()
	if err := tidy(ownfile.Place(r.Ledger.Dir()), folder); err != nil {
		return Closing{}, err
	}
	if known, err := read(filepath.Join(folder, month)); err == nil {
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
	return c, r.keep(ctx, folder, &c, report)
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

// keep writes the closing into a hidden folder, works the month out from what lies there, and gives the folder its
// name.
func (r Request) keep(ctx context.Context, folder string, c *Closing, report spend.Spend) (err error) {
	place := ownfile.Place(r.Ledger.Dir())
	hidden := filepath.Join(folder, fmt.Sprintf(".%s.%08x", c.Month, rand.Uint32()))
	if err := place.Folder(hidden); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("%s was not closed: %w", c.Month, err), place.RemoveAll(hidden))
		}
	}()
	if err := r.Ledger.Snapshot(ctx, hidden, c.From, c.To, r.Source.Zone(nil)); err != nil {
		return err
	}
	if c.Usage, err = usageOf(ctx, hidden, c.From, c.To); err != nil {
		return err
	}
	text, err := c.encode()
	if err != nil {
		return err
	}
	if err := place.Write(filepath.Join(hidden, fileName), text); err != nil {
		return err
	}
	again, err := r.again(ctx, hidden, c)
	if err != nil {
		return err
	}
	if !again.Total.Amount.Equal(report.Total.Amount) || !again.Total.List.Equal(report.Total.List) {
		return fmt.Errorf("what was written comes to %s and not to %s", again.Total.Amount, report.Total.Amount)
	}
	return r.Ledger.Audit(audit.Entry{
		Action: "close", Note: c.Month, Changes: []audit.Change{{Path: auditPath(c.Month), After: audit.Sum(text)}},
	}, func() error {
		if err := place.Rename(hidden, filepath.Join(folder, c.Month)); err != nil {
			return err
		}
		return atomicfile.SyncDir(folder)
	})
}

// auditPath is what the audit log calls a month's closing.
func auditPath(month string) string { return Folder + "/" + month + "/" + fileName }

// again works the month out from what was written, as every reader will.
func (r Request) again(ctx context.Context, hidden string, c *Closing) (spend.Spend, error) {
	month, err := open(hidden, current{source: r.Source, tenants: r.Tenants})
	if err != nil {
		return spend.Spend{}, err
	}
	source := r.Source
	source.Closed = []spend.ClosedMonth{month}
	return source.Report(ctx, spend.Request{
		From: c.From, To: c.To, By: []spend.Dimension{spend.ByTenant, spend.ByRegion, spend.ByComponent},
	})
}

// tidy removes what closes left that were killed or ran out of space. The caller holds the ledger's lock.
func tidy(place ownfile.Place, folder string) error {
	entries, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, entry := range entries {
		if strings.HasPrefix(entry.Name(), ".") {
			err = errors.Join(err, place.RemoveAll(filepath.Join(folder, entry.Name())))
		}
	}
	return err
}

// Reopen undoes the close of a month, which must be the last one that is closed: later ones were closed with
// corrections of it. What it was closed with, but for its usage, stays in a file beside it.
func Reopen(dir *parquet.Writer, month string, now time.Time) (Closing, error) {
	place, folder := ownfile.Place(dir.Dir()), filepath.Join(dir.Dir(), Folder)
	if err := tidy(place, folder); err != nil {
		return Closing{}, err
	}
	months, err := months(folder)
	if err != nil {
		return Closing{}, err
	}
	if !slices.Contains(months, month) {
		return Closing{}, fmt.Errorf("%s is not closed", month)
	}
	if last := months[len(months)-1]; last != month {
		return Closing{}, fmt.Errorf("reopen %s before %s: months are reopened from the last one on", last, month)
	}
	known, err := read(filepath.Join(folder, month)) // a closing that was edited can be reopened, which is the way out
	known.Month = month
	if errors.Is(err, fs.ErrNotExist) {
		return known, err
	}
	change, err := dir.Change(auditPath(month), nil)
	if err != nil {
		return known, err
	}
	return known, dir.Audit(audit.Entry{Action: "reopen", Note: month, Changes: []audit.Change{change}}, func() error {
		hidden := filepath.Join(folder, "."+month+".reopened")
		if err := place.Rename(filepath.Join(folder, month), hidden); err != nil {
			return err
		}
		kept := filepath.Join(folder, month+".reopened-"+now.UTC().Format("20060102T150405Z")+".json")
		err := place.Rename(filepath.Join(hidden, fileName), kept)
		return errors.Join(err, place.RemoveAll(hidden), atomicfile.SyncDir(folder))
	})
}
