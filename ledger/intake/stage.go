package intake

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"

	"microspend/internal/civil"
	"microspend/internal/ownfile"
	"microspend/ledger"
	"microspend/usage"
)

// Stage takes in the records of an import: in memory up to a limit, then spilled to a file in sorted runs. Sorting and
// writing run beside the import.
type Stage struct {
	place  ownfile.Place
	file   *os.File
	limit  int
	buffer []usage.Record
	spills []*spill

	full chan []usage.Record // to the spilling goroutine
	free chan []usage.Record // back from it
	done chan struct{}
	err  error // of the spilling goroutine; read once it is done

	failed atomic.Bool // whether err is set
	read   int64
	// Of the spilling goroutine.
	spilled int64
	marks   int64 // of the spilled records, see [ledger.Withdraw]
	end     int64 // of the file
}

// Fill stages all records of an import in a folder of a place, and holds up to limit of them in memory at a time. What
// it returns without an error is to be given to [Stage.Remove].
func Fill(ctx context.Context, place ownfile.Place, folder string, limit int,
	batches iter.Seq2[[]usage.Record, error],
) (_ *Stage, err error) {
	s, err := newStage(place, folder, limit)
	if err != nil {
		return nil, fmt.Errorf("staging the import: %w", err)
	}
	defer func() {
		if err != nil {
			_ = s.Remove()
		}
	}()
	for batch, err := range batches {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return nil, err
		}
		if err := s.add(batch); err != nil {
			return nil, fmt.Errorf("staging the import: %w", err)
		}
	}
	if err := s.finish(); err != nil {
		return nil, fmt.Errorf("staging the import: %w", err)
	}
	return s, nil
}

func newStage(place ownfile.Place, folder string, limit int) (*Stage, error) {
	file, err := place.OpenFile(filepath.Join(folder, "spills"), os.O_RDWR|os.O_CREATE|os.O_EXCL)
	if err != nil {
		return nil, err
	}
	s := &Stage{
		place: place, file: file, limit: min(limit, maxSpilled),
		full: make(chan []usage.Record, 1), free: make(chan []usage.Record, 2), done: make(chan struct{}),
	}
	s.free <- nil // a second buffer, made when it is needed
	go s.spillAll(s.full)
	return s, nil
}

func (s *Stage) spillAll(full <-chan []usage.Record) {
	defer close(s.done)
	for records := range full {
		if s.err == nil {
			marks, err := checkAll(records, s.spilled)
			s.marks += marks
			if err == nil {
				var written *spill
				written, s.end, err = writeSpill(s.file, s.end, records, s.spilled)
				s.spills = append(s.spills, written)
			}
			s.spilled += int64(len(records))
			s.err = err
			s.failed.Store(err != nil)
		}
		s.free <- records[:0]
	}
}

// checkAll refuses records that cannot be, gives starts the one form that can be compared, and counts the marks.
func checkAll(records []usage.Record, before int64) (marks int64, err error) {
	for i := range records {
		if ledger.IsWithdrawal(&records[i]) {
			marks++
		} else if err := records[i].Check(); err != nil {
			return marks, fmt.Errorf("record %d: %w", before+int64(i)+1, err)
		}
		records[i].PeriodStart = secondStart(records[i].PeriodStart.Unix())
	}
	return marks, nil
}

// add takes a copy of the records.
func (s *Stage) add(batch []usage.Record) error {
	for len(batch) > 0 {
		if s.buffer == nil {
			size := s.limit
			if s.read == 0 { // most imports are small
				size = min(s.limit, max(len(batch), 1024))
			}
			s.buffer = make([]usage.Record, 0, size)
		}
		n := min(len(batch), s.limit-len(s.buffer))
		s.buffer = append(s.buffer, batch[:n]...)
		s.read += int64(n)
		batch = batch[n:]
		if len(s.buffer) == s.limit {
			s.full <- s.buffer
			if s.buffer = <-s.free; s.failed.Load() {
				return s.finish()
			}
		}
	}
	return nil
}

// finish spills the rest, so that every record can be asked for.
func (s *Stage) finish() error {
	if len(s.buffer) > 0 {
		s.full <- s.buffer
		s.buffer = nil
	}
	close(s.full)
	s.full = nil
	<-s.done
	s.free = nil // the buffers are not needed to write the days
	return s.err
}

// Remove ends the stage and deletes its file.
func (s *Stage) Remove() error {
	if s.full != nil {
		close(s.full)
		<-s.done
	}
	return errors.Join(s.file.Close(), s.place.Remove(s.file.Name()))
}

// Days lists the days that records were staged for.
func (s *Stage) Days() []civil.Day {
	seen := map[civil.Day]bool{}
	var days []civil.Day
	for _, spill := range s.spills {
		for day := range spill.sections {
			if !seen[day] {
				seen[day] = true
				days = append(days, day)
			}
		}
	}
	slices.Sort(days)
	return days
}

// Rows gives the staged records of a day, each spill's by itself, the earlier spill first.
func (s *Stage) Rows(day civil.Day) []Reader {
	const memory = 8 << 20 // for all buffers of a day
	var readers []Reader
	for _, spill := range s.spills {
		if section, ok := spill.sections[day]; ok {
			readers = append(readers, newSpillRows(s.file, section, min(1<<18, memory/len(s.spills))))
		}
	}
	return readers
}

// Counts are of the records that were staged, but for withdrawals.
func (s *Stage) Counts() (read, superseded int64) {
	for _, spill := range s.spills {
		superseded += spill.replaced
	}
	return s.read - s.marks, superseded
}
