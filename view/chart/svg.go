package chart

import (
	"encoding/xml"
	"io"
	"math"
	"sort"
	"strconv"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// The looks of an SVG. Colours are attributes, which every reader understands, and for dark screens a style sheet
// overrides them; it names only classes below "chart", so that it changes nothing else where the SVG is part of a page.
const (
	svgWidth  = 900.0
	svgMargin = 20.0

	ink   = "#1f2328" // text and axes
	quiet = "#57606a" // titles of axes and labels of ticks
	faint = "#e4e7eb" // grid lines
	paper = "#ffffff"

	svgFonts = "Helvetica, Arial, 'Liberation Sans', sans-serif"
)

const darkStyle = `@media (prefers-color-scheme:dark){` +
	`.chart .paper{fill:#0d1117}.chart .ink{fill:#e6edf3}.chart .quiet{fill:#a9b3bf}` +
	`.chart .halo{stroke:#0d1117}.chart .grid{stroke:#2b323b}.chart .axis{stroke:#a9b3bf}`

// document builds an SVG.
type document struct{ out strings.Builder }

// open writes everything up to the picture itself, its title included. The title and description are what a screen
// reader says.
func (d *document) open(height float64, title, description, moreDarkStyle string) {
	d.openSized(svgWidth, height, title, description, moreDarkStyle)
	d.text(svgMargin, 38, start, titleText, cut(title, titleSize, svgWidth-2*svgMargin))
}

func (d *document) openSized(width, height float64, title, description, moreDarkStyle string) {
	d.add(`<svg xmlns="http://www.w3.org/2000/svg" class="chart" role="img" viewBox="0 0 `, num(width), ` `, num(height),
		`" width="`, num(width), `" height="`, num(height), `" font-family="`, svgFonts, `" font-size="13">`, "\n")
	if title == "" {
		title = "Chart"
	}
	d.add("<title>", escaped(title), "</title>\n<desc>", escaped(description), "</desc>\n")
	d.add("<style>", darkStyle, moreDarkStyle, "}</style>\n")
	d.add(`<rect class="paper" width="100%" height="100%" fill="`, paper, `"/>`, "\n")
}

func (d *document) close(w io.Writer) error {
	d.add("</svg>\n")
	_, err := io.WriteString(w, d.out.String())
	return err
}

func (d *document) add(parts ...string) {
	for _, part := range parts {
		d.out.WriteString(part)
	}
}

// Where a text begins, seen from its x.
const (
	start  = "start"
	middle = "middle"
	finish = "end"
)

// text writes a clean text; attributes are written as they are.
func (d *document) text(x, y float64, anchor, attributes, text string) {
	if text == "" {
		return
	}
	d.add(`<text x="`, num(x), `" y="`, num(y), `"`)
	if anchor != start {
		d.add(` text-anchor="`, anchor, `"`)
	}
	if attributes != "" {
		d.add(" ", attributes)
	}
	d.add(">", escaped(text), "</text>\n")
}

// The attributes of texts.
const (
	inkText   = `class="ink" fill="` + ink + `"`
	quietText = `class="quiet" fill="` + quiet + `"`
	titleText = inkText + ` font-size="18" font-weight="600"`
)

const (
	titleSize = 18.0
	textSize  = 13.0
	tickSize  = 12.0
)

// baseline is the line that a chart stands on.
func (d *document) baseline(from, to, y float64) {
	d.add(`<path class="axis" fill="none" stroke="`, quiet, `" d="M`, num(from), " ", num(y), "H", num(to), "\"/>\n")
}

// num writes a coordinate with at most two places.
func num(v float64) string {
	if !drawable(v) {
		return "0"
	}
	v = math.Round(v*100) / 100
	if v == 0 {
		return "0"
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}

func escaped(text string) string {
	var out strings.Builder
	// A strings.Builder takes every write.
	_ = xml.EscapeText(&out, []byte(text))
	return out.String()
}

// wide estimates how wide a clean text is in Arial, on the generous side.
func wide(text string, size float64) float64 {
	total := 0.0
	for _, r := range text {
		switch {
		case strings.ContainsRune("iljtfrI.,:;|!'()[] ", r):
			total += 0.36
		case strings.ContainsRune("mwMW%@—…", r), r == '␛':
			total += 1
		case r >= 'A' && r <= 'Z':
			total += 0.74
		case r < 0x250:
			total += 0.58
		case ansi.StringWidth(string(r)) > 1:
			total += 1.05
		default:
			total += 0.7 * float64(ansi.StringWidth(string(r)))
		}
	}
	return total * size
}

// widthAt measures texts of a size.
func widthAt(size float64) func(string) float64 {
	return func(text string) float64 { return wide(text, size) }
}

// cut shortens a clean text to a width in units.
func cut(text string, size, room float64) string {
	if wide(text, size) <= room {
		return text
	}
	cells := sort.Search(ansi.StringWidth(text), func(cells int) bool { return wide(fit(text, cells), size) > room })
	return fit(text, cells-1)
}

// path writes the commands of a line through points, in user units.
func path(points []Point) string {
	var out strings.Builder
	for i, p := range points {
		if i == 0 {
			out.WriteString("M")
		} else if i == 1 {
			out.WriteString("L")
		} else {
			out.WriteString(" ")
		}
		out.WriteString(num(p.X) + " " + num(p.Y))
	}
	if len(points) == 1 {
		// With round ends, a line of no length is a dot.
		out.WriteString("h0")
	}
	return out.String()
}
