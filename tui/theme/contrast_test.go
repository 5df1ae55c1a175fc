package theme

import (
	"fmt"
	"image/color"
	"math"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
	"github.com/stretchr/testify/require"
)

// leastContrast is what WCAG 2.2 asks of large text and of marks (1.4.3, 1.4.11).
const leastContrast = 3

// backgrounds are those of the usual themes of terminals.
var backgrounds = map[bool]map[string]string{
	true: {
		"black": "#000000", "GitHub dark": "#0d1117", "VS Code dark": "#1e1e1e", "Dracula": "#282a36",
		"Solarized dark": "#002b36", "Ubuntu": "#300a24",
	},
	false: {"white": "#ffffff", "Solarized light": "#fdf6e3", "GitHub light": "#f6f8fa", "GNOME light": "#fafafa"},
}

// palettes are what terminals show the sixteen colours as, in the order of their numbers.
var palettes = map[string][16]string{
	"xterm": {
		"#000000", "#cd0000", "#00cd00", "#cdcd00", "#0000ee", "#cd00cd", "#00cdcd", "#e5e5e5",
		"#7f7f7f", "#ff0000", "#00ff00", "#ffff00", "#5c5cff", "#ff00ff", "#00ffff", "#ffffff",
	},
	"VGA": {
		"#000000", "#aa0000", "#00aa00", "#aa5500", "#0000aa", "#aa00aa", "#00aaaa", "#aaaaaa",
		"#555555", "#ff5555", "#55ff55", "#ffff55", "#5555ff", "#ff55ff", "#55ffff", "#ffffff",
	},
	"Windows Terminal": {
		"#0c0c0c", "#c50f1f", "#13a10e", "#c19c00", "#0037da", "#881798", "#3a96dd", "#cccccc",
		"#767676", "#e74856", "#16c60c", "#f9f1a5", "#3b78ff", "#b4009e", "#61d6d6", "#f2f2f2",
	},
}

// TestContrast: every text and every mark is told from what is behind it, with as many colours as there may be.
func TestContrast(t *testing.T) {
	for _, dark := range []bool{true, false} {
		for name, background := range backgrounds[dark] {
			for kind, paint := range paints(New(dark, Many)) {
				fore, back := colorsOf(t, paint, [16]string{})
				for _, profile := range []colorprofile.Profile{colorprofile.TrueColor, colorprofile.ANSI256} {
					requireContrast(t, fmt.Sprintf("%s on %s, %s", kind, name, profile), as(profile, fore), as(profile, back),
						hex(background))
				}
			}
		}
		for name, palette := range palettes {
			background := hex(palette[15])
			if dark {
				background = hex(palette[0])
			}
			for kind, paint := range paints(New(dark, Sixteen)) {
				fore, back := colorsOf(t, paint, palette)
				requireContrast(t, fmt.Sprintf("%s, dark %v, %s", kind, dark, name), fore, back, background)
			}
		}
	}
	require.InDelta(t, 21, contrast(hex("#000000"), hex("#ffffff")), 0.001, "the definition's own example")
	require.InDelta(t, 4.54, contrast(hex("#767676"), hex("#ffffff")), 0.01, "the lightest gray that is AA on white")
}

// TestPaintsOfPartsDiffer: no billed quantity has the colour of another.
func TestPaintsOfPartsDiffer(t *testing.T) {
	for _, colors := range []Colors{Sixteen, Many} {
		for _, dark := range []bool{true, false} {
			seen := map[Paint]bool{}
			for _, paint := range New(dark, colors).Components {
				require.False(t, seen[paint], "%v has the colour of another", paint)
				seen[paint] = true
			}
		}
	}
}

// paints are all paints of a theme by their names.
func paints(t *Theme) map[string]Paint {
	out := map[string]Paint{}
	v := reflect.ValueOf(*t)
	for i := range v.NumField() {
		name := v.Type().Field(i).Name
		switch field := v.Field(i).Interface().(type) {
		case Paint:
			out[name] = field
		default:
			for j := 0; v.Field(i).Kind() == reflect.Array && j < v.Field(i).Len(); j++ {
				if paint, ok := v.Field(i).Index(j).Interface().(Paint); ok {
					out[fmt.Sprint(name, j)] = paint
				}
			}
		}
	}
	return out
}

var escape = regexp.MustCompile(`^\x1b\[([\d;]*)m$`)

// colorsOf reads the colours of a paint back, nil where it leaves one as it is.
func colorsOf(t *testing.T, p Paint, palette [16]string) (fore, back color.Color) {
	if p.on == "" {
		return nil, nil
	}
	found := escape.FindStringSubmatch(p.on)
	require.NotNil(t, found, "%q", p.on)
	codes := strings.Split(found[1], ";")
	reversed := false
	for i := 0; i < len(codes); i++ {
		code, err := strconv.Atoi(codes[i])
		require.NoError(t, err)
		switch {
		case code == 7:
			reversed = true
		case code == 38 || code == 48:
			var rgb [3]uint8
			for at := range rgb {
				part, err := strconv.ParseUint(codes[i+2+at], 10, 8)
				require.NoError(t, err)
				rgb[at] = uint8(part)
			}
			i += 4
			if c := (color.RGBA{rgb[0], rgb[1], rgb[2], 255}); code == 38 {
				fore = c
			} else {
				back = c
			}
		case code >= 30 && code <= 37:
			fore = hex(palette[code-30])
		case code >= 90 && code <= 97:
			fore = hex(palette[code-90+8])
		}
	}
	if reversed && back == nil { // the terminal's background is what is written with
		return nil, fore
	}
	return fore, back
}

func requireContrast(t *testing.T, what string, fore, back, background color.Color) {
	t.Helper()
	if back != nil && fore == nil {
		fore = background
	}
	if back == nil {
		back = background
	}
	if fore == nil {
		return // the terminal's own
	}
	if got := contrast(fore, back); got < leastContrast {
		t.Errorf("%s: %.2f:1", what, got)
	}
}

func as(profile colorprofile.Profile, c color.Color) color.Color {
	if c == nil {
		return nil
	}
	return profile.Convert(c)
}

func hex(s string) color.Color { return ansi.XParseColor(s) }

// contrast is WCAG's ratio of two colours.
func contrast(a, b color.Color) float64 {
	high, low := luminance(a), luminance(b)
	if high < low {
		high, low = low, high
	}
	return (high + 0.05) / (low + 0.05)
}

func luminance(c color.Color) float64 {
	r, g, b, _ := c.RGBA()
	linear := func(channel uint32) float64 {
		part := float64(channel) / 0xffff
		if part <= 0.04045 {
			return part / 12.92
		}
		return math.Pow((part+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(r) + 0.7152*linear(g) + 0.0722*linear(b)
}
