package bill

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// Join makes one bill of the parts of a report that AWS delivers in several files, or of replies for different days.
// Parts of a kind only; the same file twice, and replies of Cost Explorer for the same day, are refused. The digest
// is that of the parts' digests, one after the other.
func Join(parts []Bill) (Bill, error) {
	switch len(parts) {
	case 0:
		return Bill{}, errors.New("no bill given")
	case 1:
		return parts[0], nil
	}
	b := newBuilder(parts[0].Format)
	b.bill.Metric = parts[0].Metric
	digests := make([]string, len(parts))
	for i, part := range parts {
		if part.Format != b.bill.Format || part.Metric != b.bill.Metric {
			return Bill{}, fmt.Errorf("files of one bill must be of one kind; these are %s (%s) and %s (%s)",
				b.bill.Format, b.bill.Metric, part.Format, part.Metric)
		}
		for j, before := range parts[:i] {
			switch {
			case before.SHA256 == part.SHA256:
				return Bill{}, fmt.Errorf("file %d and file %d are the same", j+1, i+1)
			case part.Format == CostExplorer && part.From.Before(before.To) && before.From.Before(part.To):
				return Bill{}, fmt.Errorf("file %d and file %d cover the same days, which would be counted twice", j+1, i+1)
			}
		}
		digests[i] = part.SHA256
		b.cover(part.From, part.To)
		b.bill.Rows, b.bill.Ignored = b.bill.Rows+part.Rows, b.bill.Ignored+part.Ignored
		for _, line := range part.Lines {
			b.add(line)
		}
		for _, apart := range part.Apart {
			b.setApart(apart)
		}
	}
	sum := sha256.Sum256([]byte(strings.Join(digests, "")))
	b.bill.SHA256 = hex.EncodeToString(sum[:])
	return b.finish(), nil
}
