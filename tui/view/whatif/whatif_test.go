package whatif_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"microspend/internal/frametest"
	"microspend/pricing"
	measured "microspend/spend/whatif"
	"microspend/tui/draw"
	"microspend/tui/theme"
	"microspend/tui/view/whatif"
	"microspend/usage"
)

var from = time.Date(2026, time.November, 1, 0, 0, 0, 0, time.UTC)

func card(t *testing.T, region string) pricing.RateCard {
	c, err := pricing.EmbeddedCards().Card(region)
	require.NoError(t, err)
	return c
}

// state is a tenant's month in one region, at a choice, priced.
func state(t *testing.T, choose func(*whatif.State)) *whatif.State {
	record := usage.Record{PeriodSeconds: 3600, Coverage: usage.CoverageComplete}
	record.Amounts[pricing.VCPU], record.Amounts[pricing.Memory] = 360_000_000, 360_000_000*2048
	record.Amounts[pricing.SnapshotRead], record.Amounts[pricing.SnapshotWrite] = 30<<30, 10<<30
	record.Amounts[pricing.SnapshotStorage] = 600_000 << 30
	record.Amounts[usage.Running], record.Amounts[usage.Suspended] = 360_000_000, 600_000_000
	record.Amounts[usage.Launches], record.Amounts[usage.Suspends], record.Amounts[usage.Resumes] = 10, 100, 90
	part := measured.Part{Region: "eu-west-1", Card: new(card(t, "eu-west-1"))}
	part.Sum.Add(&record)
	s := &whatif.State{
		Tenant: "acme", From: from, To: from.AddDate(0, 0, 22), Location: time.UTC,
		Regions: []string{"eu-west-1", "us-east-1"},
		Choice:  whatif.Start(), Focus: whatif.TimeoutThen, Read: true, Parts: []measured.Part{part},
	}
	choose(s)
	book, err := pricing.EmbeddedPrices()
	require.NoError(t, err)
	s.Outcome, err = whatif.Work(t.Context(), s, book, pricing.EmbeddedCards().Card)
	require.NoError(t, err)
	return s
}

func TestFrames(t *testing.T) {
	turned := func(knob whatif.Knob, by int) *whatif.State {
		return state(t, func(s *whatif.State) {
			s.Focus = knob
			s.Turn(by)
		})
	}
	unread := &whatif.State{
		Tenant: "acme", From: from, To: from.AddDate(0, 0, 1), Regions: []string{"eu-west-1"},
		Choice: whatif.Start(),
	}
	fault, priced, nothing := *unread, *unread, *unread
	fault.Fault = "the disk is gone"
	priced.Read, nothing.Read, nothing.Outcome = true, true, &measured.Outcome{}
	inPart := turned(whatif.Memory, 1)
	inPart.Measured = pricing.AtLeast
	for name, s := range map[string]*whatif.State{
		"same": turned(whatif.TimeoutThen, 0), "longer": turned(whatif.TimeoutThen, 2),
		"shorter": turned(whatif.TimeoutThen, -1),
		"memory":  turned(whatif.Memory, 1), "region": turned(whatif.Region, 2), "elsewhere": turned(whatif.RunOn, 2),
		"in-part": inPart, "reading": unread, "fault": &fault, "pricing": &priced, "nothing": &nothing,
	} {
		frametest.Check(t, name, func(dark bool, colors, width, height int) string {
			s.Theme, s.Location = theme.New(dark, theme.Colors(colors)), time.UTC
			return draw.Frame(s.Lines(width, height), width, height)
		})
	}
}

// TestKnobsTurnAround goes through all values of each knob and back to where it was.
func TestKnobsTurnAround(t *testing.T) {
	for knob := range whatif.KnobCount {
		s := &whatif.State{Regions: []string{"eu-west-1", "us-east-1"}, Choice: whatif.Start(), Focus: knob}
		first, seen := s.Values()[knob.Label()], map[string]bool{}
		for n := 0; !seen[s.Values()[knob.Label()]]; n++ {
			require.Less(t, n, 100)
			seen[s.Values()[knob.Label()]] = true
			s.Turn(1)
		}
		require.Equal(t, first, s.Values()[knob.Label()], "the last value is followed by the first")
		s.Turn(-1)
		s.Turn(1)
		require.Equal(t, first, s.Values()[knob.Label()])
		require.Greater(t, len(seen), 2, knob.Label())
	}
	s := &whatif.State{Choice: whatif.Start()}
	require.False(t, s.Longer(), "as it is, nothing is longer")
	s.Choice[whatif.TimeoutThen]++
	require.True(t, s.Longer())
	s.Choice[whatif.TimeoutThen] -= 2
	require.False(t, s.Longer())
}

// TestNotes names single pauses that were not read only where they would have mattered.
func TestNotes(t *testing.T) {
	ids := func(s *whatif.State) (ids []string) {
		for _, note := range s.Outcome.Notes {
			ids = append(ids, note.ID)
		}
		return ids
	}
	fault := whatif.Pauses{Fault: "the disk is gone"}
	longer := state(t, func(s *whatif.State) { s.Pauses = fault; s.Turn(1) })
	require.Contains(t, ids(longer), "idle-not-read")
	same := state(t, func(s *whatif.State) { s.Pauses = fault })
	require.NotContains(t, ids(same), "idle-not-read")
}

// TestRecall starts from the timeout that most MicroVMs were launched with, one that is not among the usual ones, too.
func TestRecall(t *testing.T) {
	present := measured.Present{
		Timeouts: []measured.PresentTimeout{{Seconds: 300, MicroVMs: 22}, {Seconds: 450, MicroVMs: 120}}, Recorded: 142,
	}
	s := state(t, func(s *whatif.State) { s.Recall(present) })
	require.Equal(t, "450 s", s.Values()["idle timeout now"])
	require.Equal(t, "450 s", s.Values()["idle timeout then"], "nothing is changed yet")
	require.Equal(t, s.Outcome.Total, s.Outcome.Then)
	s.Turn(1)
	require.Equal(t, "10 min", s.Values()["idle timeout then"])
	require.True(t, s.Longer())

	chosen := state(t, func(s *whatif.State) {
		s.Turn(2)
		s.Recall(present)
	})
	require.Equal(t, "15 min", chosen.Values()["idle timeout then"], "what was chosen stays")
	require.Equal(t, "450 s", chosen.Values()["idle timeout now"])
	none := state(t, func(s *whatif.State) { s.Recall(measured.Present{Unknown: 3}) })
	require.Equal(t, whatif.Start(), none.Choice, "nothing is recorded")
}
