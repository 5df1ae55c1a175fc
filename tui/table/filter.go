package table

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/shopspring/decimal"

	"microspend/internal/nearest"
	"microspend/pricing"
)

// Filter chooses rows. All its terms must hold:
//
//	acme              some text column contains acme, in any case
//	"two words"       likewise, with a blank
//	-acme, !acme      no text column contains it; -"two words"
//	amount > 10       a number compares: < <= > >= = !=
//	share >= 5%       a percentage, of columns that are one
//	age > 1h30m       a length of time, of columns that are one: 90s, 5m, 7h, 2d12h
//	image = base      a text is that, in any case; image != base
//
// The zero value chooses all rows.
type Filter struct{ terms []term }

type term struct {
	column int    // -1 for any text column
	op     string // of comparisons
	text   string // lower case
	number decimal.Decimal
	not    bool
}

// ParseFilter reads a filter for some content. Its error says what is not understood, and is what to show while
// somebody still types; the filter without the terms in question is returned beside it.
func ParseFilter(text string, c *Content) (f Filter, fault error) {
	words := split(text)
	for len(words) > 0 {
		word := words[0]
		switch {
		case word.op: // and its value means nothing either
			fault = fmt.Errorf("%s has no column before it", word.text)
			words = words[min(2, len(words)):]
		case len(words) > 1 && words[1].op:
			if len(words) < 3 {
				return f, fmt.Errorf("%s %s what?", word.text, words[1].text)
			}
			if word.not {
				word.text = "-" + word.text // there is no column of that name
			}
			if t, err := c.comparison(word.text, words[1].text, words[2].text); err != nil {
				fault = err
			} else {
				f.terms = append(f.terms, t)
			}
			words = words[3:]
		default:
			if word.quoted || word.text != "and" {
				f.terms = append(f.terms, containing(word))
			}
			words = words[1:]
		}
	}
	return f, fault
}

// Unmatched says which names of a filter no row has, each with the one that may have been meant; nil if every name is
// there.
func (f Filter) Unmatched(c *Content) (notes []string) {
	for _, t := range f.terms {
		if t.column < 0 || t.op != "=" || c.texts[t.column] == nil || slices.Contains(c.lower[t.column], t.text) {
			continue
		}
		names := slices.Compact(slices.Sorted(slices.Values(c.texts[t.column])))
		notes = append(notes, fmt.Sprintf("no %s is %q%s", c.Columns[t.column].word(), t.text, nearest.Meant(t.text, names)))
	}
	return notes
}

func containing(w word) term {
	return term{column: -1, text: strings.ToLower(w.text), not: w.not}
}

func (c *Content) comparison(name, op, value string) (term, error) {
	at, err := c.named(name)
	if err != nil {
		return term{}, err
	}
	if c.texts[at] != nil {
		if op != "=" && op != "!=" {
			return term{}, fmt.Errorf("%s is text, which = and != compare", c.Columns[at].word())
		}
		return term{column: at, op: op, text: strings.ToLower(value)}, nil
	}
	// Where no row has a figure, nobody can tell whether they would be lengths of time; none is chosen either way.
	if seconds, err := parseLength(value); c.lengths[at] || err == nil && !c.known[at] {
		return term{column: at, op: op, number: seconds}, err
	}
	digits, percent := strings.CutSuffix(value, "%")
	if other := c.Columns[at].InPercent; percent && other != "" {
		at = max(c.Find(other), at)
	}
	if percent && !c.percent[at] {
		return term{}, fmt.Errorf("%s is not a percentage", c.Columns[at].word())
	}
	number, err := pricing.ParseDecimal(cleaned(digits))
	if err != nil {
		return term{}, fmt.Errorf("%s is not a number", value)
	}
	return term{column: at, op: op, number: number}, nil
}

// parseLength reads a length of time as view.Duration shows it, in seconds. A number needs a unit: nobody can tell
// which one is meant where some columns say minutes and others hours.
func parseLength(text string) (decimal.Decimal, error) {
	var length time.Duration
	days, rest, found := strings.Cut(text, "d")
	if !found {
		days, rest = "0", text
	}
	whole, err := strconv.ParseInt(days, 10, 16)
	if err == nil && rest != "" {
		length, err = time.ParseDuration(rest)
	}
	if err != nil || text == "d" {
		return decimal.Decimal{}, fmt.Errorf("%s is not a length of time such as 90s, 5m, 1h30m or 2d", text)
	}
	return decimal.New(int64(length), -9).Add(decimal.New(whole*24*60*60, 0)), nil
}

// cleaned is a number without what it may be typed with, as it is shown: $1,234.50, -$5, +3 or 5%.
func cleaned(digits string) string {
	digits = strings.TrimSuffix(digits, "%")
	return strings.TrimPrefix(strings.NewReplacer(",", "", "$", "").Replace(digits), "+")
}

// named finds a column by its word or its id, or by a beginning of a word that no other column's has.
func (c *Content) named(name string) (int, error) {
	name = strings.ToLower(name)
	if at := c.Find(name); at >= 0 {
		return at, nil
	}
	found := -1
	var words, similar []string
	for i := range c.Columns {
		if c.Columns[i].Wide != nil {
			continue
		}
		word := c.Columns[i].word()
		words = append(words, word)
		if strings.HasPrefix(word, name) {
			similar, found = append(similar, word), i
		}
	}
	switch len(similar) {
	case 0:
		return -1, fmt.Errorf("no column %s; columns are %s%s", name, strings.Join(words, ", "),
			nearest.Meant(name, words))
	case 1:
		return found, nil
	default:
		return -1, fmt.Errorf("%s is ambiguous: %s", name, strings.Join(similar, " or "))
	}
}

// keeps reports whether a filter chooses a row.
func (f *Filter) keeps(c *Content, row int32) bool {
	for i := range f.terms {
		if !f.terms[i].holds(c, row) {
			return false
		}
	}
	return true
}

// unmatched says which name of a filter no row has at all, nil where every one is some row's. A slip of the hand is
// told by that from terms that merely don't go together.
func (f *Filter) unmatched(c *Content) error {
	for i := range f.terms {
		t := &f.terms[i]
		names := t.column < 0 && !t.not || t.column >= 0 && c.lower[t.column] != nil && t.op == "="
		held := false
		for row := int32(0); names && !held && int(row) < c.Len(); row++ {
			held = t.holds(c, row)
		}
		switch {
		case !names || held:
		case t.column < 0:
			return fmt.Errorf("no name contains %q", t.text)
		default:
			return fmt.Errorf("no %s is %q", c.Columns[t.column].word(), t.text)
		}
	}
	return nil
}

func (t *term) holds(c *Content, row int32) bool {
	if t.column < 0 {
		contains := slices.ContainsFunc(c.lower, func(lower []string) bool {
			return lower != nil && strings.Contains(lower[row], t.text)
		})
		return contains != t.not
	}
	if lower := c.lower[t.column]; lower != nil {
		return (lower[row] == t.text) == (t.op == "=")
	}
	value := c.Columns[t.column].Value(int(row))
	number, known := value.Number()
	if c.percent[t.column] { // 5 and 5% are the same there: nobody means 500 %
		number, known = value.Percentage()
	}
	if !known {
		return false
	}
	order := number.Cmp(t.number)
	switch t.op {
	case "<":
		return order < 0
	case "<=":
		return order <= 0
	case ">":
		return order > 0
	case ">=":
		return order >= 0
	case "!=":
		return order != 0
	default:
		return order == 0
	}
}

type word struct {
	text   string
	at     int // where in the filter it begins, with its sign
	op     bool
	not    bool // a - or a ! stands before it
	quoted bool
	closed bool // by a second quotation mark
}

// split cuts a filter into words and operators, which need no blanks around them.
func split(text string) []word {
	var words []word
	whole, compares := len(strings.TrimRightFunc(text, unicode.IsSpace)), false
	for text = strings.TrimSpace(text); text != ""; text = strings.TrimSpace(text) {
		w := word{at: whole - len(text)}
		if op := operator(text); op != "" {
			w.text, w.op, compares = strings.Replace(op, "==", "=", 1), true, true
			words, text = append(words, w), text[len(op):]
			continue
		}
		sign := text[:1]
		if !compares && (sign == "-" || sign == "!") { // the - of a number that is compared with is its own
			w.not, text = true, text[1:]
		}
		compares = false
		if rest, found := strings.CutPrefix(text, `"`); found {
			w.quoted = true
			w.text, text, w.closed = strings.Cut(rest, `"`)
			if w.text != "" {
				words = append(words, w)
			}
			continue
		}
		end := strings.IndexAny(text, " \t<>=!\"")
		if end < 0 {
			end = len(text)
		}
		w.text, text = text[:end], text[end:]
		if w.text == "" { // a lone sign
			if w.text = sign; !w.not {
				text = text[1:]
			}
			w.not = false
		}
		words = append(words, w)
	}
	return words
}

func operator(text string) string {
	for _, op := range []string{"<=", ">=", "!=", "==", "<", ">", "="} {
		if strings.HasPrefix(text, op) {
			return op
		}
	}
	return ""
}
