// Package framesvg makes pictures of frames of the dashboard, for documentation and to look at. It is for tests.
package framesvg

import (
	"fmt"
	"html"
	"strconv"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// The size of a cell in a picture, and its margin.
const (
	cellWidth  = 8
	cellHeight = 17
	baseline   = 13
	margin     = 12
)

// SVG is a frame as a picture: its text stays text, which can be selected and read out, and what is drawn with blocks
// and lines is drawn, so that it has no seams in any font.
func SVG(frame, title string, dark bool) string {
	ink, paper := "#1f2328", "#ffffff"
	if dark {
		ink, paper = "#e6edf3", "#0d1117"
	}
	lines := strings.Split(frame, "\n")
	columns := 0
	for _, line := range lines {
		columns = max(columns, ansi.StringWidth(line))
	}
	width, height := columns*cellWidth+2*margin, len(lines)*cellHeight+2*margin
	var out strings.Builder
	fmt.Fprintf(
		&out,
		`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img">`+"\n",
		width,
		height,
		width,
		height,
	)
	fmt.Fprintf(&out, "<title>%s</title>\n", html.EscapeString(title))
	fmt.Fprintf(&out, `<rect width="100%%" height="100%%" rx="8" fill="%s"/>`+"\n", paper)
	fmt.Fprintf(&out, `<g font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace" `+
		`font-size="13" fill="%s" xml:space="preserve">`+"\n", ink)
	for row, line := range lines {
		p := picture{out: &out, y: margin + row*cellHeight, ink: ink, paper: paper}
		p.line(line)
	}
	out.WriteString("</g>\n</svg>\n")
	return out.String()
}

// picture draws one line.
type picture struct {
	out        *strings.Builder
	column, y  int
	ink, paper string
	look       look
	run        strings.Builder // text of one look that is not written yet
	from       int
}

// look is how text is painted; "" is the terminal's own colour.
type look struct {
	fore, back           string
	bold, faint, reverse bool
}

func (p *picture) line(line string) {
	for line != "" {
		if rest, found := strings.CutPrefix(line, "\x1b["); found {
			codes, after, _ := strings.Cut(rest, "m")
			p.flush()
			p.look.apply(strings.Split(codes, ";"))
			line = after
			continue
		}
		cluster, width := ansi.FirstGraphemeCluster(line, ansi.GraphemeWidth)
		line = line[len(cluster):]
		p.cell(cluster, width)
	}
	p.flush()
}

func (p *picture) cell(cluster string, width int) {
	fore, back := p.colors()
	if back != p.paper {
		p.rect(0, 0, float64(width), 1, back)
	}
	switch shapes, drawn := shapesOf[cluster]; {
	case drawn:
		p.flush()
		for _, s := range shapes {
			p.rect(s[0], s[1], s[2], s[3], fore)
		}
	case cluster == " ":
		p.flush()
	default:
		if p.run.Len() == 0 {
			p.from = p.column
		}
		p.run.WriteString(cluster)
	}
	p.column += width
}

// shapesOf are blocks and lines as rectangles of a cell: from the left, from the top, width, height.
var shapesOf = func() map[string][][4]float64 {
	shapes := map[string][][4]float64{
		"█": {{0, 0, 1, 1}}, "▚": {{0, 0, .5, .5}, {.5, .5, .5, .5}}, "▞": {{.5, 0, .5, .5}, {0, .5, .5, .5}},
		"▓": {{0, 0, 1, .375}, {0, .5, 1, .375}}, // stripes, as a shade would need a pattern of its own
		"▌": {{0, 0, .5, 1}}, "▖": {{0, .5, .5, .5}}, "─": {{0, .47, 1, .06}}, "━": {{0, .4, 1, .2}}, "╸": {{0, .4, .5, .2}},
		"│": {{.44, 0, .12, 1}}, "▏": {{0, 0, .125, 1}},
	}
	for i, block := range []rune("▁▂▃▄▅▆▇") {
		part := float64(i+1) / 8
		shapes[string(block)] = [][4]float64{{0, 1 - part, 1, part}}
	}
	return shapes
}()

func (p *picture) rect(x, y, width, height float64, fill string) {
	fmt.Fprintf(p.out, `<path d="M%s %sh%sv%sh-%sz" fill="%s"/>`+"\n", number(margin+(float64(p.column)+x)*cellWidth),
		number(float64(p.y)+y*cellHeight), number(width*cellWidth), number(height*cellHeight), number(width*cellWidth), fill)
}

func number(f float64) string { return strconv.FormatFloat(f, 'f', -1, 32) }

func (p *picture) colors() (fore, back string) {
	fore, back = p.look.fore, p.look.back
	if fore == "" {
		fore = p.ink
	}
	if back == "" {
		back = p.paper
	}
	if p.look.reverse {
		fore, back = back, fore
	}
	return fore, back
}

// flush writes the text so far, as wide as its cells are in whatever font there is.
func (p *picture) flush() {
	if p.run.Len() == 0 {
		return
	}
	text := p.run.String()
	p.run.Reset()
	fore, _ := p.colors()
	attributes := ""
	if fore != p.ink {
		attributes += fmt.Sprintf(` fill="%s"`, fore)
	}
	if p.look.bold {
		attributes += ` font-weight="bold"`
	}
	if p.look.faint {
		attributes += ` opacity=".65"`
	}
	fmt.Fprintf(p.out, `<text x="%d" y="%d" textLength="%d" lengthAdjust="spacingAndGlyphs"%s>%s</text>`+"\n",
		margin+p.from*cellWidth, p.y+baseline, ansi.StringWidth(text)*cellWidth, attributes, html.EscapeString(text))
}

// apply follows a sequence that selects how text is painted.
func (l *look) apply(codes []string) {
	for i := 0; i < len(codes); i++ {
		code, _ := strconv.Atoi(codes[i])
		switch {
		case code == 0:
			*l = look{}
		case code == 1:
			l.bold = true
		case code == 2:
			l.faint = true
		case code == 7:
			l.reverse = true
		case (code == 38 || code == 48) && i+4 < len(codes):
			var rgb [3]uint8
			for at := range rgb {
				part, _ := strconv.ParseUint(codes[i+2+at], 10, 8)
				rgb[at] = uint8(part)
			}
			i += 4
			if c := fmt.Sprintf("#%02x%02x%02x", rgb[0], rgb[1], rgb[2]); code == 38 {
				l.fore = c
			} else {
				l.back = c
			}
		}
	}
}
