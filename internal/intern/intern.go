// Package intern gives one value to all fields of a file that say the same, so that millions of rows with a few
// thousand names take the memory of the names alone, and each is read once.
package intern

// Table is the fields seen so far, each with what it was read as.
type Table[T any] struct {
	// Read makes the value of a field. It is called once for each different field.
	Read func(field string) T

	last  *entry[T]
	known map[string]*entry[T]
}

type entry[T any] struct {
	field string
	value T
	next  *entry[T] // what followed it the last time: sources go through what they have in one order, over and over
}

// maxKnown bounds the memory that fields take; past it they are forgotten and learnt anew.
const maxKnown = 1 << 16

// Of is the value that a field stands for.
func (t *Table[T]) Of(field []byte) T {
	last := t.last
	if last != nil {
		if string(field) == last.field { // a conversion that neither these comparisons nor the look-up below make a copy for
			return last.value
		}
		if next := last.next; next != nil && string(field) == next.field {
			t.last = next
			return next.value
		}
	}
	found, ok := t.known[string(field)]
	if !ok {
		if t.known == nil || len(t.known) == maxKnown {
			t.known = map[string]*entry[T]{}
		}
		text := string(field)
		found = &entry[T]{field: text, value: t.Read(text)}
		t.known[text] = found
	}
	if last != nil {
		last.next = found
	}
	t.last = found
	return found.value
}
