package table

import (
	"fmt"
	"strings"

	"github.com/shopspring/decimal"

	"microspend/pricing"
)

// Filter chooses rows. All its terms must hold:
//
//	acme              some text column contains acme, in any case
//	"two words"       likewise, with a blank
//	-acme             no text column contains it
//	amount > 10       a number compares: < <= > >= = !=
//	share >= 5%       a percentage, of columns that are one
//	image = base      a text is that, in any case; image != base
//
// The zero value chooses all rows.
type Filter struct{ terms []term }

type term struct {
	column int // -1 for any text column
	op     string
	text   string // lower case
	number decimal.Decimal
	not    bool
}

// ParseFilter reads a filter for some content. Its error says what is not understood, and is what to show while somebody
// still types; the filter without the terms in question is returned beside it.
func ParseFilter(text string, c *Content) (Filter, error) {
	var f Filter
	var fault error
	words := split(text)
	for i := 0; i < len(words); i++ {
		word := words[i]
		if i+1 < len(words) && words[i+1].op || word.op {
			if word.op {
				fault = fmt.Errorf("%s has no column before it", word.text)
				i++ // nor does its value mean anything
				continue
			}
			if i+2 >= len(words) {
				fault = fmt.Errorf("%s %s what?", word.text, words[i+1].text)
				break
			}
			t, err := comparison(word.text, words[i+1].text, words[i+2].text, c)
			if err != nil {
				fault = err
			} else {
				f.terms = append(f.terms, t)
			}
			i += 2
			continue
		}
		if word.text == "and" && !word.quoted {
			continue
		}
		t := term{column: -1, text: strings.ToLower(word.text)}
		if rest, found := strings.CutPrefix(t.text, "-"); found && rest != "" && !word.quoted {
			t.text, t.not = rest, true
		}
		f.terms = append(f.terms, t)
	}
	return f, fault
}

func comparison(name, op, value string, c *Content) (term, error) {
	column := c.named(name)
	if column < 0 {
		return term{}, fmt.Errorf("no column %s; columns are %s", name, strings.Join(c.words(), ", "))
	}
	t := term{column: column, op: op}
	of := &c.Columns[column]
	if of.Number == nil {
		if op != "=" && op != "!=" {
			return term{}, fmt.Errorf("%s is text, which = and != compare", of.Word)
		}
		t.text = strings.ToLower(value)
		return t, nil
	}
	digits, percent := strings.CutSuffix(strings.ReplaceAll(strings.TrimPrefix(value, "$"), ",", ""), "%")
	if other := c.Find(of.PercentWord); percent && other >= 0 {
		t.column, of = other, &c.Columns[other]
	}
	if rest, found := strings.CutPrefix(digits, "-$"); found {
		digits = "-" + rest
	}
	number, err := pricing.ParseDecimal(strings.TrimPrefix(digits, "+"))
	if err != nil {
		return term{}, fmt.Errorf("%s is not a number", value)
	}
	if of.Percent { // 5 and 5% are the same there: nobody means 500 %
		number = number.Shift(-2)
	} else if percent {
		return term{}, fmt.Errorf("%s is no percentage", of.Word)
	}
	t.number = number
	return t, nil
}

// named finds a column by its word or by a beginning of it that no other has.
func (c *Content) named(name string) int {
	name, found := strings.ToLower(name), -1
	for i := range c.Columns {
		column := &c.Columns[i]
		switch {
		case column.Unsorted:
		case column.Word == name:
			return i
		case strings.HasPrefix(column.Word, name) && found == -1:
			found = i
		case strings.HasPrefix(column.Word, name):
			found = -2
		}
	}
	return found
}

func (c *Content) words() []string {
	var words []string
	for i := range c.Columns {
		if !c.Columns[i].Unsorted {
			words = append(words, c.Columns[i].Word)
		}
	}
	return words
}

// keeps says whether a filter chooses a row.
func (f *Filter) keeps(c *Content, row int32) bool {
	for i := range f.terms {
		if !f.terms[i].holds(c, row) {
			return false
		}
	}
	return true
}

func (t *term) holds(c *Content, row int32) bool {
	if t.column < 0 {
		for _, lower := range c.lower {
			if lower != nil && strings.Contains(lower[row], t.text) {
				return !t.not
			}
		}
		return t.not
	}
	if lower := c.lower[t.column]; lower != nil {
		return (lower[row] == t.text) == (t.op == "=")
	}
	number := c.Columns[t.column].Number(int(row))
	if !number.Known {
		return false
	}
	order := number.Value.Cmp(t.number)
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
	op     bool
	quoted bool
}

// split cuts a filter into words and operators, which need no blanks around them.
func split(text string) []word {
	var words []word
	for text = strings.TrimSpace(text); text != ""; text = strings.TrimSpace(text) {
		if op := operator(text); op != "" {
			words, text = append(words, word{text: strings.Replace(op, "==", "=", 1), op: true}), text[len(op):]
			continue
		}
		if rest, found := strings.CutPrefix(text, `"`); found {
			quoted, after, _ := strings.Cut(rest, `"`)
			if quoted != "" {
				words = append(words, word{text: quoted, quoted: true})
			}
			text = after
			continue
		}
		end := strings.IndexFunc(text, func(r rune) bool { return strings.ContainsRune(" \t<>=!\"", r) })
		switch {
		case end < 0:
			end = len(text)
		case end == 0: // a lone exclamation mark
			end = 1
		}
		words, text = append(words, word{text: text[:end]}), text[end:]
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
