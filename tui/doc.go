// Package tui is the dashboard: what is spent, by whom and why, in a terminal that stays open all day. It is the
// program's own and promises nothing.
//
// # Structure
//
// The program is a Bubble Tea model. [Model.Update] turns messages into state and asks for reading to be done;
// reading is done by jobs, one after the other, away from the screen ([microspend/tui/data]); drawing is a pure
// function of the state (the packages below microspend/tui/view). Sorting, adding up and pricing happen in jobs, when
// data changes, and never while a frame is drawn. Keys are one keymap, from which the line at the foot, the help and
// the documentation are made.
//
// # What is promised
//
// No frame is wider or higher than the terminal, whatever names and figures are in the ledger. Reading never keeps
// keys from being answered. An error while reading is shown and survived, with what was read before. A figure that is
// not known says so. The terminal is given back as it was, also after a panic.
//
// # What is not promised
//
// What is shown is as the ledger was when it was last read, which the head of the screen says; [Options.Poll] is how
// often it is looked at.
package tui
