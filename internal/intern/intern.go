// Package intern gives one string to all fields of a file that say the same, so that millions of rows with a few
// thousand names take the memory of the names alone.
package intern

// Names are the names seen so far. The zero value has none, and takes each field for its name.
type Names struct {
	// Read makes the name of a field; nil takes the field for the name. It is called once for each different field.
	Read func(field string) string

	last  seen // as rows mostly repeat the one before
	known map[string]seen
}

// seen is a field and its name.
type seen struct{ field, name string }

// maxKnown bounds the memory that names take; past it they are forgotten and learnt anew.
const maxKnown = 1 << 16

// Of is the name that a field stands for.
func (n *Names) Of(field []byte) string {
	if string(field) == n.last.field { // a conversion that neither this comparison nor the look-up below makes a copy for
		return n.last.name
	}
	found, ok := n.known[string(field)]
	if !ok {
		if n.known == nil || len(n.known) == maxKnown {
			n.known = map[string]seen{}
		}
		text := string(field)
		found = seen{text, text}
		if n.Read != nil {
			found.name = n.Read(found.field)
		}
		n.known[found.field] = found
	}
	n.last = found
	return found.name
}
