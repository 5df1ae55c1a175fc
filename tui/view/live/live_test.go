package live

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"microspend/collector/watch"
	"microspend/fleet"
	"microspend/pricing"
	"microspend/tui/draw"
	"microspend/tui/table"
	"microspend/tui/theme"
	"microspend/usage"
)

var noon = time.Date(2026, time.November, 23, 12, 0, 0, 0, time.UTC)

// cut is a figure that lost its end, or that touches another one. No name below has a digit.
var cut = regexp.MustCompile(`[0-9][.,]?…|\.[0-9]+[$≥≤≈]|\.[0-9]+\.[0-9]|,[0-9]{3}[0-9]|%[0-9]|[0-9]\$|[≥≈$]…`)

// escaped is what stands in a name for a character that would not show.
var escaped = regexp.MustCompile(`<(U\+?)?[0-9A-F]*(…|>)|<U?…`)

// leastWidth is that of the dashboard, which asks for a larger window below it.
const leastWidth = 40

// hostileNames try to break out of their cell.
var hostileNames = []string{
	"acme", "", "\x1b[mred\x1b[m", "a\tb", "line\nbreak", "\u202eevil", "宽宽宽宽宽宽宽宽", "👩‍👩‍👧‍👦 family", "e\u0301\u0301\u0301",
	strings.Repeat("long", 300), "❤️", "🇩🇪🇫🇷", "👍🏽", "\u200b\u200b", "(unallocated)", "\u0e33\u0e33", "ｆｕｌｌ",
}

// anyAmount is money from nothing to more than any fleet burns, known as far as it may be.
func anyAmount(t *rapid.T) fleet.Amount {
	if rapid.IntRange(0, 4).Draw(t, "unknown") == 0 {
		return fleet.Amount{State: pricing.NotMeasured}
	}
	digits := rapid.SampledFrom([]int64{0, 1, 1e6, 1e10, 1e14}).Draw(t, "scale")
	return fleet.Amount{
		USD: decimal.New(rapid.Int64Range(0, digits).Draw(t, "amount"), -6), Known: true,
		State: rapid.SampledFrom([]pricing.State{pricing.Exact, pricing.UnknownRates, pricing.AtLeast}).Draw(t, "state"),
	}
}

func anyMicroVM(t *rapid.T, i int) fleet.MicroVM {
	name := rapid.SampledFrom(hostileNames)
	length := func(label string) time.Duration {
		return time.Duration(rapid.SampledFrom([]int64{0, 1, 59, 300, 3600, 28800}).Draw(t, label)) * time.Second
	}
	before := func(label string) time.Time {
		if d := length(label); d > 0 {
			return noon.Add(-d)
		}
		return time.Time{}
	}
	letters := string([]byte{byte('a' + i/26/26), byte('a' + i/26%26), byte('a' + i%26)})
	m := fleet.MicroVM{Owner: name.Draw(t, "owner"), Running: length("running"), Suspended: length("suspended")}
	m.MicroVM = watch.MicroVM{
		ID: "mvm-" + letters + name.Draw(t, "id"), Image: name.Draw(t, "image"), Role: name.Draw(t, "role"),
		Region: rapid.SampledFrom([]string{"eu-west-1", "us-east-1", "ap-southeast-2"}).Draw(t, "region"),
		Arch:   rapid.SampledFrom([]usage.Arch{"", usage.ArchARM64}).Draw(t, "arch"),
		State:  rapid.SampledFrom(append(watch.States(), "", "HIBERNATING")).Draw(t, "state"), SeenAt: noon,
		MemoryMiB:  rapid.SampledFrom([]int64{0, 512, 1536, 8192, 1 << 24}).Draw(t, "memory"),
		StateBytes: rapid.SampledFrom([]int64{0, 1 << 30, 1 << 60}).Draw(t, "state bytes"),
		StartedAt:  before("age"), LastActivity: before("idle"), MaxLife: length("max life"),
		Policy: watch.Policy{Known: rapid.Bool().Draw(t, "policy"), MaxIdle: length("max idle"), Suspended: length("held")},
	}
	if m.State == watch.Terminated {
		m.EndedAt = noon.Add(-length("ended"))
	}
	if !m.StartedAt.IsZero() {
		half := m.StartedAt.Add(noon.Sub(m.StartedAt) / 2)
		m.Life = []watch.Stretch{
			{From: m.StartedAt, To: half, State: watch.Running},
			{From: half, To: noon, State: m.State, Sure: true},
		}
	}
	if rapid.Bool().Draw(t, "meter") {
		m.Gauges = []watch.Gauge{{From: noon.Add(-2 * time.Minute), At: noon.Add(-time.Minute), VCPU: 1234, MemoryMiB: 700}, {
			From: noon.Add(-time.Minute), At: noon, VCPU: rapid.Int64Range(0, 64_000).Draw(t, "vcpu"), PeakVCPU: 8000,
		}}
	}
	m.BurnPerHour, m.Spent, m.Newer = anyAmount(t), anyAmount(t), anyAmount(t)
	m.SuspendSaves, m.ResumeCosts = anyAmount(t), anyAmount(t)
	m.Quantities[pricing.VCPU], m.Quantities[pricing.Memory] = m.Spent, m.Newer
	return m
}

func anySnapshot(t *rapid.T) *fleet.Snapshot {
	s := &fleet.Snapshot{
		At: noon, Counts: map[watch.State]int{}, LedgerUntil: noon.Add(-time.Hour), Today: anyAmount(t), TodayNewer: anyAmount(t),
		MemoryQuota: rapid.SampledFrom([]int64{0, 1 << 20, 1 << 31}).Draw(t, "quota"),
	}
	fault := rapid.SampledFrom([]string{"", "rate exceeded", "\x1b]0;title\x07 no way " + strings.Repeat("long ", 60)})
	for _, region := range []string{"ap-southeast-2", "eu-west-1", "us-east-1"} {
		s.Places = append(s.Places, watch.Place{
			Account: "123456789012", Region: region, ListedAt: noon, Listed: 1_234_567, Calls: 25_000,
			Fault: fault.Draw(t, "fault"), Throttled: rapid.Bool().Draw(t, "throttled"),
		})
	}
	s.LedgerFault = fault.Draw(t, "ledger fault")
	for i := range rapid.SampledFrom([]int{0, 1, 3, 20, 300}).Draw(t, "MicroVMs") {
		s.MicroVMs = append(s.MicroVMs, anyMicroVM(t, i))
		m := &s.MicroVMs[i]
		s.Counts[m.State]++
		s.Burn = s.Burn.Plus(m.BurnPerHour)
		s.MemoryInUse += m.MemoryMiB
		s.NearCap += boolean(m.NearCap(noon))
		s.Idle += boolean(m.Idles(noon))
		s.Events = append(s.Events, fleet.Event{
			At: noon.Add(-time.Duration(i) * time.Hour), MicroVM: m.ID, Owner: m.Owner, Image: m.Image, From: watch.Running,
			To: m.State, Reason: rapid.SampledFrom([]string{"", "idle for 5m1s", "maximum duration reached"}).Draw(t, "reason"),
		})
	}
	s.Month = s.Burn
	s.Month.USD = s.Month.USD.Mul(decimal.NewFromInt(730))
	s.BurnHistory = []fleet.BurnAt{{At: noon.Add(-time.Minute)}, {At: noon, Burn: s.Burn}}
	return s
}

// drawn is the view of a snapshot, as one that opens it sees it.
func drawn(s *fleet.Snapshot, g Group, ended bool) *State {
	out := &State{
		Theme: theme.New(true, theme.None), Location: time.UTC, Snapshot: s, List: NewList(s, g, ended), Table: &table.State{},
		Group: g, Running: []float32{1, 2},
	}
	out.Table.SetContent(out.List.Content)
	out.Table.SetSort(SortedBy, true)
	return out
}

// TestFitsAndAddsUp draws random fleets at sizes from the least to the largest: a frame has as many lines as it may,
// none is wider than the terminal, no figure is cut or touches another, and the rows add up to the total below them.
func TestFitsAndAddsUp(t *testing.T) {
	sizes := [][2]int{{20, 5}, {40, 10}, {59, 20}, {80, 24}, {100, 30}, {120, 40}, {160, 50}, {200, 60}, {240, 70}}
	rapid.Check(t, func(t *rapid.T) {
		s := drawn(anySnapshot(t), rapid.SampledFrom(Groups()).Draw(t, "group"), rapid.Bool().Draw(t, "ended"))
		s.Table.Move(rapid.IntRange(0, 300).Draw(t, "cursor"))
		random := [2]int{rapid.IntRange(20, 240).Draw(t, "width"), rapid.IntRange(5, 70).Draw(t, "height")}
		for _, size := range append(sizes, random) {
			requireFits(t, fmt.Sprint(size), s.Render(size[0], size[1]), size[0], size[1])
			if m := s.selected(); m != nil {
				lines := s.Details(m, size[0])
				requireFits(t, fmt.Sprint("details ", size), strings.Join(lines, "\n"), size[0], len(lines))
			}
		}
		requireAddsUp(t, s)
	})
}

// TestASCIITellsStatesApart: what differs by its sign alone still does on a terminal that shows nothing but ASCII.
func TestASCIITellsStatesApart(t *testing.T) {
	for what, signs := range map[string][]string{
		"o . + % - x": {
			Symbol(watch.Running), Symbol(watch.Suspended), Symbol(watch.Pending), Symbol(watch.Suspending),
			Symbol(watch.Terminating), Symbol(watch.Terminated),
		},
		"# : _ = . | -": {"█", "▒", "▁", "▄", lifeNobody, lifeNow, lifeAhead},
		"= ~ >":         {"╸", "≈", "→"},
	} {
		require.Equal(t, what, draw.ASCII(strings.Join(signs, " ")))
	}
	legend := draw.ASCII(lifeLegend(theme.New(true, theme.None), 200))
	require.Equal(t, "# running  : running, not seen twice  _ suspended  = changing  . not known  | now  - left", ansi.Strip(legend))
}

func requireFits(t *rapid.T, what, frame string, width, height int) {
	lines := strings.Split(ansi.Strip(frame), "\n")
	require.Len(t, lines, height, what)
	for _, line := range lines {
		require.LessOrEqual(t, max(ansi.StringWidth(line), ansi.StringWidthWc(line)), width, "%s: %q", what, line)
		if width >= leastWidth {
			require.NotRegexp(t, cut, escaped.ReplaceAllString(line, "x"), what)
		}
	}
}

// requireAddsUp adds up what the table shows, as somebody with a pencil would.
func requireAddsUp(t *rapid.T, s *State) {
	const width = 400
	if s.List.Len() == 0 {
		return
	}
	lines := s.rows(width, max(s.List.Len()+2, 5))
	require.Len(t, lines, s.List.Len()+1+boolean(s.List.Len() > 0))
	for _, id := range []string{burnID, soFarID} {
		from, to := width, 0
		for x := range width {
			if s.ColumnAt(x, width) == id {
				from, to = min(from, x), x
			}
		}
		require.Less(t, from, to, "the column %s is not in sight: %.900q", id, lines[0])
		var sum, total decimal.Decimal
		for _, line := range lines[1:] {
			text := strings.Trim(ansi.Cut(ansi.Strip(line), from, to), " ≥≈+?–")
			sum = sum.Add(total)
			total = decimal.Decimal{}
			if text != "" {
				var err error
				total, err = decimal.NewFromString(strings.ReplaceAll(text, ",", ""))
				require.NoError(t, err, "%q", line)
			}
		}
		require.Equal(t, total.String(), sum.String(), id)
	}
}
