// Package tabular reads text tables as people have them: what spreadsheets, data frames and other programs write as
// CSV. Whoever reads a table asks it what the bytes are ([Decode]), what separates the fields ([Separator]), and what a
// number ([Number]) or a time ([Moment]) means, so that the same file is read the same way, or refused with the same
// hint, wherever it is given.
//
// # What is promised
//
// Nothing is guessed. Text that can mean two things is an error which says how to write either of them: 1,234 may be a
// thousand or one and a bit, 03/04/2026 may be March or April.
package tabular
