package terminal_test

import (
	"flag"
	"math/rand/v2"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"
)

var monkeySeed = flag.Uint64("monkey-seed", 18, "seed of the monkey at the terminal")

// monkeyKeys are keys by tmux's names. q, C-c and C-z are left out, as they end or stop the program; the monkey of
// package tui presses them, but has no terminal to give back.
var monkeyKeys = []string{
	"Up", "Down", "Left", "Right", "Home", "End", "PPage", "NPage", "Enter", "Escape", "Tab", "BTab", "BSpace", "Space",
	"DC", "F1", "F12", "C-l", "C-d", "C-u", "C-r", "M-x", "é", "宽", "/", ":", "?", "!", "*", "+", "-", "<", ">", "=", "[", "]",
	"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "r", "s", "t", "u", "v", "w", "x", "y", "z",
	"G", "N", "R", "T", "1", "2", "3", "4", "5", "6", "7", "8", "9", "0",
}

// TestMonkeyGivesTheTerminalBack presses hundreds of keys in whatever order, faster than the dashboard draws, and
// resizes the terminal meanwhile. Whichever view, dialog or half-read ledger q ends: the terminal is the shell's again.
func TestMonkeyGivesTheTerminalBack(t *testing.T) {
	const keys, inARow = 300, 10
	folder, program := t.TempDir(), built(t)
	out, err := exec.Command(program, "demo", "--no-dash", "--output", folder, "--as-of", "2026-11-24").CombinedOutput()
	require.NoError(t, err, "%s", out)
	// What keys write, such as exports, goes into the folder.
	s := start(t, 120, 40, "cd "+folder+" && HOME="+folder+" HISTFILE= PS1='shell$ ' bash --norc --noprofile -i")
	s.write("XDG_STATE_HOME=" + folder + " " + program + " dash --ledger ledger --config microspend.yaml " +
		"--as-of 2026-11-24; echo e''nded with $?\n").shows("November so far")
	pid := s.dashPID()
	require.NotZero(t, pid)

	t.Logf("seed %d", *monkeySeed)
	random := rand.New(rand.NewPCG(*monkeySeed, 0))
	for range keys / inARow {
		row := make([]string, inARow)
		for i := range row {
			row[i] = monkeyKeys[random.IntN(len(monkeyKeys))]
		}
		require.NoError(t, s.Press(row...))
		if random.IntN(5) == 0 {
			require.NoError(t, s.Resize(20+random.IntN(180), 5+random.IntN(55)))
		}
	}
	require.NoError(t, s.Resize(120, 40))
	require.Equal(t, "1", s.value("alternate_on"), "it still runs after:\n%s", s.shows(""))
	s.press("Escape", "Escape", "Escape", "Escape", "Escape", "Escape") // out of every text that q would be typed into
	s.press("q").shows("ended with 0")
	s.requireTerminalBack()
	requireGone(t, pid)
	s.write("clear; pgrep -s 0 -f 'dash --ledge[r]' || echo no''body\n").shows("nobody")
}
