package closing

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"microspend/pricing"
	"microspend/spend"
	"microspend/spend/tenants"
)

const schema = "microspend.closing/v1"

// sealed is a closing as it is kept: with the SHA-256 of its content without white space.
type sealed struct {
	Schema  string          `json:"schema"`
	Closing json.RawMessage `json:"closing"`
	SHA256  string          `json:"sha256"`
}

// Closing is what is known of a closed month beside its usage.
type Closing struct {
	Month    string    `json:"month"` // 2026-10
	TimeZone string    `json:"time_zone"`
	From     time.Time `json:"from"`
	To       time.Time `json:"to"`
	ClosedAt time.Time `json:"closed_at"`
	ClosedBy string    `json:"closed_by"`
	Version  string    `json:"version"` // of the program
	// Incomplete names what was known to be missing and was accepted: damaged files and unknown rates.
	Incomplete []string `json:"incomplete,omitempty"`

	Usage   usageRecord     `json:"usage"`
	Total   decimal.Decimal `json:"total"`
	List    decimal.Decimal `json:"list_total"`
	Figures []figure        `json:"figures"`
	Rates   []regionRates   `json:"rates"`
	Tenants tenantsRecord   `json:"tenants"`
	Sharing sharingRecord   `json:"sharing"`
	Posted  []postedCharge  `json:"corrections,omitempty"` // of earlier months, billed in this one
}

// usageRecord tells the usage that was closed: SHA256 is of its records alone, whatever files they lie in, and
// Manifests of the files of each UTC day.
type usageRecord struct {
	Records   int64             `json:"records"`
	SHA256    string            `json:"sha256"`
	Manifests map[string]string `json:"manifests"`
}

// figure is what a tenant, or what is nobody's, was charged for a billed quantity of a region.
type figure struct {
	Kind      string          `json:"kind,omitempty"` // of rows that are no tenant's
	Tenant    string          `json:"tenant"`
	Region    string          `json:"region"`
	Component string          `json:"component"`
	Quantity  decimal.Decimal `json:"quantity"`
	Amount    decimal.Decimal `json:"amount"`
	List      decimal.Decimal `json:"list_amount"`
}

type tenantsRecord struct {
	File string `json:"file,omitempty"` // its name decides its format
	Text string `json:"text,omitempty"`
}

type sharingRecord struct {
	Policy string           `json:"policy"`
	Usage  []selectorRecord `json:"usage,omitempty"`
}

type selectorRecord struct {
	Field   string `json:"field"`
	Pattern string `json:"pattern"`
}

// regionRates are the cards of a region; none where it had no card.
type regionRates struct {
	Region string       `json:"region"`
	Cards  []cardRecord `json:"cards"`
}

type cardRecord struct {
	From     string                `json:"from,omitempty"` // "" for a card that always holds
	Card     string                `json:"card"`
	Location string                `json:"location,omitempty"`
	Opened   string                `json:"opened,omitempty"`
	Rates    map[string]rateRecord `json:"rates"` // by the id of what is rated; those that are known
	List     map[string]rateRecord `json:"list,omitempty"`
	Discount map[string]string     `json:"discounts,omitempty"`
}

type rateRecord struct {
	Figure decimal.Decimal `json:"figure"`
	Per    int64           `json:"per"`
	Source string          `json:"source,omitempty"`
	ReadOn string          `json:"read_on,omitempty"`
	Since  string          `json:"since,omitempty"`
	Inline bool            `json:"inline,omitempty"`
}

type postedCharge struct {
	Month    string          `json:"month"`
	Cause    uint8           `json:"cause"`
	Reason   string          `json:"reason"`
	Kind     uint8           `json:"kind,omitempty"`
	Tenant   string          `json:"tenant"`
	Group    string          `json:"group,omitempty"`
	Day      string          `json:"day"`
	Region   string          `json:"region"`
	Account  string          `json:"account,omitempty"`
	Location string          `json:"location,omitempty"`
	Rate     rateRecord      `json:"rate"`
	ListRate rateRecord      `json:"list_rate"`
	Discount decimal.Decimal `json:"discount"`
	Quantity string          `json:"component"`
	Used     decimal.Decimal `json:"quantity"`
	Amount   decimal.Decimal `json:"amount"`
	List     decimal.Decimal `json:"list_amount"`
}

func (c *Closing) encode() ([]byte, error) {
	body, err := json.Marshal(c)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(body)
	text, err := json.MarshalIndent(sealed{schema, body, hex.EncodeToString(sum[:])}, "", " ")
	return append(text, '\n'), err
}

var errEdited = errors.New("its content is not what was closed: it was edited or damaged")

func decode(text []byte) (Closing, error) {
	var outer sealed
	if err := json.Unmarshal(text, &outer); err != nil {
		return Closing{}, fmt.Errorf("not readable: %w", err)
	}
	if outer.Schema != schema {
		return Closing{}, fmt.Errorf("it is of schema %.40q; this program reads %s", outer.Schema, schema)
	}
	var body bytes.Buffer
	if err := json.Compact(&body, outer.Closing); err != nil {
		return Closing{}, err
	}
	if sum := sha256.Sum256(body.Bytes()); hex.EncodeToString(sum[:]) != outer.SHA256 {
		return Closing{}, errEdited
	}
	var c Closing
	return c, json.Unmarshal(outer.Closing, &c)
}

func dateOf(text string) pricing.Date {
	date, _ := pricing.ParseDate(text) // "" is the zero date, and the checksum vouches for the rest
	return date
}

func recordRate(r pricing.Rate) rateRecord {
	return rateRecord{r.Figure, int64(r.Per), r.Source, r.ReadOn.String(), r.Since.String(), r.Inline}
}

func (r rateRecord) rate() pricing.Rate {
	return pricing.Rate{
		Figure: r.Figure, Per: pricing.Per(r.Per), Source: r.Source, ReadOn: dateOf(r.ReadOn), Since: dateOf(r.Since),
		Inline: r.Inline,
	}
}

func recordCard(card pricing.RateCard) cardRecord {
	out := cardRecord{
		From: card.From.String(), Card: card.Name, Location: card.Location, Opened: card.Opened.String(),
		Rates: map[string]rateRecord{}, List: map[string]rateRecord{}, Discount: map[string]string{},
	}
	for _, rated := range pricing.AllRated() {
		rate, list := card.RateOf(rated), card.For(rated.Arch).ListRate(rated.Quantity)
		if rate.Known() {
			out.Rates[rated.String()] = recordRate(rate)
		}
		if list.Known() && !list.Equal(rate) {
			out.List[rated.String()] = recordRate(list)
		}
	}
	for _, q := range pricing.BilledQuantities() {
		if discount := card.Discounts[q]; !discount.IsZero() {
			out.Discount[q.String()] = discount.String()
		}
	}
	return out
}

func (c cardRecord) card(region string) (pricing.RateCard, error) {
	card := pricing.RateCard{
		Name: c.Card, Region: region, Location: c.Location, Opened: dateOf(c.Opened), From: dateOf(c.From),
	}
	list := pricing.RateCard{Location: c.Location}
	rates, listed := map[pricing.Rated]pricing.Rate{}, map[pricing.Rated]pricing.Rate{}
	for _, rated := range pricing.AllRated() {
		if rate, known := c.Rates[rated.String()]; known {
			rates[rated] = rate.rate()
		}
		if rate, known := c.List[rated.String()]; known {
			listed[rated] = rate.rate()
		}
	}
	card, list = card.WithRates(rates), list.WithRates(listed)
	for _, q := range pricing.BilledQuantities() {
		if text, given := c.Discount[q.String()]; given {
			var err error
			if card.Discounts[q], err = pricing.ParseDecimal(text); err != nil {
				return card, err
			}
		}
	}
	return card.AgainstList(list), nil
}

// closedRates are the rates that a month was closed with.
type closedRates map[string]pricing.Series

// Series implements [spend.Rates].
func (r closedRates) Series(region string) (pricing.Series, error) {
	if series := r[region]; len(series) > 0 {
		return series, nil
	}
	return nil, &pricing.NoCardError{Region: region}
}

// Changes implements [spend.Rates].
func (r closedRates) Changes() []pricing.Date {
	var days []pricing.Date
	for _, series := range r {
		days = append(days, series.Changes()...)
	}
	return pricing.SortedDays(days)
}

func (c *Closing) rates() (closedRates, error) {
	out := closedRates{}
	for _, region := range c.Rates {
		for _, written := range region.Cards {
			card, err := written.card(region.Region)
			if err != nil {
				return nil, err
			}
			out[region.Region] = append(out[region.Region], card)
		}
	}
	return out, nil
}

var fieldNames = map[tenants.Field]string{
	tenants.MicroVM: "microvm_id", tenants.Image: "image", tenants.Role: "role", tenants.Tenant: "tenant",
}

func recordSharing(s spend.Sharing) sharingRecord {
	out := sharingRecord{Policy: s.Policy.String()}
	for _, selector := range s.Usage {
		out.Usage = append(out.Usage, selectorRecord{fieldNames[selector.Field], selector.Pattern.String()})
	}
	return out
}

func (s sharingRecord) sharing() (out spend.Sharing, err error) {
	if err := out.Policy.ParseScalar(s.Policy); err != nil {
		return out, err
	}
	for _, written := range s.Usage {
		var selector tenants.Selector
		for field, name := range fieldNames {
			if name == written.Field {
				selector.Field = field
			}
		}
		if selector.Pattern, err = tenants.ParsePattern(written.Pattern); err != nil {
			return out, err
		}
		out.Usage = append(out.Usage, selector)
	}
	return out, nil
}

func recordPosted(c spend.Charge) postedCharge {
	return postedCharge{
		Month: c.Correction.Month, Cause: uint8(c.Correction.Cause), Reason: c.Correction.Reason, Kind: uint8(c.Kind),
		Tenant: c.Tenant, Group: c.Group, Day: c.Day.Format(time.DateOnly), Region: c.Region, Account: c.Account,
		Location: c.Location, Rate: recordRate(c.Rate), ListRate: recordRate(c.ListRate), Discount: c.Discount,
		Quantity: c.Quantity.String(), Used: c.Used, Amount: c.Amount, List: c.List,
	}
}

func (p postedCharge) charge(billed time.Time) (spend.Charge, error) {
	day, err := time.Parse(time.DateOnly, p.Day)
	quantity, known := pricing.ParseBilledQuantity(p.Quantity)
	if err == nil && !known {
		err = fmt.Errorf("%.40q is not a billed quantity", p.Quantity)
	}
	return spend.Charge{
		Kind: spend.Kind(p.Kind), Tenant: p.Tenant, Group: p.Group, Day: day, Region: p.Region, Account: p.Account,
		Location: p.Location, Rate: p.Rate.rate(), ListRate: p.ListRate.rate(), Discount: p.Discount,
		Quantity: quantity, Used: p.Used, Amount: p.Amount, List: p.List,
		Correction: &spend.Correction{Month: p.Month, Cause: spend.Cause(p.Cause), Reason: p.Reason, Billed: billed},
	}, err
}
