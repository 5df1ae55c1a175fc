package usage

import (
	"fmt"
	"strings"

	"microspend/internal/figures"
)

// ReadReport says what was read from a file of records.
type ReadReport struct {
	Rows       int64 // good rows
	Bad        int64 // rows that cannot be read
	Rounded    int64 // values finer than their unit, which were rounded half-even
	Incomplete int64 // good rows that lack a billed quantity, and so are not of complete coverage
	Split      int64 // good rows of more than one UTC day, which became a record for each
	Bytes      int64 // of the file, that were read
	Faults     []Fault
}

// Fault is a row that cannot be read, and why.
type Fault struct {
	Where  string // the row's place in the file, from 1: "line 12" that it begins on, or "row 12"
	Reason string
}

// String writes the fault on one line.
func (f Fault) String() string { return f.Where + ": " + strings.ReplaceAll(f.Reason, "\n", "; ") }

// AddFault counts a bad row. The first of them are kept with their reason, as many as are asked for.
func (r *ReadReport) AddFault(where string, reason error, kept int) {
	r.Bad++
	if len(r.Faults) < kept {
		r.Faults = append(r.Faults, Fault{where, reason.Error()})
	}
}

// RowsError says that rows of a file cannot be read.
type RowsError struct{ ReadReport }

func (e *RowsError) Error() string {
	text := fmt.Sprintf("%s of %s cannot be read", figures.Int(e.Bad), figures.Count(e.Bad+e.Rows, "row"))
	for _, fault := range e.Faults {
		text += "\n  " + fault.String()
	}
	if more := e.Bad - int64(len(e.Faults)); more > 0 {
		text += fmt.Sprintf("\n  and %d more", more)
	}
	return text
}
