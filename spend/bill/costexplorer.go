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
	GroupDefinitions []groupDefinition
	ResultsByTime    []result
	NextPageToken    string
}

type groupDefinition struct{ Type, Key string }

type result struct {
	TimePeriod *struct{ Start, End string }
	Groups     []struct {
		Keys    []string
		Metrics map[string]metric
	}
	Total     map[string]metric
	Estimated bool
}

type metric struct{ Amount, Unit string }

// costMetrics are the costs that Cost Explorer gives, the first of those that are there being read: what is invoiced
// before what is amortised, averaged or net of credits.
var costMetrics = []string{"UnblendedCost", "NetUnblendedCost", "AmortizedCost", "NetAmortizedCost", "BlendedCost"}

// readCostExplorer reads the pages of a reply: one JSON object after the other, or an array of them.
func readCostExplorer(in io.Reader) (Bill, error) {
	decoder := json.NewDecoder(in)
	c := costExplorer{Bill: newBill(CostExplorer), part: newPart(), seen: map[string]bool{}}
	c.parts[partKey{}] = c.part
	more := ""
	for {
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
			if err := c.takeReply(p); err != nil {
				return Bill{}, err
			}
			more = p.NextPageToken
		}
	}
	switch {
	case more != "":
		return Bill{}, errors.New(
			"the reply is incomplete: it ends with a NextPageToken; concatenate all pages into one file")
	case len(c.days) == 0:
		return Bill{}, errors.New("not a reply of GetCostAndUsage: it has no ResultsByTime; save the whole reply")
	}
	return c.finish(), nil
}

// costExplorer is a reply on its way into a bill.
type costExplorer struct {
	Bill
	part *part
	seen map[string]bool // groups
}

var errGrouping = errors.New("the reply is not grouped by USAGE_TYPE, so that MicroVMs cannot be told from other usage; " +
	"ask for it with --group-by Type=DIMENSION,Key=USAGE_TYPE Type=DIMENSION,Key=REGION")

func (c *costExplorer) takeReply(p reply) error {
	if len(p.GroupDefinitions) > 0 && !slices.ContainsFunc(p.GroupDefinitions, func(by groupDefinition) bool {
		return strings.EqualFold(by.Key, "USAGE_TYPE")
	}) {
		return errGrouping
	}
	grouped := len(p.GroupDefinitions) > 0 ||
		slices.ContainsFunc(p.ResultsByTime, func(r result) bool { return len(r.Groups) > 0 })
	for i, r := range p.ResultsByTime {
		if err := c.takeResult(p, r, grouped); err != nil {
			return fmt.Errorf("ResultsByTime[%d]%w", i, err)
		}
	}
	return nil
}

// takeResult takes in a day. One on which nothing was used has no groups, and totals of zero. Errors begin with what
// of the day they are about.
func (c *costExplorer) takeResult(p reply, r result, grouped bool) error {
	if r.TimePeriod == nil {
		return errors.New(": it has no TimePeriod")
	}
	from, err := parseMoment(r.TimePeriod.Start)
	if err != nil {
		return fmt.Errorf(".TimePeriod.Start: %w", err)
	}
	to, err := parseMoment(r.TimePeriod.End)
	if err != nil {
		return fmt.Errorf(".TimePeriod.End: %w", err)
	}
	day, err := oneDay(from, to)
	if err != nil {
		return fmt.Errorf(": %w", err)
	}
	c.days[day.Unix()] = true
	if r.Estimated {
		c.estimated[day.Unix()] = true
	}
	if len(r.Groups) == 0 {
		for name, total := range r.Total {
			amount, err := parseAmount(total.Amount)
			switch {
			case err != nil:
				return fmt.Errorf(".Total.%s: %w", name, err)
			case !grouped:
				return fmt.Errorf(": it has totals only: %w", errGrouping)
			case !amount.IsZero():
				return fmt.Errorf(": it has a total %s of %s, but no groups that it is the total of; save the whole reply", name,
					amount)
			}
		}
	}
	for j, group := range r.Groups {
		key := r.TimePeriod.Start + "\x00" + strings.Join(group.Keys, "\x00")
		if c.seen[key] {
			return fmt.Errorf(".Groups[%d]: %q of %s appears twice", j, group.Keys, day.Format(time.DateOnly))
		}
		c.seen[key] = true
		c.part.rows++
		names, err := p.names(group.Keys)
		if err == nil {
			err = c.takeGroup(names, from, to, r.Estimated, group.Metrics)
		}
		if err != nil {
			return fmt.Errorf(".Groups[%d]: %w", j, err)
		}
	}
	return nil
}

// groupNames are what a group's keys say.
type groupNames struct{ usageType, region, recordType string }

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
	for i, by := range p.GroupDefinitions {
		switch strings.ToUpper(by.Key) {
		case "USAGE_TYPE":
			n.usageType = keys[i]
		case "REGION":
			n.region = keys[i]
		case "RECORD_TYPE":
			n.recordType = keys[i]
		}
	}
	return n, nil
}

func (c *costExplorer) takeGroup(n groupNames, from, to time.Time, estimated bool, metrics map[string]metric) error {
	if _, _, class := classify(n.usageType); class == unrelated {
		c.part.ignored++
		return nil
	}
	at := slices.IndexFunc(costMetrics, func(name string) bool { _, ok := metrics[name]; return ok })
	if at < 0 {
		return fmt.Errorf("it has none of the metrics %s; ask for --metrics UnblendedCost UsageQuantity",
			strings.Join(costMetrics, ", "))
	}
	name := costMetrics[at]
	if c.Metric == "" {
		c.Metric = name
	}
	if c.Metric != name {
		return fmt.Errorf("it has %s, and groups before it %s", name, c.Metric)
	}
	e := entry{
		usageType: n.usageType, region: n.region, from: from, to: to, negative: Credit,
		cost: metrics[name].Amount, costName: name, currency: metrics[name].Unit,
		used: metrics["UsageQuantity"].Amount, usedName: "UsageQuantity", unit: metrics["UsageQuantity"].Unit,
		estimated: estimated,
	}
	e.kind, e.word = recordKind(n.recordType)
	return c.part.enter(e)
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
