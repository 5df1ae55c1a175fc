package table

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"microspend/pricing"
)

// open is the last term of a filter where somebody still types it.
type open struct {
	from  int   // where in the text it begins
	hint  error // what it waits for
	lacks bool  // it means nothing as it is
}

// unfinished reports whether the last term of a filter waits for more: a comparison without its value or with the
// beginning of one, or the beginning of a column that no name contains. Rows are not chosen by such a term, which would
// leave none: a table that empties at every other letter cannot be read while one types.
func (c *Content) unfinished(text string) (open, bool) {
	words := split(text)
	if c.Len() == 0 || len(words) == 0 {
		return open{}, false
	}
	last, ended := words[len(words)-1], strings.HasSuffix(text, " ")
	var before []word
	if len(words) > 1 {
		before = words[:len(words)-1]
	}
	switch {
	case last.op && before == nil:
		return open{last.at, fmt.Errorf("%s has no column before it", last.text), true}, true
	case last.op:
		name := before[len(before)-1]
		hint := fmt.Errorf("%s %s what?", name.text, last.text)
		if _, err := c.named(name.text); err != nil {
			hint = err
		}
		return open{name.at, hint, true}, true
	case len(before) > 1 && before[len(before)-1].op:
		return c.unfinishedValue(before[len(before)-2], last, ended)
	case !last.quoted && !ended && (last.text == "-" || last.text == "!"):
		return open{last.at, errors.New("rows without what?"), true}, true
	case ended || last.quoted || last.not:
		return open{}, false
	}
	columns := c.columnsNamed(last.text)
	if len(columns) == 0 || c.contains(last.text) {
		return open{}, false
	}
	return open{last.at, fmt.Errorf("such as %s", c.example(columns[0])), false}, true
}

// unfinishedValue is unfinished of a comparison that has a value, or the beginning of one.
func (c *Content) unfinishedValue(name, value word, ended bool) (open, bool) {
	at, err := c.named(name.text)
	if err != nil || ended {
		return open{}, false
	}
	if c.texts[at] == nil {
		digits := cleaned(value.text)
		if _, err := pricing.ParseDecimal(digits); err == nil {
			return open{}, false
		}
		_, err := pricing.ParseDecimal(digits + "0")
		return open{name.at, errors.New("a number"), true}, err == nil
	}
	var values []string
	for _, known := range c.values(at) {
		switch lower, typed := strings.ToLower(known), strings.ToLower(value.text); {
		case lower == typed:
			return open{}, false
		case strings.HasPrefix(lower, typed):
			values = append(values, known)
		}
	}
	return open{name.at, errors.New(strings.Join(values[:min(3, len(values))], ", ")), false}, len(values) > 0
}

// contains reports whether some name contains a text.
func (c *Content) contains(text string) bool {
	t := containing(word{text: text})
	for row := range int32(c.Len()) {
		if t.holds(c, row) {
			return true
		}
	}
	return false
}

// columnsNamed are the places of the columns whose word begins with a text.
func (c *Content) columnsNamed(text string) []int {
	var columns []int
	for i := range c.Columns {
		if c.Columns[i].Wide == nil && strings.HasPrefix(c.Columns[i].word(), strings.ToLower(text)) {
			columns = append(columns, i)
		}
	}
	return columns
}

// example is a comparison of a column.
func (c *Content) example(column int) string {
	word := c.Columns[column].word()
	switch {
	case c.texts[column] != nil && c.Len() > 0:
		return word + " = " + quoted(c.texts[column][0])
	case c.percent[column]:
		return word + " > 5%"
	default:
		return word + " > 10"
	}
}

// values are the different texts of a column, in order.
func (c *Content) values(column int) []string {
	texts := slices.Clone(c.texts[column])
	slices.Sort(texts)
	return slices.Compact(texts)
}

// quoted is a value as it is typed in a filter.
func quoted(value string) string {
	if value == "" || strings.ContainsAny(value, " \t<>=!") || value[0] == '-' || value == "and" {
		return `"` + value + `"`
	}
	return value
}

// Complete is what a filter could go on with: what stands before the word that is being typed, and the words that it
// may become: values of the column that is compared with, else columns and names.
func (c *Content) Complete(text string) (before string, words []string) {
	if c.Len() == 0 {
		return text, nil
	}
	typed := split(text)
	at, start, sign := len(text), "", ""
	if n := len(typed); n > 0 && !typed[n-1].op &&
		(!strings.HasSuffix(text, " ") || typed[n-1].quoted && !typed[n-1].closed) {
		last := typed[n-1]
		at, start, typed = last.at, strings.ToLower(last.text), typed[:n-1]
		if last.not {
			sign = text[at : at+1]
		}
	}
	columns := c.texts
	if n := len(typed); n > 1 && typed[n-1].op {
		column, err := c.named(typed[n-2].text)
		if err != nil {
			return text, nil
		}
		columns = c.texts[column : column+1]
	} else if sign == "" {
		for _, column := range c.columnsNamed(start) {
			words = append(words, c.Columns[column].word())
		}
		if start == "" {
			columns = nil
		}
	}
	return text[:at] + sign, append(words, c.beginning(columns, start)...)
}

// beginning are the values of columns that begin with a text in lower case, as they are typed. What has quotation marks
// in it cannot be.
func (c *Content) beginning(columns [][]string, start string) []string {
	var found []string
	for _, texts := range columns {
		for _, text := range texts {
			if text != "" && strings.HasPrefix(strings.ToLower(text), start) && !strings.Contains(text, `"`) {
				found = append(found, quoted(text))
			}
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}
