package ledger

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
	"time"

	"microspend/internal/civil"
)

// UnwritableDayError says that no record can be written into a day of the ledger as it is: its manifest is damaged, so
// that nothing tells what the day holds, or a file of it cannot be read for a reason that may pass. Nothing was written
// to any day.
type UnwritableDayError struct {
	Day    time.Time // in UTC
	File   string    // within the ledger's folder, with slashes
	Reason string
	Passes bool // the file may be whole, and be readable once somebody has given back the right to read it, say
}

func (e *UnwritableDayError) Error() string {
	if e.Passes {
		return fmt.Sprintf("%s cannot be used: %s", e.File, e.Reason)
	}
	return fmt.Sprintf("%s is damaged: %s; run microspend ledger check --repair", e.File, e.Reason)
}

// ofDay makes an error of writing to a day's folder one of that day alone, if it cannot be one of the whole disk.
func ofDay(day civil.Day, err error) error {
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.ENOTDIR) {
		return &UnwritableDayError{day.UTC(), usageFolder + "/" + dayPrefix + day.String(), err.Error(), true}
	}
	return err
}

// Unwritable returns an [UnwritableDayError] if no record of a UTC day can be written, else nil. A day whose parts
// alone are damaged can be written: they are set aside by whoever writes next.
func (l *Ledger) Unwritable(of time.Time) error {
	opened := l.openDay(dayOf(of))
	defer opened.close()
	return opened.unwritable()
}

func (d *openDay) unwritable() error {
	if d.manifest == nil && len(d.damaged) > 0 {
		return &UnwritableDayError{Day: d.day.UTC(), File: d.damaged[0].Path, Reason: d.damaged[0].Reason}
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
		return &UnwritableDayError{d.day.UTC(), shownPath(d.day, entry.Name), fault.Error(), true}
	}
	return nil
}

// DamagedManifests names the days into which no record can be written as their manifests are damaged. It reads nothing
// else, so that it is quick.
func (l *Ledger) DamagedManifests() (damaged []*UnwritableDayError, err error) {
	days, err := l.days()
	for _, day := range days {
		m, _, err := readManifest(l.dayFolder(day), day)
		if err == nil && m != nil {
			continue
		}
		// A writer may have switched it meanwhile, or the folder holds files without a manifest.
		opened := l.openDay(day)
		var of *UnwritableDayError
		if errors.As(opened.unwritable(), &of) {
			damaged = append(damaged, of)
		}
		opened.close()
	}
	return damaged, err
}
