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
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"microspend/internal/civil"
	"microspend/internal/ownfile"
	"microspend/ledger"
	"microspend/ledger/parquet"
	"microspend/pricing"
	"microspend/spend"
	"microspend/spend/tenants"
	"microspend/usage"
)

var monthName = regexp.MustCompile(`^[0-9]{4}-(0[1-9]|1[0-2])$`)

// ParseMonth reads a month written as 2026-10 and gives its first day.
func ParseMonth(text string) (civil.Day, error) {
	if !monthName.MatchString(text) {
		return 0, fmt.Errorf("%.40q is not a month such as 2026-10", text)
	}
	return civil.Parse(text + "-01")
}

// months are the months that are closed, in order.
func months(folder string) ([]string, error) {
	entries, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var list []string
	for _, entry := range entries {
		if entry.IsDir() && monthName.MatchString(entry.Name()) {
			list = append(list, entry.Name())
		}
	}
	return list, err
}

// List is what is known of each closed month of the ledger in a folder, in order.
func List(dir string) ([]Closing, error) {
	folder := filepath.Join(dir, Folder)
	names, err := months(folder)
	if err != nil {
		return nil, err
	}
	var out []Closing
	for _, name := range names {
		c, err := read(filepath.Join(folder, name))
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}

// read reads the closing in the folder of a month.
func read(folder string) (Closing, error) {
	path := filepath.Join(folder, fileName)
	text, err := ownfile.ReadFile(path)
	if err != nil {
		return Closing{}, err
	}
	c, err := decode(text)
	if err != nil {
		return c, fmt.Errorf("%s: %w; restore it from a backup, or reopen the month with microspend spend close --reopen %s",
			path, err, filepath.Base(folder))
	}
	return c, nil
}

// current is what a month is held against.
type current struct {
	source  spend.Source
	ledger  *parquet.Ledger
	tenants TenantsFile
}

// Load returns the source of a ledger with the months that are closed.
func Load(source spend.Source, of *parquet.Ledger, file TenantsFile) (spend.Source, error) {
	folder := filepath.Join(of.Dir(), Folder)
	names, err := months(folder)
	if err != nil {
		return source, err
	}
	now := current{source, of, file}
	for _, name := range names {
		month, err := open(filepath.Join(folder, name), now)
		if err != nil {
			return source, err
		}
		source.Closed = append(source.Closed, month)
	}
	return source, nil
}

// open reads a closed month.
func open(folder string, now current) (spend.ClosedMonth, error) {
	c, err := read(folder)
	if err != nil {
		return spend.ClosedMonth{}, err
	}
	manifests, err := manifestsOf(folder)
	if err != nil {
		return spend.ClosedMonth{}, err
	}
	for _, day := range slices.Sorted(union(manifests, c.Usage.Manifests)) {
		if manifests[day] != c.Usage.Manifests[day] {
			return spend.ClosedMonth{}, fmt.Errorf("%s: the usage of %s is not what was closed; restore it from a backup, "+
				"or reopen the month with microspend spend close --reopen %s", folder, day, c.Month)
		}
	}
	copied, err := parquet.Open(folder, ledger.Options{})
	if err != nil {
		return spend.ClosedMonth{}, err
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
			return month, fmt.Errorf("%s: %w", folder, err)
		}
	}
	if month.Sharing, err = c.Sharing.sharing(); err != nil {
		return month, fmt.Errorf("%s: %w", folder, err)
	}
	billed := civil.MustParse(c.Month + "-01").UTC()
	for _, written := range c.Posted {
		posted, err := written.charge(billed)
		if err != nil {
			return month, fmt.Errorf("%s: %w", folder, err)
		}
		month.Posted = append(month.Posted, posted)
	}
	month.Changed = func(cause spend.Cause) (bool, error) { return now.changed(&c, copied, rates, cause) }
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
func (n current) changed(c *Closing, copied *parquet.Ledger, rates closedRates, cause spend.Cause) (bool, error) {
	loc, err := time.LoadLocation(c.TimeZone)
	if err != nil {
		return false, err
	}
	switch cause {
	case spend.UsageChanged:
		same, err := n.ledger.SameAs(copied, c.From, c.To, loc)
		return !same, err
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

// manifestsOf are the SHA-256 of the manifests of the days in a copy of usage, by day.
func manifestsOf(folder string) (map[string]string, error) {
	out := map[string]string{}
	paths, err := filepath.Glob(filepath.Join(folder, "usage", "dt=*", "_manifest.json"))
	for _, path := range paths {
		text, err := ownfile.ReadFile(path)
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256(text)
		out[strings.TrimPrefix(filepath.Base(filepath.Dir(path)), "dt=")] = hex.EncodeToString(sum[:])
	}
	return out, err
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

// usageOf tells the usage in a copy. Damaged files, which were accepted, have no records.
func usageOf(ctx context.Context, folder string, from, to time.Time) (usageRecord, error) {
	copied, err := parquet.Open(folder, ledger.Options{})
	if err != nil {
		return usageRecord{}, err
	}
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
	out.Manifests, err = manifestsOf(folder)
	return out, err
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
