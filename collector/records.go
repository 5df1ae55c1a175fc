package collector

import (
	"encoding/binary"
	"errors"
	"math/bits"
	"time"

	"microspend/usage"
)

// Records in the journal are written one after the other, each as the difference to the one before: the names where
// they are others, the start, and the quantities that are not zero.

const (
	sameNames  = 1 << 0
	sameLength = 1 << 1 // the length of the period is that of the one before
	follows    = 1 << 2 // the period begins where the one before ends
	withArch   = 1 << 3 // the architecture is among the names, as in all but the journals of former versions
	withBy     = 1 << 6 // likewise, whose word the tenant is
)

const nameCount = 9

func names(r *usage.Record) [nameCount]string {
	return [...]string{
		r.Region, r.Account, r.Resource.String(), r.Image, r.Tenant, r.Role, r.Source, string(r.Arch), string(r.TenantBy),
	}
}

func setNames(r *usage.Record, names [nameCount]string) {
	r.Region, r.Account, r.Resource, r.Image = names[0], names[1], usage.ParseResource(names[2]), names[3]
	r.Tenant, r.Role, r.Source, r.Arch = names[4], names[5], names[6], usage.Arch(names[7])
	r.TenantBy = usage.TenantBy(names[8])
}

func sameNamed(a, b *usage.Record) bool {
	return a.Resource == b.Resource && a.Tenant == b.Tenant && a.TenantBy == b.TenantBy && a.Image == b.Image && a.Arch == b.Arch &&
		a.Role == b.Role && a.Region == b.Region && a.Account == b.Account &&
		a.Source == b.Source
}

func appendRecords(b []byte, records []usage.Record) []byte {
	previous := &usage.Record{}
	var end int64 // of the period before
	for i := range records {
		r := &records[i]
		start := r.PeriodStart.Unix()
		flags := byte(r.Coverage)<<4 | withArch | withBy
		if i > 0 && sameNamed(r, previous) {
			flags |= sameNames
		}
		if i > 0 && r.PeriodSeconds == previous.PeriodSeconds {
			flags |= sameLength
		}
		if i > 0 && start == end {
			flags |= follows
		}
		b = append(b, flags)
		if flags&sameNames == 0 {
			for _, name := range names(r) {
				b = append(binary.AppendUvarint(b, uint64(len(name))), name...)
			}
		}
		if flags&follows == 0 {
			b = binary.AppendVarint(b, start-end)
		}
		if flags&sameLength == 0 {
			b = binary.AppendVarint(b, r.PeriodSeconds)
		}
		var given uint64
		for q, amount := range r.Amounts {
			if amount != 0 {
				given |= 1 << q
			}
		}
		b = binary.AppendUvarint(b, given)
		for left := given; left != 0; left &= left - 1 {
			b = binary.AppendVarint(b, r.Amounts[bits.TrailingZeros64(left)])
		}
		previous, end = r, start+r.PeriodSeconds
	}
	return b
}

var errBadRecords = errors.New("the journal holds records that cannot be read")

// recordDecoder reads what appendRecords wrote.
type recordDecoder struct {
	rest []byte
	last usage.Record
	end  int64
	bad  bool
}

// number reads a number by binary.Varint or binary.Uvarint.
func number[T int64 | uint64](d *recordDecoder, read func([]byte) (T, int)) T {
	value, n := read(d.rest)
	if n <= 0 {
		d.bad = true
		return 0
	}
	d.rest = d.rest[n:]
	return value
}

func (d *recordDecoder) text() string {
	length := number(d, binary.Uvarint)
	if length > uint64(len(d.rest)) {
		d.bad = true
		return ""
	}
	text := string(d.rest[:length])
	d.rest = d.rest[length:]
	return text
}

// next sets r to the next record; it is false after the last one.
func (d *recordDecoder) next(r *usage.Record) (bool, error) {
	if len(d.rest) == 0 {
		return false, nil
	}
	flags := d.rest[0]
	d.rest = d.rest[1:]
	if flags&sameNames == 0 {
		var names [nameCount]string
		for i := range names {
			if i < nameCount-2 || i == nameCount-2 && flags&withArch != 0 || i == nameCount-1 && flags&withBy != 0 {
				names[i] = d.text()
			}
		}
		setNames(&d.last, names)
	}
	if start := d.end; flags&follows == 0 {
		d.end = start + number(d, binary.Varint)
	}
	d.last.PeriodStart = time.Unix(d.end, 0).UTC()
	if flags&sameLength == 0 {
		d.last.PeriodSeconds = number(d, binary.Varint)
	}
	d.last.Coverage = usage.Coverage(flags >> 4 & 3)
	given := number(d, binary.Uvarint)
	for q := range d.last.Amounts {
		d.last.Amounts[q] = 0
		if given&(1<<q) != 0 {
			d.last.Amounts[q] = number(d, binary.Varint)
		}
	}
	if d.bad || given>>usage.MeasureCount != 0 {
		return false, errBadRecords
	}
	d.end += d.last.PeriodSeconds
	*r = d.last
	return true, nil
}
