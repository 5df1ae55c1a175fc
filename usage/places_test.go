package usage_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"microspend/usage"
)

func TestPlaces(t *testing.T) {
	var p usage.Places
	p.Add(1, 2)
	p.Add(1, 3)
	p.Add(2, 4) // a row that was split
	p.Add(1, 5)
	p.Add(1, 9) // after bad rows
	var got []string
	for record := range int64(8) {
		got = append(got, p.Name("line", record))
	}
	assert.Equal(t, []string{"a line", "line 2", "line 3", "line 4", "line 4", "line 5", "line 9", "a line"}, got)
}
