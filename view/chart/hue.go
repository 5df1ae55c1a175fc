package chart

import (
	"fmt"
	"strings"
)

// hue is a colour on white paper and on a dark screen, with a contrast of at least 4.5 to both so that it also does for
// text. The first six can be told apart with each kind of colour blindness, as far as six can; dashes and names do the
// rest, and all of it for the four that follow.
type hue struct{ light, dark string }

var hues = [...]hue{
	{"#0059a8", "#6cb6ff"}, // blue
	{"#a84300", "#ff9d5c"}, // vermilion
	{"#0b6b4f", "#4fd1a5"}, // green
	{"#85317f", "#e29be0"}, // purple
	{"#6b5200", "#e0c04c"}, // ochre
	{"#4a5058", "#c3cbd4"}, // grey
	{"#b3123f", "#ff8fa6"}, // crimson
	{"#006b7a", "#56d4e0"}, // teal
	{"#5140c4", "#b0a8ff"}, // indigo
	{"#4c6600", "#b4d435"}, // olive
}

func seriesDarkStyle() string {
	var out strings.Builder
	for i, h := range hues {
		fmt.Fprintf(&out, ".chart .s%d{stroke:%s}.chart .t%d{fill:%s}", i, h.dark, i, h.dark)
	}
	return out.String()
}
