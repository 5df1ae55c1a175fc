package report

import (
	"strconv"

	"github.com/shopspring/decimal"

	"microspend/idle"
	"microspend/pricing"
)

// idleJSON is the document microspend.idle/v1. Costs are over the trace; those under recommendation that say so are a
// month's.
type idleJSON struct {
	Schema   string `json:"schema"`
	Currency string `json:"currency"`
	Region   string `json:"region"`
	Memory   string `json:"memory_gb"`
	State    string `json:"state_gb"`
	Image    string `json:"image_gb"`

	Rates ratesJSON `json:"rates"`

	Gaps          int64              `json:"gaps"`
	GapSeconds    string             `json:"gap_seconds"` // of all together
	Percentiles   idlePercentileJSON `json:"gap_percentiles_seconds"`
	UnderAMinute  int64              `json:"gaps_under_a_minute_left_out"`
	MicroVMs      int64              `json:"microvms"`
	Requests      *int64             `json:"requests"` // null where the trace does not count them
	PeriodSeconds string             `json:"period_seconds"`
	PeriodStated  bool               `json:"period_stated"`

	Policies  []idlePolicyJSON `json:"policies"`
	Never     idleCostJSON     `json:"never_suspend"`
	Hindsight idleCostJSON     `json:"hindsight"`
	BreakEven *string          `json:"break_even_seconds"` // null where suspending never pays
	Best      idlePolicyJSON   `json:"best"`

	Limited        *idlePolicyJSON        `json:"best_within_limits,omitempty"`
	Current        idlePolicyJSON         `json:"current"`
	AtOnce         idleCostJSON           `json:"suspend_at_once"`
	Terminated     idleTerminatedJSON     `json:"terminate_instead"`
	Online         []idleOnlineJSON       `json:"online"`
	Choices        []idleChoiceJSON       `json:"choices"`
	Validation     *idleValidationJSON    `json:"validation,omitempty"`
	Lifecycle      *idleLifecycleJSON     `json:"lifecycle"` // null where lives cannot be followed
	Curve          []idleCurveJSON        `json:"curve"`
	Recommendation idleRecommendationJSON `json:"recommendation"`
	Assumptions    []noteJSON             `json:"assumptions"`
	Warnings       []noteJSON             `json:"warnings"`
}

type idlePercentileJSON struct {
	P50 string `json:"p50"`
	P90 string `json:"p90"`
	P99 string `json:"p99"`
	Max string `json:"max"`
}

type idlePolicyJSON struct {
	TimeoutSeconds int64   `json:"timeout_seconds"`
	Cost           string  `json:"cost"`
	Suspends       int64   `json:"suspends"`
	VsHindsight    *string `json:"vs_hindsight"` // null where hindsight costs nothing
}

type idleCostJSON struct {
	Cost        string  `json:"cost"`
	Suspends    int64   `json:"suspends"`
	VsHindsight *string `json:"vs_hindsight"`
}

type idleTerminatedJSON struct {
	TimeoutSeconds int64   `json:"timeout_seconds"`
	Cost           string  `json:"cost"`
	Terminations   int64   `json:"terminations"`
	VsHindsight    *string `json:"vs_hindsight"`
	Trade          string  `json:"trade"`
}

type idleOnlineJSON struct {
	Policy      string  `json:"policy"`
	Rule        string  `json:"rule"`
	Cost        string  `json:"cost"`
	Suspends    *int64  `json:"suspends"` // null where only an expectation is known
	Waits       *int64  `json:"waits"`
	VsHindsight *string `json:"vs_hindsight"`
}

type idleChoiceJSON struct {
	By       string         `json:"by"`
	Policies int            `json:"policies"`
	Cost     string         `json:"cost"`
	Suspends int64          `json:"suspends"`
	Saving   string         `json:"saving"`
	Parts    []idlePartJSON `json:"parts,omitempty"`
}

type idlePartJSON struct {
	Key            string `json:"key"`
	Gaps           int64  `json:"gaps"`
	TimeoutSeconds int64  `json:"timeout_seconds"`
	Cost           string `json:"cost"`
	CurrentCost    string `json:"current_cost"`
}

type idleValidationJSON struct {
	Share       string              `json:"share"`
	FirstGaps   int64               `json:"first_gaps"`
	RestGaps    int64               `json:"rest_gaps"`
	Choices     []idleValidatedJSON `json:"choices"`
	Best        idleRestJSON        `json:"best_for_the_rest"`
	CurrentCost string              `json:"current_cost"`
}

type idleValidatedJSON struct {
	By             string `json:"by"`
	Policies       int    `json:"policies"`
	TimeoutSeconds *int64 `json:"timeout_seconds,omitempty"`
	Cost           string `json:"cost"`
}

type idleRestJSON struct {
	TimeoutSeconds int64  `json:"timeout_seconds"`
	Cost           string `json:"cost"`
}

type idleLifecycleJSON struct {
	MaxLife       string            `json:"max_life_seconds"`
	ResumeLatency string            `json:"resume_latency_seconds"`
	LaunchLatency string            `json:"launch_latency_seconds"`
	Requests      int64             `json:"requests"`
	Policies      []idleOutcomeJSON `json:"policies"`
	Best          *idleOutcomeJSON  `json:"best"`     // that keeps state; null where the limits allow none
	Cheapest      *idleOutcomeJSON  `json:"cheapest"` // whatever state it loses
}

type idleOutcomeJSON struct {
	IdleTimeout  *string `json:"idle_timeout_seconds"` // null for never
	Suspended    string  `json:"suspended_duration_seconds"`
	Cost         string  `json:"cost"`
	Running      string  `json:"running_seconds"`
	Idle         string  `json:"idle_seconds"`
	Held         string  `json:"suspended_seconds"`
	Suspends     int64   `json:"suspends"`
	Resumes      int64   `json:"resumes"`
	Launches     int64   `json:"launches"`
	Terminated   int64   `json:"terminations"`
	Interrupted  int64   `json:"interrupted_requests"`
	Waits        int64   `json:"waits"`
	WaitsPerDay  string  `json:"waits_per_day"`
	WaitSeconds  string  `json:"wait_seconds"`
	MeanAddedMS  string  `json:"mean_added_ms"`
	StateLost    int64   `json:"state_lost"`
	OnFrontier   bool    `json:"frontier"`
	WithinLimits bool    `json:"within_limits"`
}

type idleCurveJSON struct {
	TimeoutSeconds int64  `json:"timeout_seconds"`
	Cost           string `json:"cost"`
}

type idleRecommendationJSON struct {
	Text           string  `json:"text"`
	TimeoutSeconds int64   `json:"timeout_seconds"`
	Saving         string  `json:"saving"`
	SavingPerMonth *string `json:"saving_per_month"` // of 30 days; null where the trace covers no time
}

func newIdleJSON(a *idle.Analysis, warnings []pricing.Note) idleJSON {
	t, m := a.Trace, a.Model
	out := idleJSON{
		Schema: "microspend.idle/v1", Currency: "USD", Region: m.Card.Region, Memory: m.Size.GB().String(),
		State: m.StateGB.String(), Image: m.ImageGB.String(),
		Gaps: t.All.Gaps(), GapSeconds: secondsText(t.All.TotalMS()), MicroVMs: t.Count,
		PeriodSeconds: secondsText(a.PeriodMS), PeriodStated: a.PeriodStated, UnderAMinute: t.Adjacent,
		Percentiles: idlePercentileJSON{
			secondsText(t.All.Percentile(50)), secondsText(t.All.Percentile(90)), secondsText(t.All.Percentile(99)),
			secondsText(t.All.LongestMS()),
		},
		Policies: []idlePolicyJSON{}, Online: []idleOnlineJSON{}, Choices: []idleChoiceJSON{},
		Never: costJSON(a.Never), Hindsight: costJSON(a.Hindsight), BreakEven: optional(a.BreakEven), Best: policyJSON(a.Best),
		Current: policyJSON(a.Current), AtOnce: costJSON(a.AtOnce),
		Terminated: idleTerminatedJSON{
			a.Terminated.TimeoutSeconds(), a.Terminated.Cost.String(), a.Terminated.Suspends, optional(a.Terminated.Ratio),
			"the MicroVM's state is lost; the next request launches, which reads the image",
		},
		Recommendation: idleRecommendationJSON{
			Text: a.Recommendation(), TimeoutSeconds: a.Advised().TimeoutSeconds(), Saving: a.Saving().String(),
		},
		Assumptions: notesJSON(a.Assumptions()), Warnings: notesJSON(warnings), Rates: newRatesJSON(m.Card),
	}
	if t.Requests > 0 {
		out.Requests = &t.Requests
	}
	for _, p := range a.Policies {
		out.Policies = append(out.Policies, policyJSON(p))
	}
	if a.Limited != nil {
		limited := policyJSON(*a.Limited)
		out.Limited = &limited
	}
	if monthly, ok := a.Monthly(a.Saving()); ok {
		out.Recommendation.SavingPerMonth = optional(&monthly)
	}
	for _, o := range a.Online {
		row := idleOnlineJSON{Policy: o.ID, Rule: o.Rule, Cost: o.Cost.String(), Waits: o.Waits, VsHindsight: optional(o.Ratio)}
		if o.Use != nil {
			suspends := o.Use.Suspends()
			row.Suspends = &suspends
		}
		out.Online = append(out.Online, row)
	}
	for _, c := range a.Choices {
		out.Choices = append(out.Choices, choiceJSON(a, c))
	}
	out.Validation = validationJSON(a.Validation)
	out.Lifecycle = lifecycleJSON(a)
	for _, p := range a.Curve {
		out.Curve = append(out.Curve, idleCurveJSON{p.TimeoutMS / 1000, p.Cost.String()})
	}
	return out
}

func secondsText(ms int64) string { return decimal.New(ms, -3).String() }

func policyJSON(p idle.Priced) idlePolicyJSON {
	return idlePolicyJSON{p.TimeoutSeconds(), p.Cost.String(), p.Suspends, optional(p.Ratio)}
}

func costJSON(p idle.Priced) idleCostJSON {
	return idleCostJSON{p.Cost.String(), p.Suspends, optional(p.Ratio)}
}

func choiceJSON(a *idle.Analysis, c idle.Choice) idleChoiceJSON {
	out := idleChoiceJSON{
		By: string(c.Grain), Policies: c.Policies, Cost: c.Cost.String(), Suspends: c.Suspends,
		Saving: a.Current.Cost.Sub(c.Cost).String(),
	}
	for _, p := range c.Parts {
		out.Parts = append(out.Parts, idlePartJSON{p.Key, p.Gaps, p.Best.TimeoutSeconds(), p.Cost.String(), p.Current.String()})
	}
	return out
}

func validationJSON(v *idle.Validation) *idleValidationJSON {
	if v == nil {
		return nil
	}
	out := &idleValidationJSON{
		Share: v.Share.String(), FirstGaps: v.FirstGaps, RestGaps: v.RestGaps,
		Best: idleRestJSON{v.BestOnRest.TimeoutSeconds(), v.BestCost.String()}, CurrentCost: v.CurrentCost.String(),
	}
	for _, c := range v.Choices {
		row := idleValidatedJSON{By: string(c.Grain), Policies: c.Policies, Cost: c.Cost.String()}
		if c.Grain == idle.GrainAll {
			row.TimeoutSeconds = &c.TimeoutSeconds
		}
		out.Choices = append(out.Choices, row)
	}
	return out
}

func lifecycleJSON(a *idle.Analysis) *idleLifecycleJSON {
	f := a.Lives
	if f == nil {
		return nil
	}
	out := &idleLifecycleJSON{
		MaxLife: secondsText(f.LifeMS), ResumeLatency: secondsText(f.Latency.ResumeMS), LaunchLatency: secondsText(f.Latency.LaunchMS),
		Requests: f.Served,
	}
	for i := range f.Outcomes {
		out.Policies = append(out.Policies, outcomeJSON(a, &f.Outcomes[i]))
	}
	for _, one := range []struct {
		of   *idle.Outcome
		into **idleOutcomeJSON
	}{{f.Best, &out.Best}, {f.Cheapest, &out.Cheapest}} {
		if one.of != nil {
			row := outcomeJSON(a, one.of)
			*one.into = &row
		}
	}
	return out
}

func outcomeJSON(a *idle.Analysis, o *idle.Outcome) idleOutcomeJSON {
	row := idleOutcomeJSON{
		Suspended: secondsText(o.HeldMS), Cost: o.Cost.String(), Running: secondsText(o.RunningMS), Idle: secondsText(o.IdleMS),
		Held: secondsText(o.SuspendedMS), Suspends: o.Suspends(), Resumes: o.Resumes, Launches: o.Launches, Terminated: o.Terminated,
		Interrupted: o.Interrupted, Waits: o.Waits, WaitsPerDay: a.PerDay(o.Waits).String(), WaitSeconds: secondsText(o.WaitMS),
		MeanAddedMS: meanWaitMS(o, a.Lives).String(), StateLost: o.Lost, OnFrontier: o.Frontier, WithinLimits: o.Within,
	}
	if o.TimeoutMS < a.Lives.LifeMS {
		text := secondsText(o.TimeoutMS)
		row.IdleTimeout = &text
	}
	return row
}

// idleCSV has a row for every policy. Plain policies are priced over the gaps; those of lives over everything.
func idleCSV(a *idle.Analysis) [][]string {
	rows := [][]string{{
		"kind", "policy", "idle_timeout_seconds", "suspended_duration_seconds", "cost", "cost_per_month", "suspends", "resumes",
		"launches", "waits", "waits_per_day", "vs_hindsight", "frontier", "within_limits",
	}}
	month := func(cost decimal.Decimal) string {
		if monthly, ok := a.Monthly(cost); ok {
			return monthly.String()
		}
		return ""
	}
	whole := func(n int64) string { return strconv.FormatInt(n, 10) }
	plain := func(policy, timeout string, p idle.Priced) {
		rows = append(rows, []string{
			"gaps", policy, timeout, "", p.Cost.String(), month(p.Cost), whole(p.Use.Suspends()), whole(p.Use.Resumes), whole(p.Use.Launches),
			whole(p.Suspends), a.PerDay(p.Suspends).String(), orEmpty(optional(p.Ratio)), "", "",
		})
	}
	timed := func(policy string, p idle.Priced) { plain(policy, whole(p.TimeoutSeconds()), p) }
	timed("best", a.Best)
	if a.Limited != nil {
		timed("best-within-limits", *a.Limited)
	}
	timed("current", a.Current)
	for _, p := range a.Policies {
		timed("fixed", p)
	}
	plain("never", "", a.Never)
	timed("terminate", a.Terminated)
	plain("at-once", "0", a.AtOnce)
	plain("hindsight", "", a.Hindsight)
	for _, o := range a.Online {
		suspends, waits, perDay := "", "", ""
		if o.Use != nil {
			suspends = whole(o.Use.Suspends())
		}
		if o.Waits != nil {
			waits, perDay = whole(*o.Waits), a.PerDay(*o.Waits).String()
		}
		rows = append(rows, []string{
			"gaps", o.ID, "", "", o.Cost.String(), month(o.Cost), suspends, suspends, "", waits, perDay,
			orEmpty(optional(o.Ratio)), "", "",
		})
	}
	for _, c := range a.Choices {
		rows = append(rows, []string{
			"gaps", "by-" + string(c.Grain), "", "", c.Cost.String(), month(c.Cost), whole(c.Suspends), whole(c.Suspends), "0",
			whole(c.Suspends), a.PerDay(c.Suspends).String(), "", "", "",
		})
	}
	return append(rows, outcomesCSV(a)...)
}

func outcomesCSV(a *idle.Analysis) [][]string {
	if a.Lives == nil {
		return nil
	}
	var rows [][]string
	whole := func(n int64) string { return strconv.FormatInt(n, 10) }
	for i := range a.Lives.Outcomes {
		o := outcomeJSON(a, &a.Lives.Outcomes[i])
		monthly, _ := a.Monthly(a.Lives.Outcomes[i].Cost)
		rows = append(rows, []string{
			"lives", "fixed", orEmpty(o.IdleTimeout), o.Suspended, o.Cost, monthly.String(), whole(o.Suspends), whole(o.Resumes),
			whole(o.Launches), whole(o.Waits), o.WaitsPerDay, "", strconv.FormatBool(o.OnFrontier), strconv.FormatBool(o.WithinLimits),
		})
	}
	return rows
}
