package tui

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"microspend/spend/advise"
)

// The panel opens the list, x shows both bills of what the cursor is on, d takes it off for everybody, and u puts it
// back.
func TestWhatToChange(t *testing.T) {
	options := demoOptions(t)
	kept, broken := advise.Dismissals{}, error(nil)
	options.Reader.Dismissed = func(context.Context) (advise.Dismissals, error) { return kept, nil }
	options.Reader.Dismiss = func(_ context.Context, of advise.Advice, reason string) error {
		switch {
		case broken != nil:
			return broken
		case reason == "":
			delete(kept, of.ID)
		default:
			kept[of.ID] = advise.Dismissal{ID: of.ID, Saving: of.Saving, Reason: reason}
		}
		return nil
	}
	s := open(t, options, 120, 40).has("what to change", " a month · +")
	overview := &s.m.overview().state
	for i := range 5 {
		piece, ok := overview.Piece(i)
		require.True(t, ok)
		require.Equal(t, i < 2, piece.Kind.Moves(), "settings are seen beside moves that save more")
		require.Equal(t, overview.Advice.Advice[overview.PlaceOf(i)].ID, piece.ID)
	}
	s.press("tab", "tab", "tab", "tab", "enter").has("what to change: $", "1/", "Risk: ")
	page := s.m.shown().(*advicePage)
	first, ok := page.state.Chosen()
	require.True(t, ok)

	s.press("x").has("component", "difference $", first.Kind.Title()+": ").press("G").has(first.ID)
	s.press("x").has("Risk: ")
	s.press("w").has("what if", "run on").press("esc")

	s.press("d").has("dismissed ", "u takes it back")
	require.Equal(t, "dismissed in the dashboard", kept[first.ID].Reason)
	require.Len(t, page.state.Report.Dismissed, 1)
	second, _ := page.state.Chosen()
	require.NotEqual(t, first.ID, second.ID)
	s.press("u").has("restored ")
	require.Empty(t, kept)
	again, _ := page.state.Chosen()
	require.Equal(t, first.ID, again.ID)

	broken = errors.New("another writer is at work")
	s.press("d").has("another writer is at work")
	require.Empty(t, page.state.Report.Dismissed)
	s.press("G").press("down").press("esc").has("what to change")
	s.press("2", "w").has("what if: umber", "‹ us-east-1", "what would save most", "saves $").lacks("no difference")
	s.press("down", "down", "right").lacks("what would save most")
}

// A ledger of which single records cannot be had, or that cannot be written to, says so.
func TestWhatToChangeWithoutRecords(t *testing.T) {
	open(t, over(t, fewRecords(), nil), 120, 40).has("stands out", "instead, a month").lacks("what to change")
	s := open(t, demoOptions(t), 120, 40)
	s.press("tab", "tab", "tab", "tab", "enter", "d").has("this ledger cannot be written to")
}
