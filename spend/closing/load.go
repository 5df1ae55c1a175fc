package closing

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"microspend/internal/civil"
	"microspend/internal/lazyregexp"
	"microspend/ledger"
	"microspend/ledger/audit"
	"microspend/pricing"
	"microspend/spend"
	"microspend/spend/tenants"
	"microspend/usage"
)

var monthName = lazyregexp.New(`^[0-9]{4}-(0[1-9]|1[0-2])$`)

// ParseMonth reads a month written as 2026-10 and gives its first day.
func ParseMonth(text string) (civil.Day, error) {
	if !monthName.MatchString(text) {
		return 0, fmt.Errorf("%.40q is not a month such as 2026-10", text)
	}
	return civil.Parse(text + "-01")
}

// months are the months that are closed, in order.
func months(ctx context.Context, l ledger.Reader) (list []string, err error) {
	names, err := l.ListDocuments(ctx, Folder)
	for _, name := range names {
		month, isClosing := strings.CutSuffix(strings.TrimPrefix(name, Folder+"/"), "/"+fileName)
		if isClosing && monthName.MatchString(month) {
			list = append(list, month)
		}
	}
	return list, err
}

// List is what is known of each closed month of a ledger, in order.
func List(ctx context.Context, l ledger.Reader) ([]Closing, error) {
	names, err := months(ctx, l)
	if err != nil {
		return nil, err
	}
	var out []Closing
	for _, name := range names {
		c, err := read(ctx, l, name)
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}

// read reads the closing of a month.
func read(ctx context.Context, l ledger.Reader, month string) (Closing, error) {
	text, err := l.Document(ctx, documentName(month))
	if err != nil {
		return Closing{}, err
	}
	c, err := decode(text)
	if err != nil {
		return c, fmt.Errorf("%s: %w; restore it from a backup, or reopen the month with microspend spend close --reopen %s",
			l.Name()+"/"+documentName(month), err, month)
	}
	return c, nil
}

// current is what a month is held against.
type current struct {
	source  spend.Source
	ledger  ledger.Reader
	tenants TenantsFile
}

// Load returns the source of a ledger with the months that are closed.
func Load(ctx context.Context, source spend.Source, of ledger.Reader, file TenantsFile) (spend.Source, error) {
	closed, err := List(ctx, of)
	if err != nil {
		return source, err
	}
	now := current{source, of, file}
	for _, c := range closed {
		month, err := open(ctx, c, now)
		if err != nil {
			return source, err
		}
		source.Closed = append(source.Closed, month)
	}
	return source, nil
}

// open makes a closed month of its closing.
func open(ctx context.Context, c Closing, now current) (spend.ClosedMonth, error) {
	loc, err := time.LoadLocation(c.TimeZone)
	if err != nil {
		return spend.ClosedMonth{}, err
	}
	copied, err := now.ledger.OpenSnapshot(ctx, snapshotName(c.Month))
	if err != nil {
		return spend.ClosedMonth{}, err
	}
	hashes, err := copied.DayHashes(ctx, c.From, c.To, loc)
	if err != nil {
		return spend.ClosedMonth{}, err
	}
	if !maps.Equal(hashes, c.Usage.Manifests) {
		if err := c.sameRecords(ctx, copied, hashes); err != nil {
			return spend.ClosedMonth{}, fmt.Errorf("%s/%s: %w", now.ledger.Name(), snapshotName(c.Month), err)
		}
	}
	month := spend.ClosedMonth{
		Month: c.Month, Span: civil.Between(c.From, c.To), At: c.ClosedAt, By: c.ClosedBy, Usage: copied,
	}
	rates, err := c.rates()
	if err != nil {
		return month, err
	}
	month.Rates = ratesOf{rates, recorded(c.Rates), now.source.Rates}
	if c.Tenants.File != "" {
		if month.Tenants, err = tenants.Load(c.Tenants.File, []byte(c.Tenants.Text)); err != nil {
			return month, fmt.Errorf("%s/%s: %w", now.ledger.Name(), documentName(c.Month), err)
		}
	}
	if month.Sharing, err = c.Sharing.sharing(); err != nil {
		return month, fmt.Errorf("%s/%s: %w", now.ledger.Name(), documentName(c.Month), err)
	}
	billed := civil.MustParse(c.Month + "-01").UTC()
	for _, written := range c.Posted {
		posted, err := written.charge(billed)
		if err != nil {
			return month, fmt.Errorf("%s/%s: %w", now.ledger.Name(), documentName(c.Month), err)
		}
		month.Posted = append(month.Posted, posted)
	}
	month.Changed = func(cause spend.Cause) (bool, error) { return now.changed(ctx, &c, hashes, loc, rates, cause) }
	return month, nil
}

func recorded(rates []regionRates) map[string]bool {
	regions := map[string]bool{}
	for _, region := range rates {
		regions[region.Region] = true
	}
	return regions
}

// ratesOf are the rates that a month was closed with, and today's for regions that had no usage then: what is found of
// them later is late usage, and not a change of rates.
type ratesOf struct {
	closedRates
	recorded map[string]bool
	others   spend.Rates
}

// Series implements [spend.Rates].
func (r ratesOf) Series(region string) (pricing.Series, error) {
	if r.recorded[region] {
		return r.closedRates.Series(region)
	}
	return r.others.Series(region)
}

// Changes implements [spend.Rates].
func (r ratesOf) Changes() []pricing.Date {
	return pricing.SortedDays(append(r.closedRates.Changes(), r.others.Changes()...))
}

// changed reports whether an input may differ by now from what the month was closed with.
func (n current) changed(
	ctx context.Context, c *Closing, closed map[string]string, loc *time.Location, rates closedRates, cause spend.Cause,
) (bool, error) {
	switch cause {
	case spend.UsageChanged:
		hashes, err := n.ledger.DayHashes(ctx, c.From, c.To, loc)
		return !maps.Equal(hashes, closed), err
	case spend.TenantsChanged:
		sharing := recordSharing(n.source.Sharing)
		return n.tenants.record() != c.Tenants || sharing.Policy != c.Sharing.Policy ||
			!slices.Equal(sharing.Usage, c.Sharing.Usage), nil
	}
	for _, region := range c.Rates {
		now, err := n.source.Rates.Series(region.Region)
		if _, none := errors.AsType[*pricing.NoCardError](err); err != nil && !none {
			return false, err
		}
		then := rates[region.Region]
		if len(now) == 0 || len(then) == 0 {
			if len(now) != len(then) {
				return true, nil
			}
			continue
		}
		if differ(now, then, c, cause) {
			return true, nil
		}
	}
	return false, nil
}

// differ compares the rates, or the discounts, that hold on the days of the month.
func differ(now, then pricing.Series, c *Closing, cause spend.Cause) bool {
	days := []pricing.Date{pricing.DateOf(c.From)}
	for _, card := range slices.Concat(now, then) {
		if at := card.From.Start(); at.After(c.From) && at.Before(c.To) {
			days = append(days, card.From)
		}
	}
	return slices.ContainsFunc(days, func(day pricing.Date) bool {
		a, b := now.On(day), then.On(day)
		if cause == spend.DiscountsChanged {
			return a.Discounts.String() != b.Discounts.String()
		}
		a.Discounts, b.Discounts = pricing.Discounts{}, pricing.Discounts{}
		return !a.SamePrices(b)
	})
}

func union(a, b map[string]string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for key := range a {
			if !yield(key) {
				return
			}
		}
		for key := range b {
			if _, both := a[key]; !both && !yield(key) {
				return
			}
		}
	}
}

// sameRecords compares the records of a snapshot with those that were closed, where the hashes of its days differ: by
// another kind of ledger, which it was moved to, they are others of the same content. All of them are read for that.
func (c *Closing) sameRecords(ctx context.Context, copied ledger.Reader, hashes map[string]string) error {
	now, err := recordsOf(ctx, copied, c.From, c.To)
	if err != nil || now.Records == c.Usage.Records && now.SHA256 == c.Usage.SHA256 {
		return err
	}
	var days []string
	for _, day := range slices.Sorted(union(hashes, c.Usage.Manifests)) {
		if hashes[day] != c.Usage.Manifests[day] {
			days = append(days, day)
		}
	}
	return fmt.Errorf("the usage of %s is not what was closed; restore it from a backup, or reopen the month with "+
		"microspend spend close --reopen %s", strings.Join(days[:min(len(days), 3)], ", "), c.Month)
}

// Rebind has the closings of a ledger that was moved here know its days by the hashes that they have here, so that
// opening it need not read all records of its closed months. It returns the months that it was about. One whose records
// are not those that were closed is left as it is, for whoever opens the ledger.
func Rebind(ctx context.Context, l ledger.Store) (months []string, err error) {
	closed, err := List(ctx, l)
	for _, c := range closed {
		loc, err := time.LoadLocation(c.TimeZone)
		if err != nil {
			return months, err
		}
		now, err := usageOf(ctx, l, &c, loc)
		if err != nil {
			return months, err
		}
		if maps.Equal(now.Manifests, c.Usage.Manifests) || now.SHA256 != c.Usage.SHA256 {
			continue
		}
		c.Usage = now
		text, err := c.encode()
		if err != nil {
			return months, err
		}
		change, err := ledger.ChangeOf(ctx, l, documentName(c.Month), text)
		if err != nil {
			return months, err
		}
		entry := audit.Entry{Action: "rebind", Note: c.Month, Changes: []audit.Change{change}}
		if err := l.Audit(entry, func() error { return l.PutDocument(ctx, documentName(c.Month), text) }); err != nil {
			return months, err
		}
		months = append(months, c.Month)
	}
	return months, err
}

// usageOf tells the usage in a month's snapshot.
func usageOf(ctx context.Context, l ledger.Reader, c *Closing, loc *time.Location) (usageRecord, error) {
	copied, err := l.OpenSnapshot(ctx, snapshotName(c.Month))
	if err != nil {
		return usageRecord{}, err
	}
	out, err := recordsOf(ctx, copied, c.From, c.To)
	if err == nil {
		out.Manifests, err = copied.DayHashes(ctx, c.From, c.To, loc)
	}
	return out, err
}

// recordsOf tells the records of a snapshot. Damaged files, which were accepted, have none.
func recordsOf(ctx context.Context, copied ledger.Reader, from, to time.Time) (usageRecord, error) {
	out := usageRecord{}
	sum := sha256.New()
	for record, err := range copied.Records(ctx, from, to) {
		if _, damaged := errors.AsType[*ledger.DamagedError](err); damaged {
			continue
		}
		if err != nil {
			return out, err
		}
		out.Records++
		hashRecord(sum, &record)
	}
	out.SHA256 = hex.EncodeToString(sum.Sum(nil))
	return out, nil
}

// hashRecord adds a record in a form that no other record has.
func hashRecord(to hash.Hash, r *usage.Record) {
	var buffer [8]byte
	number := func(n int64) {
		binary.BigEndian.PutUint64(buffer[:], uint64(n))
		_, _ = to.Write(buffer[:])
	}
	number(r.PeriodStart.Unix())
	number(r.PeriodSeconds)
	number(int64(r.Coverage))
	number(int64(r.Resource.Kind))
	for _, amount := range r.Amounts {
		number(amount)
	}
	for _, name := range r.Names() {
		number(int64(len(*name)))
		_, _ = io.WriteString(to, *name)
	}
}
