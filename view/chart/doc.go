// Package chart draws pictures of numbers: lines, heat maps, tornado charts and stacked bars, as text for a terminal
// and as self-contained SVG; stacked bars as SVG only. It is the program's own and promises nothing.
//
// It takes float64 coordinates, since a picture has a few hundred positions to put a number in. No money flows through
// here, only its picture: what is to be read as an exact figure comes in as a label that is already formatted.
//
// Promised:
//   - The same input gives the same bytes. There is no clock, no randomness and no global state.
//   - No line of text is wider than the width asked for, measured in terminal cells; control characters and other
//     characters that deceive the eye are made visible or left out, in text and in SVG.
//   - Nothing rests on colour: lines differ by dash pattern and by a name or letter at their end, shades by their
//     darkness and by a legend that gives their ranges.
//   - NaN, infinities and magnitudes above 1e300 are left out, and what can't be drawn is said rather than dropped in
//     silence. No input makes a chart panic, other than a formatting function that does.
//
// Not promised: that the pictures stay the same from one version to the next, or that text in an SVG is as wide as
// estimated where the reader's fonts are much wider than Arial.
package chart
