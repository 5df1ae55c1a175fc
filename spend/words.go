package spend

import (
	"fmt"
	"slices"
	"strings"

	"microspend/internal/nearest"
)

// parseWord finds a word among those of a kind. The place of the word is the value.
func parseWord[T ~uint8](kind string, words []string, text string) (T, error) {
	at := slices.Index(words, text)
	if at < 0 {
		return 0, fmt.Errorf("unknown %s %.40q; choose from %s%s", kind, text, strings.Join(words, ", "),
			nearest.Meant(text, words))
	}
	return T(at), nil
}
