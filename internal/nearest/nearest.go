// Package nearest finds what somebody may have meant who misspelt a name.
package nearest

import "slices"

// Name is the name that it takes the fewest changes of a letter to get to, "" of none. Of several it is the first in
// alphabetical order. However far away it is, it is the nearest: whoever suggests it asks [Near] first where that
// matters.
func Name(text string, names []string) (best string) {
	least := -1
	for _, name := range slices.Sorted(slices.Values(names)) {
		if far := distance([]rune(text), []rune(name)); name != "" && (least < 0 || far < least) {
			best, least = name, far
		}
	}
	return best
}

// Near is [Name] where so few changes lead to it that a slip of the finger is likelier than another name: up to a third
// of its letters. It is "" otherwise.
func Near(text string, names []string) string {
	best := Name(text, names)
	if wanted := []rune(best); 3*distance([]rune(text), wanted) > len(wanted) {
		return ""
	}
	return best
}

// Meant ends a message on an unknown name with the one that is [Near] it, if any.
func Meant(text string, names []string) string {
	if likely := Near(text, names); likely != "" {
		return "; did you mean " + likely + "?"
	}
	return ""
}

// distance is how many letters are changed, left out, put in or swapped with the next to get from one name to another.
func distance(a, b []rune) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i, x := range a {
		for j, y := range b {
			change := rows[i][j]
			if x != y {
				change++
			}
			least := min(change, rows[i][j+1]+1, rows[i+1][j]+1)
			if i > 0 && j > 0 && x == b[j-1] && y == a[i-1] {
				least = min(least, rows[i-1][j-1]+1)
			}
			rows[i+1][j+1] = least
		}
	}
	return rows[len(a)][len(b)]
}
