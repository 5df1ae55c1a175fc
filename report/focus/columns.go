package focus

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"microspend/pricing"
	"microspend/spend"
	"microspend/view"
)

// Type is a column's data type in the specification's words.
type Type uint8

// The types. JSON is kept as text.
const (
	String Type = iota
	Decimal
	DateTime
	JSON
)

// Column is one column of the dataset.
type Column struct {
	Name     string
	Type     Type
	Nullable bool

	value func(*row) view.Value // missing for null
}

// row is a charge with what its columns are made of.
type row struct {
	spend.Charge
	account string // billing account

	contracted      pricing.Rate // what is charged, quoted as the list rate is
	pricingQuantity decimal.Decimal
	contractedCost  decimal.Decimal
	listCost        decimal.Decimal
	policy          spend.Policy
}

// Columns returns the columns in the order in which they are written: by name, own ones last.
func Columns() []Column { return slices.Clone(columns) }

func text(name string, value func(*row) string) Column {
	return Column{Name: name, Type: String, value: func(r *row) view.Value { return view.Text(value(r)) }}
}

// allocated is a column of rows that are a share of shared cost, null in others.
func allocated(name string, of Type, value func(*row) string) Column {
	return Column{Name: name, Type: of, Nullable: true, value: func(r *row) view.Value {
		if r.Share == nil {
			return view.Value{}
		}
		return view.Text(value(r))
	}}
}

// unlessCorrection is a column that a correction has null in: what is corrected has no price of its own.
func unlessCorrection(of Column) Column {
	of.Nullable = true
	value := of.value
	of.value = func(r *row) view.Value {
		if r.Correction != nil {
			return view.Value{}
		}
		return value(r)
	}
	return of
}

// unlessNothingUsed is a column that is null in a correction of amounts alone.
func unlessNothingUsed(of Column) Column {
	of.Nullable = true
	value := of.value
	of.value = func(r *row) view.Value {
		if r.Correction != nil && r.Used.IsZero() {
			return view.Value{}
		}
		return value(r)
	}
	return of
}

// correction is a column of corrections, null in others.
func correction(name string, value func(*spend.Correction) string) Column {
	return Column{Name: name, Type: String, Nullable: true, value: func(r *row) view.Value {
		if r.Correction == nil {
			return view.Value{}
		}
		return view.Text(value(r.Correction))
	}}
}

func null(name string) Column {
	return Column{Name: name, Type: String, Nullable: true, value: func(*row) view.Value { return view.Value{} }}
}

func number(name string, value func(*row) decimal.Decimal) Column {
	return Column{Name: name, Type: Decimal, value: func(r *row) view.Value { return view.Exact(value(r)) }}
}

func moment(name string, value func(*row) time.Time) Column {
	return Column{Name: name, Type: DateTime, value: func(r *row) view.Value { return view.Moment(value(r)) }}
}

func constant(name, value string) Column { return text(name, func(*row) string { return value }) }

// columns are those of FOCUS 1.2 that are mandatory or whose condition holds, the allocation columns of 1.3, and three
// of this product's own.
var columns = []Column{
	allocated("AllocatedMethodDetails", JSON, (*row).methodDetails),
	allocated("AllocatedMethodId", String, func(r *row) string { return "microspend/" + r.policy.String() }),
	// Not the tenant's bare name, which a spreadsheet might take for a formula.
	allocated("AllocatedResourceId", String, func(r *row) string { return "tenant/" + r.Tenant }),
	allocated("AllocatedResourceName", String, func(r *row) string { return r.Tenant }),
	// What the origin was; the tenant is in Tags already, which may not be repeated here.
	allocated("AllocatedTags", JSON, func(*row) string {
		return object(map[string]string{"microspend/origin": spend.Shared})
	}),
	number("BilledCost", func(r *row) decimal.Decimal { return r.Amount }),
	text("BillingAccountId", func(r *row) string { return r.account }),
	null("BillingAccountName"),
	constant("BillingCurrency", "USD"),
	moment("BillingPeriodEnd", func(r *row) time.Time { return r.billedIn().AddDate(0, 1, 0) }),
	moment("BillingPeriodStart", (*row).billedIn),
	constant("ChargeCategory", "Usage"),
	correction("ChargeClass", func(*spend.Correction) string { return "Correction" }),
	text("ChargeDescription", (*row).description),
	constant("ChargeFrequency", "Usage-Based"),
	moment("ChargePeriodEnd", func(r *row) time.Time { return r.Day.AddDate(0, 0, 1) }),
	moment("ChargePeriodStart", func(r *row) time.Time { return r.Day }),
	unlessNothingUsed(number("ConsumedQuantity", func(r *row) decimal.Decimal { return r.Used })),
	unlessNothingUsed(text("ConsumedUnit", func(r *row) string { return r.Quantity.Unit() })),
	number("ContractedCost", func(r *row) decimal.Decimal { return r.contractedCost }),
	unlessCorrection(number("ContractedUnitPrice", func(r *row) decimal.Decimal { return r.contracted.Figure })),
	number("EffectiveCost", func(r *row) decimal.Decimal { return r.Amount }),
	null("InvoiceId"),
	constant("InvoiceIssuerName", "Amazon Web Services, Inc."),
	number("ListCost", func(r *row) decimal.Decimal { return r.listCost }),
	unlessCorrection(number("ListUnitPrice", func(r *row) decimal.Decimal { return r.ListRate.Figure })),
	constant("PricingCategory", "Standard"),
	unlessCorrection(number("PricingQuantity", func(r *row) decimal.Decimal { return r.pricingQuantity })),
	unlessCorrection(text("PricingUnit", (*row).pricingUnit)),
	constant("ProviderName", "AWS"),
	constant("PublisherName", "AWS"),
	text("RegionId", func(r *row) string { return r.Region }),
	text("RegionName", (*row).regionName),
	null("ResourceId"),
	null("ResourceName"),
	null("ResourceType"),
	constant("ServiceCategory", "Compute"),
	constant("ServiceName", "AWS Lambda"),
	constant("ServiceSubcategory", "Serverless Compute"),
	text("SkuId", func(r *row) string { return r.Quantity.PriceListGroup() }),
	text("SkuMeter", func(r *row) string { return "MicroVM " + r.Quantity.Name() }),
	{Name: "SkuPriceDetails", Type: JSON, Nullable: true, value: (*row).priceDetails},
	text("SkuPriceId", func(r *row) string { return r.Quantity.PriceListGroup() + "/" + r.Region }),
	null("SubAccountId"),
	null("SubAccountName"),
	// The tenant and its group, on rows of shared cost those of the tenant that bears it: sums by tag are those of spend
	// --by tenant and --by group.
	{Name: "Tags", Type: JSON, Nullable: true, value: func(r *row) view.Value {
		tags := map[string]string{"tenant": r.Tenant}
		if r.Group != "" {
			tags["group"] = r.Group
		}
		return view.Text(object(tags))
	}},
	{Name: "x_Coverage", Type: Decimal, Nullable: true, value: func(r *row) view.Value {
		return view.Maybe(r.Coverage, view.Exact)
	}},
	correction("x_CorrectionCause", func(c *spend.Correction) string { return c.Reason }),
	constant("x_ServiceCode", "AWSLambda"),
	text("x_UsageType", func(r *row) string { return strings.TrimPrefix(r.Quantity.PriceListGroup(), "AWS-") }),
}

// billedIn is the first day of the month in which a row is billed: the month of its day, and of a correction the first
// that was not closed, as AWS bills what it corrects after a month.
func (r *row) billedIn() time.Time {
	if r.Correction != nil {
		return r.Correction.Billed
	}
	return monthOf(r.Day)
}

func monthOf(day time.Time) time.Time {
	return time.Date(day.Year(), day.Month(), 1, 0, 0, 0, 0, time.UTC)
}

func (r *row) regionName() string {
	if r.Location == "" {
		return r.Region
	}
	return r.Location
}

func (r *row) description() string {
	if c := r.Correction; c != nil {
		return "AWS Lambda MicroVM " + r.Quantity.Name() + " in " + r.regionName() + ", correction of " + c.Month + ": " + c.Reason
	}
	return "AWS Lambda MicroVM " + r.Quantity.Name() + " in " + r.regionName() + ", $" +
		r.contracted.Figure.String() + " per " +
		strings.TrimSuffix(r.pricingUnit(), "s")
}

// priceDetails are the properties that the specification knows of what is priced, for a single unit: one core, or one
// GB of memory or of storage. It has none for data that is read and written once.
func (r *row) priceDetails() view.Value {
	property, known := map[pricing.BilledQuantity]string{
		pricing.VCPU: "CoreCount", pricing.Memory: "MemorySize", pricing.SnapshotStorage: "DiskSpace",
	}[r.Quantity]
	if !known {
		return view.Value{}
	}
	return view.Text(`{"` + property + `":1}`)
}

func object(of map[string]string) string {
	text, err := json.Marshal(of)
	if err != nil {
		panic(err) // strings can always be written
	}
	return string(text)
}

// methodDetails say which part of the shared cost the row is, and what follows from what: each tenant counts once, or
// by the dollars of its own spend.
func (r *row) methodDetails() string {
	unit := "Tenants"
	if r.policy == spend.ByDirect {
		unit = "USD"
	}
	return `{"Elements":[{"AllocatedRatio":` + r.Share.Ratio.String() + `,"UsageUnit":"` + unit + `","UsageQuantity":` +
		r.Share.Weight.String() + `}]}`
}

// price settles in which unit the row is priced: as AWS publishes the list price.
func (r *row) price() {
	if r.Correction != nil {
		r.contractedCost, r.listCost = r.Amount, r.List
		return
	}
	r.contracted = r.Rate.Net(r.Discount).In(r.ListRate.Per)
	r.pricingQuantity, r.contractedCost = r.contracted.Quoted(r.Used)
	_, r.listCost = r.ListRate.Quoted(r.Used)
}

func (r *row) pricingUnit() string { return r.Quantity.QuotedUnit(r.ListRate.Per) }
