package chart

import (
	"fmt"
	"strings"
)

// hue is a colour on white paper and on a dark screen, with a contrast of at least 4.5 to both so that it also does for
// text. The hues can be told apart with each kind of colour blindness, as far as six can; dashes and names do the rest.
type hue struct{ light, dark string }

var hues = [...]hue{
	{"#0059a8", "#6cb6ff"}, // blue
	{"#a84300", "#ff9d5c"}, // vermilion
	{"#0b6b4f", "#4fd1a5"}, // green
	{"#85317f", "#e29be0"}, // purple
	{"#6b5200", "#e0c04c"}, // ochre
	{"#4a5058", "#c3cbd4"}, // grey
}

func seriesDarkStyle() string {
	var out strings.Builder
	for i, h := range hues {
		fmt.Fprintf(&out, ".chart .s%d{stroke:%s}.chart .t%d{fill:%s}", i, h.dark, i, h.dark)
	}
	return out.String()
}
