package advise

// sizes would take a smaller baseline where what is in use leaves room. The bill tells only what was used above the
// baseline: how much of the baseline itself is in use is nowhere in it, and if all of it is, then a smaller one saves
// nothing, as bursts are billed at the same rates. A larger one never saves. So nothing can be shown without it.
func (f *fleet) sizes() []found {
	for _, c := range f.cells {
		if c.computes() {
			f.cannot(Size, "how much of the baseline is in use is not recorded; what a smaller one saves would be billed "+
				"again as bursts where it is", c.subject())
		}
	}
	return nil
}
