package bucket

import (
	"context"
	"regexp"
	"slices"

	"microspend/internal/civil"
	"microspend/ledger/audit"
	"microspend/ledger/parquet"
)

// uploadedName is what [writing.Add] calls a part.
var uploadedName = regexp.MustCompile(`^([0-9a-f]{64})-[0-9a-f]{8}\.parquet$`)

// Uploaded implements [parquet.Uploads], in one request for each thousand objects.
func (w *writing) Uploaded(ctx context.Context, day civil.Day) (parts []parquet.PartFile, err error) {
	objects, _, err := w.list(ctx, partsFolder+"/"+dayPrefix+day.String()+"/")
	slices.SortStableFunc(objects, func(a, b object) int { return b.modified.Compare(a.modified) })
	for _, o := range objects {
		_, name, _ := dayOf(partsFolder, o.key)
		if sum := uploadedName.FindStringSubmatch(name); sum != nil {
			parts = append(parts, parquet.PartFile{SHA256: sum[1], Bytes: o.size, Object: name})
		}
	}
	return parts, err
}

// Switches implements [parquet.Uploads].
func (w *writing) Switches(ctx context.Context, day civil.Day) (found []audit.Change, err error) {
	log, err := audit.VerifyShared(w.entries(ctx), audit.Options{Keep: func(e *audit.Entry) bool {
		return e.Concerns(day.String())
	}})
	for _, e := range log.Entries {
		for _, change := range e.Changes {
			if of, ok := change.Day(); ok && of == day.String() {
				found = append(found, change)
			}
		}
	}
	return found, err
}
