package intake

import (
	"bufio"
	"cmp"
	"encoding/binary"
	"errors"
	"io"
	"maps"
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

// sortKey is the place of a record by day, resource and second; index is its place in the order of import.
type sortKey struct {
	key   uint64 // day − first day, rank of the resource among those of the spill, second of the day
	index uint32
}

const (
	secondBits = 17 // 86,400 seconds
	rankBits   = 30
)

// sortKeys orders records by day and key, those with the same key by import.
func sortKeys(records []usage.Record) []sortKey {
	rank := map[usage.Resource]uint64{}
	first := civil.DayOf(records[0].PeriodStart, time.UTC)
	for i := range records {
		if i == 0 || records[i].Resource != records[i-1].Resource { // imports mostly have a resource's records together
			rank[records[i].Resource] = 0
		}
		first = min(first, civil.DayOf(records[i].PeriodStart, time.UTC))
	}
	for i, resource := range slices.SortedFunc(maps.Keys(rank), usage.Resource.Compare) {
		rank[resource] = uint64(i)
	}
	keys := make([]sortKey, len(records))
	var place uint64
	for i := range records {
		r := &records[i]
		if i == 0 || r.Resource != records[i-1].Resource {
			place = rank[r.Resource]
		}
		day, second := civil.DayOf(r.PeriodStart, time.UTC), uint64(r.PeriodStart.Unix())%86_400
		keys[i] = sortKey{uint64(day-first)<<(rankBits+secondBits) | place<<secondBits | second, uint32(i)}
	}
	slices.SortFunc(keys, func(a, b sortKey) int {
		if a.key != b.key {
			return cmp.Compare(a.key, b.key)
		}
		if c := ledger.CompareOrigin(&records[a.index], &records[b.index]); c != 0 {
			return c
		}
		return cmp.Compare(a.index, b.index)
	})
	return keys
}

// writeSpill sorts records and writes them to the file from an offset on; before is the number of records read before
// them. It returns where it ends.
func writeSpill(file *os.File, offset int64, records []usage.Record, before int64) (*spill, int64, error) {
	s := &spill{sections: map[civil.Day]section{}}
	out := bufio.NewWriterSize(io.NewOffsetWriter(file, offset), 1<<18)
	keys := sortKeys(records)
	var text []byte
	begin := offset
	var previous *usage.Record
	for i, key := range keys {
		r := &records[key.index]
		if i+1 < len(keys) && keys[i+1].key == key.key && ledger.CompareOrigin(r, &records[keys[i+1].index]) == 0 {
			if !ledger.IsWithdrawal(r) {
				s.replaced++
			}
			continue
		}
		day := civil.DayOf(r.PeriodStart, time.UTC)
		if previous != nil && civil.DayOf(previous.PeriodStart, time.UTC) != day {
			s.sections[civil.DayOf(previous.PeriodStart, time.UTC)] = section{begin, offset - begin}
			begin, previous = offset, nil
		}
		text = appendRecord(text[:0], r, previous)
		text = binary.AppendUvarint(text, uint64(before)+uint64(key.index)+1)
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
	number := func() int64 {
		n, length := binary.Uvarint(text)
		if length <= 0 {
			ok = false
			return 0
		}
		text = text[length:]
		return int64(n)
	}
	for n, name := range s.last.Names() {
		if mask&(1<<n) == 0 {
			continue
		}
		length := number()
		if !ok || length > int64(len(text)) {
			return false, errSpill
		}
		*name = string(text[:length])
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
