package intake

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"math/bits"
	"os"
	"slices"
	"time"

	"microspend/internal/civil"
	"microspend/ledger"
	"microspend/usage"
)

// spill is a run of staged records within the staging file: for each day a section that is sorted and has each key
// once. The file lives as long as the import, and only this process reads it.
type spill struct {
	sections map[civil.Day]section
	replaced int64 // records left out, as a later one of the same spill has their key
}

type section struct{ offset, length int64 } // in the staging file

// place orders a record among those of a spill, by what takes the fewest bits: the day from the first one on, the rank
// of the resource among those of the spill, the second of the day, and then the order of import. A whole number is
// sorted in half the time that a struct is compared in.
type place uint64

// The bits of a place. A spill has at most as many records, and so resources, as there are indexes; the years that
// [usage.Record.Check] lets records start in have fewer days.
const (
	dayBits, rankBits, secondBits, indexBits = 15, 16, 17, 16

	maxSpilled = 1 << indexBits
)

func (p place) index() int { return int(p % maxSpilled) }

// sameSecond reports whether two records are of the same resource and start in the same second.
func (p place) sameSecond(other place) bool { return p>>indexBits == other>>indexBits }

// placesOf orders records by day and key, those with the same key by import.
func placesOf(records []usage.Record) []place {
	ranks := rankResources(records)
	first := civil.DayOf(records[0].PeriodStart, time.UTC)
	for i := range records {
		first = min(first, civil.DayOf(records[i].PeriodStart, time.UTC))
	}
	places := make([]place, len(records))
	for i := range records {
		day, second := civil.DayOf(records[i].PeriodStart, time.UTC), records[i].PeriodStart.Unix()%86_400
		p := place(day-first)<<rankBits | place(ranks[i])
		places[i] = (p<<secondBits|place(second))<<indexBits | place(i)
	}
	slices.Sort(places)
	for from := 0; from < len(places); {
		to := from + 1
		for to < len(places) && places[to].sameSecond(places[from]) {
			to++
		}
		if to > from+1 {
			slices.SortStableFunc(places[from:to], func(a, b place) int {
				return ledger.CompareOrigin(&records[a.index()], &records[b.index()])
			})
		}
		from = to
	}
	return places
}

// rankResources gives for each record the place of its resource among those of all records.
func rankResources(records []usage.Record) []uint32 {
	ranks, numbers := make([]uint32, len(records)), map[usage.Resource]uint32{}
	var resources []usage.Resource // by number
	for i := range records {
		if i > 0 && records[i].Resource == records[i-1].Resource { // imports often have a resource's records together
			ranks[i] = ranks[i-1]
			continue
		}
		number, ok := numbers[records[i].Resource]
		if !ok {
			number = uint32(len(resources))
			numbers[records[i].Resource] = number
			resources = append(resources, records[i].Resource)
		}
		ranks[i] = number
	}
	rankOf := make([]uint32, len(resources))
	slices.SortFunc(resources, usage.Resource.Compare)
	for rank, resource := range resources {
		rankOf[numbers[resource]] = uint32(rank)
	}
	for i, number := range ranks {
		ranks[i] = rankOf[number]
	}
	return ranks
}

// writeSpill sorts records and writes them to the file from an offset on; before is the number of records read before
// them. It returns where it ends.
func writeSpill(file *os.File, offset int64, records []usage.Record, before int64) (*spill, int64, error) {
	s := &spill{sections: map[civil.Day]section{}}
	out := bufio.NewWriterSize(io.NewOffsetWriter(file, offset), 1<<18)
	places := placesOf(records)
	var text []byte
	begin := offset
	var previous *usage.Record
	for i, place := range places {
		r := &records[place.index()]
		if i+1 < len(places) && places[i+1].sameSecond(place) &&
			ledger.CompareOrigin(r, &records[places[i+1].index()]) == 0 {
			if !ledger.IsWithdrawal(r) {
				s.replaced++
			}
			continue
		}
		if day := civil.DayOf(r.PeriodStart, time.UTC); previous != nil && day != civil.DayOf(previous.PeriodStart, time.UTC) {
			s.sections[civil.DayOf(previous.PeriodStart, time.UTC)] = section{begin, offset - begin}
			begin, previous = offset, nil
		}
		text = appendRecord(text[:0], r, previous)
		text = binary.AppendUvarint(text, uint64(before)+uint64(place.index())+1)
		if _, err := out.Write(text); err != nil {
			return s, offset, err
		}
		offset += int64(len(text))
		previous = r
	}
	if previous != nil {
		s.sections[civil.DayOf(previous.PeriodStart, time.UTC)] = section{begin, offset - begin}
	}
	return s, offset, out.Flush()
}

// noRecord is what the first record of a section is written as a difference to.
var noRecord usage.Record

// appendRecord writes a record: two bytes that say which names differ from the record before, those names, the start,
// the numbers, the kind and the coverage.
func appendRecord(text []byte, r, previous *usage.Record) []byte {
	if previous == nil {
		previous = &noRecord
	}
	place, mask := len(text), uint16(0)
	text = append(text, 0, 0)
	before := previous.Names()
	for n, name := range r.Names() {
		if *name != *before[n] {
			mask |= 1 << n
			text = binary.AppendUvarint(text, uint64(len(*name)))
			text = append(text, *name...)
		}
	}
	binary.LittleEndian.PutUint16(text[place:], mask)
	text = binary.AppendUvarint(text, uint64(r.PeriodStart.Unix()))
	text = binary.AppendUvarint(text, uint64(r.PeriodSeconds))
	for _, amount := range r.Amounts {
		text = binary.AppendUvarint(text, uint64(amount))
	}
	return append(text, byte(r.Resource.Kind), byte(r.Coverage))
}

// maxRecordBytes is more than any record takes, with its place.
const maxRecordBytes = usage.NameCount*(usage.MaxNameBytes+binary.MaxVarintLen64) +
	(usage.MeasureCount+3)*binary.MaxVarintLen64 + 4

// spillRows reads one section of a spill.
type spillRows struct {
	file   *os.File
	rest   section // what is not yet in the buffer
	buffer []byte
	unread []byte
	last   usage.Record
	number int64 // of the last
}

func (s *spillRows) Place() int64 { return s.number }

func newSpillRows(file *os.File, of section, bufferBytes int) *spillRows {
	return &spillRows{file: file, rest: of, buffer: make([]byte, max(bufferBytes, 2*maxRecordBytes))}
}

var errSpill = errors.New("a staged record is not what was written")

func (s *spillRows) Read(r *usage.Record) (more bool, err error) {
	if len(s.unread) < maxRecordBytes && s.rest.length > 0 {
		if err := s.fill(); err != nil {
			return false, err
		}
	}
	if len(s.unread) == 0 {
		return false, nil
	}
	if len(s.unread) < 2 {
		return false, errSpill
	}
	text, ok := s.unread[2:], true
	mask := binary.LittleEndian.Uint16(s.unread)
	if mask >= 1<<usage.NameCount {
		return false, errSpill
	}
	number := func() int64 {
		n, length := binary.Uvarint(text)
		if length <= 0 {
			ok = false
			return 0
		}
		text = text[length:]
		return int64(n)
	}
	for names := s.last.Names(); mask != 0; mask &= mask - 1 {
		length := number()
		if !ok || length > int64(len(text)) {
			return false, errSpill
		}
		*names[bits.TrailingZeros16(mask)] = string(text[:length])
		text = text[length:]
	}
	s.last.PeriodStart = secondStart(number())
	s.last.PeriodSeconds = number()
	var amounts usage.Amounts
	for a := range amounts {
		amounts[a] = number()
	}
	if !ok || len(text) < 2 {
		return false, errSpill
	}
	s.last.Amounts = amounts
	s.last.Resource.Kind, s.last.Coverage = usage.ResourceKind(text[0]), usage.Coverage(text[1])
	text = text[2:]
	if s.number = number(); !ok {
		return false, errSpill
	}
	s.unread = text
	*r = s.last
	return true, nil
}

func (s *spillRows) fill() error {
	n := copy(s.buffer, s.unread)
	want := min(int64(len(s.buffer)-n), s.rest.length)
	if _, err := s.file.ReadAt(s.buffer[n:n+int(want)], s.rest.offset); err != nil {
		return err
	}
	s.rest.offset += want
	s.rest.length -= want
	s.unread = s.buffer[:n+int(want)]
	return nil
}

// secondStart is a period's start in the one form that can be compared with ==.
func secondStart(unix int64) time.Time { return time.Unix(unix, 0).UTC() }
