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

// reply is a page of GetCostAndUsage on its way.
type reply struct {
	groups []groupDefinition
	more   string // NextPageToken

	held      []json.RawMessage // of ResultsByTime, not taken in yet
	heldBytes int
	taken     int
	grouped   bool // whether a day has groups, or is said to have them
	// What is wrong with a day of totals alone, if the reply is grouped and if it is not: later days tell.
	ofGroups, ofTotals error
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

// maxResult bounds a day of a reply, and whatever else of it is read as a whole: JSON takes many times its size in
// memory, as a group that says nothing is two bytes long.
const maxResult = 16 << 20

// readCostExplorer reads the pages of a reply: one JSON object after the other, or an array of them. It holds one day
// at a time.
func readCostExplorer(in io.Reader) (Bill, error) {
	bound := &limited{in: &limited{in: in, left: maxReply}}
	c := costExplorer{
		Bill: newBill(CostExplorer), part: newPart(), seen: map[string]bool{},
		json: json.NewDecoder(bound), bound: bound,
	}
	c.parts[partKey{}] = c.part
	for depth := 0; ; {
		token, err := c.token()
		switch {
		case errors.Is(err, io.EOF) && depth == 0:
			return c.whole()
		case errors.Is(err, io.EOF):
			err = io.ErrUnexpectedEOF
		case token == json.Delim('{'):
			if err := c.readReply(); err != nil {
				return Bill{}, err
			}
			continue
		case token == json.Delim('[') && depth == 0:
			depth = 1
			continue
		case token == json.Delim(']'):
			depth = 0
			continue
		case err == nil:
			return Bill{}, fmt.Errorf("not a reply of GetCostAndUsage: it has %v where a reply is expected", token)
		}
		return Bill{}, fmt.Errorf("not readable as JSON: %w", err)
	}
}

// whole is the bill after the last reply.
func (c *costExplorer) whole() (Bill, error) {
	switch {
	case c.more != "":
		return Bill{}, errors.New(
			"the reply is incomplete: it ends with a NextPageToken; concatenate all pages into one file")
	case len(c.days) == 0:
		return Bill{}, errors.New("not a reply of GetCostAndUsage: it has no ResultsByTime; save the whole reply")
	}
	return c.finish(), nil
}

func (c *costExplorer) token() (json.Token, error) {
	c.bound.left = maxResult
	return c.json.Token()
}

// value decodes a value that is read as a whole.
func (c *costExplorer) value(into any) error {
	c.bound.left = maxResult
	err := c.json.Decode(into)
	var mismatch *json.UnmarshalTypeError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &mismatch):
		return fmt.Errorf("not a reply of GetCostAndUsage: %w", err)
	case errors.Is(err, io.EOF):
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("not readable as JSON: %w", err)
}

// readReply reads a reply behind its brace.
func (c *costExplorer) readReply() error {
	var p reply
	for {
		key, err := c.token()
		if err != nil {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return fmt.Errorf("not readable as JSON: %w", err)
		}
		name, ok := key.(string)
		switch {
		case !ok: // the end
			return c.endReply(&p)
		case strings.EqualFold(name, "GroupDefinitions"):
			err = c.value(&p.groups)
			switch {
			case err != nil:
			case p.taken > 0 && len(p.groups) > 0:
				err = errors.New("its GroupDefinitions come after its ResultsByTime; save the reply as it is")
			default:
				err = p.checkGroups()
			}
		case strings.EqualFold(name, "ResultsByTime"):
			err = c.readResults(&p)
		case strings.EqualFold(name, "NextPageToken"):
			err = c.value(&p.more)
		default:
			var skipped json.RawMessage
			err = c.value(&skipped)
		}
		if err != nil {
			return err
		}
	}
}

// readResults reads the days of a reply. What their groups are grouped by comes before them in AWS's order; of a file
// in another order, some days are held until it comes.
func (c *costExplorer) readResults(p *reply) error {
	switch token, err := c.token(); {
	case err != nil:
		return fmt.Errorf("not readable as JSON: %w", err)
	case token == nil:
		return nil
	case token != json.Delim('['):
		return fmt.Errorf("not a reply of GetCostAndUsage: ResultsByTime is %v", token)
	}
	for c.json.More() {
		var raw json.RawMessage
		if err := c.value(&raw); err != nil {
			return err
		}
		p.held, p.heldBytes = append(p.held, raw), p.heldBytes+len(raw)+64
		if len(p.groups) > 0 || p.heldBytes > maxResult {
			if err := c.takeHeld(p); err != nil {
				return err
			}
		}
	}
	_, err := c.token()
	if err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return fmt.Errorf("not readable as JSON: %w", err)
	}
	return nil
}

// takeHeld takes in the days that are held.
func (c *costExplorer) takeHeld(p *reply) error {
	for _, raw := range p.held {
		var r result
		if err := json.Unmarshal(raw, &r); err != nil {
			return fmt.Errorf("not a reply of GetCostAndUsage: %w", err)
		}
		p.grouped = p.grouped || len(p.groups) > 0 || len(r.Groups) > 0
		if err := c.takeResult(p, r); err != nil {
			return fmt.Errorf("ResultsByTime[%d]%w", p.taken, err)
		}
		p.taken++
	}
	p.held, p.heldBytes = nil, 0
	return nil
}

func (c *costExplorer) endReply(p *reply) error {
	if err := c.takeHeld(p); err != nil {
		return err
	}
	c.more = p.more
	if p.grouped {
		return p.ofGroups
	}
	return p.ofTotals
}

// costExplorer is a reply on its way into a bill.
type costExplorer struct {
	Bill
	part  *part
	seen  map[string]bool // groups
	json  *json.Decoder
	bound *limited // of the value that is read
	more  string   // the last page's NextPageToken
}

var errGrouping = errors.New(
	"the reply is not grouped by USAGE_TYPE, so that MicroVMs cannot be told from other usage; " +
		"ask for it with --group-by Type=DIMENSION,Key=USAGE_TYPE Type=DIMENSION,Key=REGION",
)

func (p *reply) checkGroups() error {
	if len(p.groups) > 0 && !slices.ContainsFunc(p.groups, func(by groupDefinition) bool {
		return strings.EqualFold(by.Key, "USAGE_TYPE")
	}) {
		return errGrouping
	}
	return nil
}

// takeResult takes in a day. One on which nothing was used has no groups, and totals of zero. Errors begin with what
// of the day they are about.
func (c *costExplorer) takeResult(p *reply, r result) error {
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
			if err != nil {
				return fmt.Errorf(".Total.%s: %w", name, err)
			}
			if p.ofTotals == nil {
				p.ofTotals = fmt.Errorf("ResultsByTime[%d]: it has totals only: %w", p.taken, errGrouping)
			}
			if p.ofGroups == nil && !amount.IsZero() {
				p.ofGroups = fmt.Errorf("ResultsByTime[%d]: it has a total %s of %s, but no groups that it is the total of; "+
					"save the whole reply", p.taken, name, amount)
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
func (p *reply) names(keys []string) (groupNames, error) {
	var n groupNames
	if len(p.groups) == 0 {
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
	if len(keys) != len(p.groups) {
		return n, fmt.Errorf("it has %d keys, but the reply is grouped by %d", len(keys), len(p.groups))
	}
	for i, by := range p.groups {
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
