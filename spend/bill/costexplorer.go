package bill

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"microspend/pricing"
)

// reply is a page of GetCostAndUsage.
type reply struct {
	GroupDefinitions []struct{ Type, Key string }
	ResultsByTime    []struct {
		TimePeriod *struct{ Start, End string }
		Groups     []struct {
			Keys    []string
			Metrics map[string]metric
		}
		Total     map[string]metric
		Estimated bool
	}
	NextPageToken string
}

type metric struct{ Amount, Unit string }

// costMetrics are the costs that Cost Explorer gives, the first of those that are there being read: what is invoiced
// before what is amortised, averaged or net of credits.
var costMetrics = []string{"UnblendedCost", "NetUnblendedCost", "AmortizedCost", "NetAmortizedCost", "BlendedCost"}

// readCostExplorer reads the pages of a reply: one JSON object after the other, or an array of them.
func readCostExplorer(in io.Reader) (Bill, error) {
	decoder := json.NewDecoder(in)
	b := newBuilder(CostExplorer)
	seen := map[string]bool{}
	more := ""
	for page := 1; ; page++ {
		var raw json.RawMessage
		err := decoder.Decode(&raw)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return Bill{}, fmt.Errorf("not readable as JSON: %w", err)
		}
		var pages []reply
		if raw[0] == '[' {
			err = json.Unmarshal(raw, &pages)
		} else {
			var one reply
			err = json.Unmarshal(raw, &one)
			pages = []reply{one}
		}
		if err != nil {
			return Bill{}, fmt.Errorf("not a reply of GetCostAndUsage: %w", err)
		}
		for _, p := range pages {
			if err := b.takeReply(p, seen); err != nil {
				return Bill{}, err
			}
			more = p.NextPageToken
		}
	}
	switch {
	case more != "":
		return Bill{}, errors.New(
			"the reply is incomplete: it ends with a NextPageToken; concatenate all pages into one file")
	case b.bill.From.IsZero():
		return Bill{}, errors.New("not a reply of GetCostAndUsage: it has no ResultsByTime")
	}
	return b.finish(), nil
}

func (b *builder) takeReply(p reply, seen map[string]bool) error {
	for i, result := range p.ResultsByTime {
		place := fmt.Sprintf("ResultsByTime[%d]", i)
		if result.TimePeriod == nil {
			return fmt.Errorf("%s: it has no TimePeriod", place)
		}
		from, err := parseMoment(result.TimePeriod.Start)
		if err != nil {
			return fmt.Errorf("%s.TimePeriod.Start: %w", place, err)
		}
		to, err := parseMoment(result.TimePeriod.End)
		if err != nil {
			return fmt.Errorf("%s.TimePeriod.End: %w", place, err)
		}
		day, err := oneDay(from, to)
		if err != nil {
			return fmt.Errorf("%s: %w", place, err)
		}
		b.cover(day, day.AddDate(0, 0, 1))
		if len(result.Groups) == 0 && len(result.Total) > 0 {
			return fmt.Errorf("%s: it has totals only; group by USAGE_TYPE", place)
		}
		for j, group := range result.Groups {
			place := fmt.Sprintf("%s.Groups[%d]", place, j)
			key := result.TimePeriod.Start + "\x00" + strings.Join(group.Keys, "\x00")
			if seen[key] {
				return fmt.Errorf("%s: %q of %s appears twice", place, group.Keys, day.Format(time.DateOnly))
			}
			seen[key] = true
			b.bill.Rows++
			names, err := p.names(group.Keys)
			if err != nil {
				return fmt.Errorf("%s: %w", place, err)
			}
			if err := b.takeGroup(names, day, result.Estimated, group.Metrics); err != nil {
				return fmt.Errorf("%s: %w", place, err)
			}
		}
	}
	return nil
}

// groupNames are what a group's keys say.
type groupNames struct{ usageType, region, recordType, service string }

// names tells the keys apart: by the definitions of the reply, or by what they look like where it has none.
func (p reply) names(keys []string) (groupNames, error) {
	var n groupNames
	if len(p.GroupDefinitions) == 0 {
		for _, key := range keys {
			switch _, _, class := classify(key); {
			case class != unrelated:
				n.usageType = key
			case pricing.IsRegionName(key):
				n.region = key
			}
		}
		return n, nil
	}
	if len(keys) != len(p.GroupDefinitions) {
		return n, fmt.Errorf("it has %d keys, but the reply is grouped by %d", len(keys), len(p.GroupDefinitions))
	}
	found := false
	for i, by := range p.GroupDefinitions {
		switch strings.ToUpper(by.Key) {
		case "USAGE_TYPE":
			n.usageType, found = keys[i], true
		case "REGION":
			n.region = keys[i]
		case "RECORD_TYPE":
			n.recordType = keys[i]
		case "SERVICE", "SERVICE_CODE":
			n.service = keys[i]
		}
	}
	if !found {
		return n, errors.New("the reply is not grouped by USAGE_TYPE")
	}
	return n, nil
}

func (b *builder) takeGroup(n groupNames, day time.Time, estimated bool, metrics map[string]metric) error {
	q, prefix, class := classify(n.usageType)
	if class == unrelated {
		b.bill.Ignored++
		return nil
	}
	at := slices.IndexFunc(costMetrics, func(name string) bool { _, ok := metrics[name]; return ok })
	if at < 0 {
		return fmt.Errorf("it has none of the metrics %s", strings.Join(costMetrics, ", "))
	}
	name := costMetrics[at]
	if b.bill.Metric == "" {
		b.bill.Metric = name
	}
	if b.bill.Metric != name {
		return fmt.Errorf("it has %s, and groups before it %s", name, b.bill.Metric)
	}
	cost, err := parseAmount(metrics[name].Amount)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if err := checkCurrency(metrics[name].Unit); err != nil {
		return err
	}
	charge := charge{
		day: day, usageType: n.usageType, region: n.region, prefix: prefix, quantity: q, class: class,
		cost: cost, estimated: estimated,
	}
	charge.kind, charge.kindName = recordKind(n.recordType)
	if charge.kind == "" && cost.IsNegative() {
		charge.kind, charge.kindName = Credit, n.usageType
	}
	if used, ok := metrics["UsageQuantity"]; ok && sameUnit(used.Unit, q) {
		if charge.used, err = parseAmount(used.Amount); err != nil {
			return fmt.Errorf("UsageQuantity: %w", err)
		}
		charge.usedKnown = true
	}
	return b.take(charge)
}

// recordKind says what Cost Explorer's RECORD_TYPE stands for; "" is usage.
func recordKind(recordType string) (Kind, string) {
	word := strings.ToLower(strings.ReplaceAll(recordType, " ", ""))
	switch {
	case word == "" || word == "usage" || strings.HasSuffix(word, "usage"):
		return "", recordType
	case strings.Contains(word, "discount"):
		return discount, recordType
	case strings.Contains(word, "credit"):
		return Credit, recordType
	case strings.Contains(word, "refund"):
		return Refund, recordType
	case strings.Contains(word, "tax"):
		return Tax, recordType
	case strings.Contains(word, "fee"):
		return Fee, recordType
	default:
		return Adjust, recordType
	}
}

// sameUnit reports whether a file's unit is that of the bill, however it is written. One that it leaves open, as N/A,
// is not.
func sameUnit(unit string, q pricing.BilledQuantity) bool {
	plain := func(s string) string {
		return strings.NewReplacer("-", "", " ", "", "_", "").Replace(strings.TrimSuffix(strings.ToLower(s), "s"))
	}
	return plain(unit) == plain(q.Unit())
}
