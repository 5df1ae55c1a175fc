package logs

import (
	"cmp"
	"hash/maphash"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"microspend/internal/emf"
)

// line counts a line.
func (r *reading) line(e *types.FilteredLogEvent, line *emf.Line) {
	key := lifeKey{line.Life, line.MicroVMID}
	life := r.lives[key]
	if life == nil {
		life = &logLife{usage: r.usageOf(line), stream: r.name(aws.ToString(e.LogStreamName))}
		r.lives[lifeKey{r.name(line.Life), life.usage.id}] = life
	}
	if taken := cmp.Or(aws.ToInt64(e.IngestionTime), *e.Timestamp); life.usage.taken == 0 || taken < life.usage.taken {
		life.usage.taken = taken
	}
	inside := r.inside(line.PeriodStart)
	sum := maphash.String(r.seed, *e.Message)
	i, seen := slices.BinarySearchFunc(life.marks, line.Sequence, func(m mark, n int64) int {
		return cmp.Compare(m.sequence, n)
	})
	if seen {
		r.again(e, line, life, life.marks[i].sum == sum)
		return
	}
	life.marks = slices.Insert(life.marks, i, mark{line.Sequence, line.PeriodStart, line.PeriodEnd, sum})
	if line.Sequence < life.latest && *e.Timestamp > life.at && inside {
		r.counts[countDisorder]++
		r.note(countDisorder, e, "line %d of MicroVM %s came after line %d", line.Sequence, line.MicroVMID, life.latest)
	}
	if line.Sequence > life.latest {
		life.latest, life.at = line.Sequence, *e.Timestamp
	}
	if !inside {
		return
	}
	r.counts[countLines]++
	for _, note := range line.Notes {
		r.counts["lines with the note "+note]++
	}
	cell := life.usage.cell(r, line.PeriodStart)
	r.sharedBy(e, cell, line)
	if !possible(line) || !cell.holds(line, r.period) {
		r.counts[countImpossible]++
		r.note(countImpossible, e, "line %d of MicroVM %s", line.Sequence, line.MicroVMID)
		r.quarantine(r.streamOf(e), countImpossible, line.PeriodStart)
		cell.doubtful = true
		return
	}
	if r.rule.Any {
		r.counts[countAsserted]++
	}
	image, agrees := r.imageIn(line)
	if !agrees {
		r.counts[countImage]++
		r.note(countImage, e, "line %d names %s", line.Sequence, line.Image)
		r.quarantine(r.streamOf(e), countImage, line.PeriodStart)
	}
	line.Image = image
	r.count(cell, line)
	if r.told != nil && !cell.doubtful {
		r.told(life.usage, cell, line)
	}
}

// sharedBy looks for a MicroVM's period in several streams, as can be where their names do not tell the MicroVM: one of
// them is not its own, and which is anyone's guess.
func (r *reading) sharedBy(e *types.FilteredLogEvent, cell *logCell, line *emf.Line) {
	name := r.name(aws.ToString(e.LogStreamName))
	if cell.stream == "" {
		cell.stream = name
	}
	if cell.stream == name {
		return
	}
	if !cell.doubtful {
		r.counts[countShared]++
	}
	cell.doubtful = true
	for _, of := range []string{cell.stream, name} {
		r.quarantine(r.groupName()+", stream "+of, "it has lines of MicroVM "+line.MicroVMID+", of which another stream has "+
			"lines too; its usage is not certain", line.PeriodStart)
	}
}

// again takes a line whose number was seen before. The same line counts once; another one is not believed, and
// neither is the period.
func (r *reading) again(e *types.FilteredLogEvent, line *emf.Line, life *logLife, same bool) {
	if !r.inside(line.PeriodStart) {
		return
	}
	if same {
		r.counts[countTwice]++
		r.note(countTwice, e, "line %d of MicroVM %s", line.Sequence, line.MicroVMID)
		return
	}
	r.counts[countContradict]++
	r.note(countContradict, e, "line %d of MicroVM %s", line.Sequence, line.MicroVMID)
	r.quarantine(r.streamOf(e), countContradict, line.PeriodStart)
	life.usage.cell(r, line.PeriodStart).doubtful = true
	for _, m := range life.marks {
		if m.sequence == line.Sequence && r.inside(m.start) {
			life.usage.cell(r, m.start).doubtful = true
		}
	}
}

// usageOf finds what is known of a line's MicroVM.
func (r *reading) usageOf(line *emf.Line) *logUsage {
	id := r.name(line.MicroVMID)
	u := r.microVMs[id]
	if u == nil {
		u = &logUsage{id: id}
		r.microVMs[id] = u
	}
	return u
}

// cell finds the period that a moment of the window lies in.
func (u *logUsage) cell(r *reading, ms int64) *logCell {
	index := (ms - r.from) / r.period
	i, found := slices.BinarySearchFunc(u.cells, index, func(c logCell, index int64) int {
		return cmp.Compare(c.index, index)
	})
	if !found {
		begin := r.from + index*r.period
		u.cells = slices.Insert(u.cells, i, logCell{index: index, begin: begin, end: begin + r.period})
	}
	return &u.cells[i]
}

// incomplete are the notes of a line in which a quantity is not all there.
var incomplete = []string{
	emf.NoteLaunchUnseen, emf.NoteImageSizeUnknown, emf.NoteBurstUnknown, emf.NoteSuspendedUnknown,
	emf.NoteClockUncorrected, // a suspended stretch may have passed that no clock showed
}

func (r *reading) count(c *logCell, line *emf.Line) {
	sum := c.amounts
	for m, amount := range line.Amounts {
		if sum[m] += amount; sum[m] < 0 { // of hundreds of thousands of lines, each as much as there can be
			c.doubtful = true
			return
		}
	}
	c.amounts = sum
	c.covered += line.PeriodEnd - line.PeriodStart
	c.reached = max(c.reached, line.PeriodEnd)
	switch line.Event {
	case emf.Launch:
		c.begin = line.PeriodStart
	case emf.Terminate:
		c.end = line.PeriodEnd
	}
	for _, note := range line.Notes {
		c.lacking = c.lacking || slices.Contains(incomplete, note)
	}
	c.doubtful = c.doubtful || line.Faulty()
	r.named(c, line)
}
