package idle

// ReadGaps reads CSV with a column gap_seconds, one row a gap, in plain decimals. Columns microvm_id, tenant and
// image, where they are there, say whose gap it is; the gaps of one MicroVM are taken to follow each other in the
// order of the rows. Requests between gaps take no time.
func ReadGaps(in Named) (*Trace, error) { return readFile(in, (*builder).readGaps) }

const gapColumn = "gap_seconds"

func (b *builder) readGaps(t *table) error {
	gap := t.column(gapColumn)
	if gap < 0 {
		return t.missing(gapColumn)
	}
	b.trace.Ignored = t.ignored(gap)
	named := t.whose != [3]int{-1, -1, -1}
	if !named {
		b.microVM(microVMKey{})
	}
	return t.rows(func() {
		ms, rounded, err := parseGap(t.field(gap))
		if err != nil {
			t.fault("gap_seconds: %.40q %s", t.field(gap), err)
			return
		}
		at := 0
		if named {
			key, ok := t.identity()
			if !ok {
				return
			}
			at, _ = b.microVM(key)
		}
		if rounded {
			b.trace.Rounded++
		}
		b.gap(at, Step{GapMS: ms})
	})
}
