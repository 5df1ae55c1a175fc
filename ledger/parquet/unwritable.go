package parquet

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"os"
	"syscall"
	"time"

	"microspend/ledger"

	"microspend/internal/civil"
)

// ofDay makes an error of writing to a day's folder one of that day alone, if it cannot be one of the whole disk.
func ofDay(day civil.Day, err error) error {
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.ENOTDIR) {
		return &ledger.UnwritableDayError{Day: day.UTC(), File: usageFolder + "/" + dayPrefix + day.String(), Reason: err.Error(), Passes: true}
	}
	return err
}

// Unwritable returns an [ledger.UnwritableDayError] if no record of a UTC day can be written, else nil. A day whose parts
// alone are damaged can be written: they are set aside by whoever writes next.
func (l *Ledger) Unwritable(ctx context.Context, of time.Time) error {
	opened := l.openDay(ctx, dayOf(of))
	defer opened.close()
	return cmp.Or(opened.unreachable, opened.unwritable())
}

func (d *openDay) unwritable() error {
	if d.manifest == nil && len(d.damaged) > 0 {
		return &ledger.UnwritableDayError{Day: d.day.UTC(), File: d.damaged[0].Path, Reason: d.damaged[0].Reason}
	}
	if d.manifest == nil {
		return nil
	}
	for _, entry := range d.manifest.Parts {
		var of *damage
		fault := d.faults[entry.Name]
		if fault == nil || errors.Is(fault, os.ErrNotExist) || errors.Is(fault, errNotThisPart) || errors.As(fault, &of) {
			continue
		}
		return &ledger.UnwritableDayError{
			Day: d.day.UTC(), File: d.files.Path(d.day, entry.Name), Reason: fault.Error(), Passes: true,
		}
	}
	return nil
}

// DamagedManifests names the days into which no record can be written as their manifests are damaged. It reads nothing
// else, so that it is quick.
func (l *Ledger) DamagedManifests(ctx context.Context) (damaged []*ledger.UnwritableDayError, err error) {
	days, err := l.files.Days(ctx)
	for _, day := range days {
		m, _, err := readManifest(ctx, l.files, day)
		if err == nil && m != nil {
			continue
		}
		// A writer may have switched it meanwhile, or the folder holds files without a manifest.
		opened := l.openDay(ctx, day)
		var of *ledger.UnwritableDayError
		if errors.As(opened.unwritable(), &of) {
			damaged = append(damaged, of)
		}
		opened.close()
	}
	return damaged, err
}
