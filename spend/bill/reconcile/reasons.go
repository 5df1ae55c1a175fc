package reconcile

import (
	"cmp"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"microspend/pricing"
	"microspend/spend"
)

// ReasonID names a reason. The ids are stable: they appear in outputs.
type ReasonID string

// The reasons for a difference, and what in the figures points at each.
const (
	MissingDays  ReasonID = "missing-days"     // billed, and the ledger has nothing of that day and region
	Damaged      ReasonID = "damaged"          // billed, and a file of the day in the ledger cannot be read
	Gaps         ReasonID = "gaps"             // billed more, and the ledger saw only a part of the day
	ImageStorage ReasonID = "image-storage"    // storage billed more; image versions are stored unseen, a week at least
	ImageBuilds  ReasonID = "image-builds"     // written more while compute agrees: builds write snapshots
	LaunchReads  ReasonID = "launch-reads"     // read more or less while compute agrees: what a launch reads is not known
	UnknownVMs   ReasonID = "unknown-microvms" // compute and reads of launches billed more: MicroVMs nobody measured
	Burst        ReasonID = "burst"            // compute billed more while launches agree: bursts above the baseline
	StateSize    ReasonID = "state-size"       // written or stored less: suspended state is smaller than was taken for it
	Transitions  ReasonID = "transitions"      // compute billed less: starting, suspending and resuming counted as running
	CountedTwice ReasonID = "counted-twice"    // billed less, and the ledger has two sources for the day
	NotFinal     ReasonID = "estimated"        // billed less, and the bill says that the day is an estimate
	NotListed    ReasonID = "not-billed"       // measured, and not on the bill at all
	OtherArch    ReasonID = "x86"              // compute billed less, and as much more on the other architecture
	Rates        ReasonID = "rates"            // the bill's price of a unit is not ours
	Netted       ReasonID = "credits"          // every amount is nothing, or the same part of what its quantity costs
	NoRate       ReasonID = "no-rate"          // we have no rate for what was used
	Rounding     ReasonID = "rounding"         // less than a ten-thousandth of the line
)

// Reason is what one cause makes of the difference.
type Reason struct {
	ID      ReasonID
	Amount  decimal.Decimal // its part of theirs minus ours
	Lines   int
	Days    int
	Regions []string
	Text    string // what it is
	Do      string // what to do about it; "" for nothing
}

// reasonTexts say what a reason is and what to do.
func reasonTexts(id ReasonID) (text, do string) {
	switch id {
	case MissingDays:
		return "AWS billed days of which the ledger has nothing", "collect or import those days"
	case Damaged:
		return "files of these days in the ledger are damaged",
			"see microspend ledger check --repair, and collect or import those days again"
	case Gaps:
		return "the ledger saw only a part of the day", "collect those days again; CloudWatch keeps minutes for 15 days"
	case ImageStorage:
		return "AWS stores image versions, also inactive ones and each for a week at least, that are not in the ledger",
			"record their storage under microvm_id (image), or delete old versions"
	case ImageBuilds:
		return "snapshots were written beyond those of suspends; image builds write them and are not metered", ""
	case LaunchReads:
		return "launches read another number of GB than the image's size", "give the image's size as measured"
	case UnknownVMs:
		return "MicroVMs ran that nobody measured", "look for MicroVMs without a meter: other accounts, roles or images"
	case Burst:
		return "compute was billed above the baseline; bursts have no meter here", "run the meter in the MicroVMs"
	case StateSize:
		return "suspended state is smaller than assumed", "give the state's size as measured"
	case Transitions:
		return "time that was counted as running was not billed, such as starting, suspending and resuming", ""
	case CountedTwice:
		return "two sources recorded the same days", "look at microspend ledger check, and import each day from one source"
	case NotFinal:
		return "AWS says that these days are estimates", "compare again when they are final; AWS may take three days"
	case NotListed:
		return "the bill has nothing of what was measured",
			"see whether it is of other accounts or filtered; AWS may take three days to list a day"
	case OtherArch:
		return "AWS billed this compute on another architecture than the ledger has it on",
			"collect or import the architecture (arch) of these MicroVMs"
	case Netted:
		return "quantities are whole, and amounts are nothing or all the same part of what these cost: " +
				"credits, or a discount of the whole account, were taken off",
			"ask Cost Explorer for RECORD_TYPE = Usage (--filter '{\"Dimensions\": {\"Key\": \"RECORD_TYPE\", \"Values\": " +
				"[\"Usage\"]}}'); if it is your discount, give it in microspend.yaml"
	case Rates:
		return "AWS charged another price per unit",
			"refresh the rates, or give your discount or private rates in microspend.yaml"
	case NoRate:
		return "no rate is known for what was used", "refresh the rates, or give it in microspend.yaml"
	default:
		return "amounts are rounded in the bill", ""
	}
}

// explain splits each line's difference into reasons.
func (c *Comparison) explain(cards rateCards, found evidence) {
	type tally struct {
		Reason
		days    map[string]bool
		regions map[string]bool
	}
	tallies := map[ReasonID]*tally{}
	for i := range c.Lines {
		l := &c.Lines[i]
		largest := decimal.Decimal{}
		for _, part := range l.split(cards.of(l), found) {
			if part.amount.IsZero() {
				continue
			}
			if l.Reason == "" || part.amount.Abs().GreaterThan(largest) {
				l.Reason, largest = part.id, part.amount.Abs()
			}
			t := tallies[part.id]
			if t == nil {
				t = &tally{Reason: Reason{ID: part.id}, days: map[string]bool{}, regions: map[string]bool{}}
				t.Text, t.Do = reasonTexts(part.id)
				tallies[part.id] = t
			}
			t.Amount = t.Amount.Add(part.amount)
			t.Lines++
			t.days[l.Day.Format(time.DateOnly)], t.regions[l.Region] = true, true
		}
	}
	for _, t := range tallies {
		t.Days = len(t.days)
		for region := range t.regions {
			t.Regions = append(t.Regions, region)
		}
		slices.Sort(t.Regions)
		c.Reasons = append(c.Reasons, t.Reason)
	}
	slices.SortFunc(c.Reasons, func(a, b Reason) int {
		return cmp.Or(b.Amount.Abs().Cmp(a.Amount.Abs()), cmp.Compare(a.ID, b.ID))
	})
}

// rateCards are the cards that hold on the days of lines.
type rateCards map[cardKey]pricing.RateCard

type cardKey struct {
	region string
	day    pricing.Date
}

// of is the card of a line, for its architecture.
func (c rateCards) of(l *Line) pricing.RateCard {
	return c[cardKey{l.Region, pricing.DateOf(l.Day)}].For(l.Arch)
}

// cardsOf are the cards of all lines; empty ones where there is none.
func cardsOf(source spend.Source, lines []Line) (rateCards, error) {
	cards := rateCards{}
	for _, l := range lines {
		key := cardKey{l.Region, pricing.DateOf(l.Day)}
		if _, known := cards[key]; known {
			continue
		}
		card, err := source.Card(key.region, key.day)
		if err != nil {
			return nil, err
		}
		cards[key] = card
	}
	return cards, nil
}

// inferUse takes what AWS charged for what our rate makes of some quantity, where the bill does not say how much it
// was.
func (l *Line) inferUse(card pricing.RateCard) {
	if units, ok := card.Charged(l.Quantity).Units(l.Theirs); ok && !l.UsedKnown {
		l.TheirsUsed = units
	}
}

// part is what one reason makes of a line's difference.
type part struct {
	id     ReasonID
	amount decimal.Decimal
}

// split divides theirs minus ours without a rest: into what AWS's price makes of AWS's quantity, and what the
// difference of quantities makes at our price.
func (l *Line) split(card pricing.RateCard, found evidence) []part {
	difference := l.Difference()
	rate := card.Charged(l.Quantity)
	switch {
	case difference.IsZero():
		return nil
	case !rate.Known() || !l.RateKnown:
		return []part{{NoRate, difference}}
	}
	ofRate, whose := decimal.Decimal{}, Rates
	if l.UsedKnown {
		ofRate = l.Theirs.Sub(rate.Amount(l.TheirsUsed))
	}
	free := l.InBill && l.Theirs.IsZero() // which no rate of AWS's is
	if free && !l.UsedKnown {
		return []part{{Netted, difference}}
	}
	if free || found.netted[l.Day.Format(time.DateOnly)] {
		whose = Netted
	}
	parts := []part{{whose, ofRate}, {found.quantityReason(l), difference.Sub(ofRate)}}
	size := decimal.Max(l.Theirs.Abs(), l.Ours.Abs())
	for i := range parts {
		if parts[i].amount.Abs().LessThan(size.Shift(-4)) {
			parts[i].id = Rounding
		}
	}
	return parts
}

// String is the reason as a sentence.
func (r Reason) String() string {
	if r.Do == "" {
		return r.Text
	}
	return r.Text + "; " + r.Do
}
