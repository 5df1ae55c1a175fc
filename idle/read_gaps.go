package idle

// ReadGaps reads CSV with a column gap_seconds, one row a gap, in plain decimals. Columns microvm_id, tenant and
// image, where they are there, say whose gap it is; the gaps of one MicroVM are taken to follow each other in the
// order of the rows. Requests between gaps take no time.
func ReadGaps(in Named, options ReadOptions) (*Trace, error) {
	t, err := openTable(in, options)
	if err != nil {
		return nil, err
	}
	return readGaps(t)
}

func readGaps(t *table) (*Trace, error) {
	gap := t.column("gap_seconds")
	if gap < 0 {
		return nil, t.missing("gap_seconds")
	}
	whose := t.identityColumns()
	b := newBuilder(t.options.KeptGaps)
	b.trace.Ignored = t.ignored(gap, whose.microVM, whose.tenant, whose.image)
	named := whose.microVM >= 0 || whose.tenant >= 0 || whose.image >= 0
	if !named {
		b.microVM(microVMKey{})
	}
	err := t.rows(func() {
		ms, rounded, err := parseGap(t.field(gap))
		if err != nil {
			t.fault("gap_seconds: %.40q %s", t.field(gap), err)
			return
		}
		at := 0
		if named {
			key, ok := t.identity(whose)
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
	if err != nil {
		return nil, err
	}
	return b.finish(t.name)
}
