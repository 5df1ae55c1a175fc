package draw

import (
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// asciiWords are those that take more than one cell, with the blanks behind them that they may take.
var asciiWords = strings.NewReplacer("≥ ", ">=", "≤ ", "<=", "↵    ", "Enter", "⇧Tab ", "S-Tab", "⌫ ", "BS")

var asciiSigns = map[string]byte{
	"─": '-', "│": '|', "━": '=', "╸": '=', "┃": '|', "┌": '+', "┐": '+', "└": '+', "┘": '+', "╭": '+', "╮": '+', "╰": '+', "╯": '+',
	"█": '#', "▓": '%', "▒": ':', "▚": '%', "▌": '|', "▞": '/', "▖": '.',
	"▁": '_', "▂": '.', "▃": '-', "▄": '=', "▅": '+', "▆": '*', "▇": '#', "▏": '|',
	"▲": '^', "▼": 'v', "▸": '>', "‹": '<', "›": '>', "↑": '^', "↓": 'v', "←": '<', "→": '>', "↵": '~', "⇧": '^', "⌫": '<',
	"·": '.', "…": '~', "–": '-', "—": '-', "‑": '-', "×": 'x', "±": '~', "≈": '~', "≥": '>', "≤": '<', "✓": '*', "✗": 'x',
	"’": '\'', "‘": '\'', "“": '"', "”": '"', "\u00a0": ' ', "●": 'o', "○": '.',
	"◔": '+', "◐": '%', "◌": '-',
}

// ASCII is a frame for a terminal that shows nothing else: each sign is another one of as many cells, and each letter
// of a name that ASCII lacks is a question mark. Paint stays.
func ASCII(frame string) string {
	frame = asciiWords.Replace(frame)
	var out strings.Builder
	out.Grow(len(frame))
	for frame != "" {
		if c := frame[0]; c < 0x80 {
			out.WriteByte(c)
			frame = frame[1:]
			continue
		}
		cluster, width := ansi.FirstGraphemeCluster(frame, ansi.GraphemeWidth)
		frame = frame[len(cluster):]
		if sign, ok := asciiSigns[cluster]; ok {
			out.WriteByte(sign)
		} else {
			out.WriteString(strings.Repeat("?", width))
		}
	}
	return out.String()
}
