package focus

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"microspend/pricing"
	"microspend/pricing/assumption"
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
	billing    Account
	billed     time.Time // first day of the billing period
	correction bool
	cause      string // of a correction

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

func null(name string) Column {
	return Column{Name: name, Type: String, Nullable: true, value: func(*row) view.Value { return view.Value{} }}
}

// of is the column with another type.
func (c Column) of(t Type) Column {
	c.Type = t
	return c
}

// ofAccount is a column of the account that used something, null where that is not known.
func ofAccount(name string, value func(*row) string) Column {
	return Column{Name: name, Type: String, Nullable: true, value: func(r *row) view.Value {
		if r.Account == "" {
			return view.Value{}
		}
		return view.Text(value(r))
	}}
}

func number(name string, value func(*row) decimal.Decimal) Column {
	return Column{Name: name, Type: Decimal, value: func(r *row) view.Value { return view.Exact(value(r)) }}
}

func moment(name string, value func(*row) time.Time) Column {
	return Column{Name: name, Type: DateTime, value: func(r *row) view.Value { return view.Moment(value(r)) }}
}

func constant(name, value string) Column { return text(name, func(*row) string { return value }) }

// columns are those of AWS's FOCUS 1.2 export, so that the two can be joined and put below each other, with the
// allocation columns of 1.3 and two of this product's own. Those that only commitments, capacity reservations or
// invoices fill are null.
var columns = []Column{
	allocated("AllocatedMethodDetails", JSON, (*row).methodDetails),
	allocated("AllocatedMethodId", String, func(r *row) string { return "microspend/" + r.policy.String() }),
	// Not the tenant's bare name, which a spreadsheet might take for a formula.
	allocated("AllocatedResourceId", String, func(r *row) string { return "tenant/" + spend.OwnerName(r.Tenant, r.Kind) }),
	allocated("AllocatedResourceName", String, func(r *row) string { return spend.OwnerName(r.Tenant, r.Kind) }),
	// What the origin was; the tenant is in Tags already, which may not be repeated here.
	allocated("AllocatedTags", JSON, func(*row) string {
		return object(map[string]string{"microspend/origin": spend.Shared})
	}),
	null("AvailabilityZone"),
	number("BilledCost", func(r *row) decimal.Decimal { return r.Amount }),
	text("BillingAccountId", func(r *row) string { return r.billing.ID }),
	text("BillingAccountName", func(r *row) string { return cmp.Or(r.billing.Name, r.billing.ID) }),
	constant("BillingAccountType", "Billing Account"),
	constant("BillingCurrency", "USD"),
	moment("BillingPeriodEnd", func(r *row) time.Time { return r.billed.AddDate(0, 1, 0) }),
	moment("BillingPeriodStart", func(r *row) time.Time { return r.billed }),
	null("CapacityReservationId"),
	null("CapacityReservationStatus"),
	constant("ChargeCategory", "Usage"),
	{Name: "ChargeClass", Type: String, Nullable: true, value: func(r *row) view.Value {
		if !r.correction {
			return view.Value{}
		}
		return view.Text("Correction")
	}},
	text("ChargeDescription", (*row).description),
	constant("ChargeFrequency", "Usage-Based"),
	moment("ChargePeriodEnd", func(r *row) time.Time { return r.Day.AddDate(0, 0, 1) }),
	moment("ChargePeriodStart", func(r *row) time.Time { return r.Day }),
	null("CommitmentDiscountCategory"),
	null("CommitmentDiscountId"),
	null("CommitmentDiscountName"),
	null("CommitmentDiscountQuantity").of(Decimal),
	null("CommitmentDiscountStatus"),
	null("CommitmentDiscountType"),
	null("CommitmentDiscountUnit"),
	number("ConsumedQuantity", func(r *row) decimal.Decimal { return r.Used }),
	text("ConsumedUnit", func(r *row) string { return r.Quantity.Unit() }),
	number("ContractedCost", func(r *row) decimal.Decimal { return r.contractedCost }),
	number("ContractedUnitPrice", contractedUnitPrice),
	number("EffectiveCost", func(r *row) decimal.Decimal { return r.Amount }),
	null("InvoiceId"),
	// As ProviderName, though AWS's own rows have its legal name: the specification takes another issuer than the provider
	// for a third party, whose rows must be billed at 0.
	constant("InvoiceIssuerName", "AWS"),
	number("ListCost", func(r *row) decimal.Decimal { return r.listCost }),
	number("ListUnitPrice", listUnitPrice),
	constant("PricingCategory", "Standard"),
	constant("PricingCurrency", "USD"),
	number("PricingCurrencyContractedUnitPrice", contractedUnitPrice),
	number("PricingCurrencyEffectiveCost", func(r *row) decimal.Decimal { return r.Amount }),
	number("PricingCurrencyListUnitPrice", listUnitPrice),
	number("PricingQuantity", func(r *row) decimal.Decimal { return r.pricingQuantity }),
	text("PricingUnit", (*row).pricingUnit),
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
	text("SkuId", func(r *row) string { return r.Rated().PriceListGroup() }),
	// AWS's usage type, which AWS's rows of the same charge have here.
	text("SkuMeter", func(r *row) string { return r.Rated().UsageTypeIn(r.Region) }),
	{Name: "SkuPriceDetails", Type: JSON, Nullable: true, value: (*row).priceDetails},
	text("SkuPriceId", func(r *row) string { return r.Rated().PriceListGroup() + "/" + r.Region }),
	ofAccount("SubAccountId", func(r *row) string { return r.Account }),
	ofAccount("SubAccountName", func(r *row) string { return r.Account }),
	ofAccount("SubAccountType", func(*row) string { return "Sub Account" }),
	// The tenant and its group, on rows of shared cost those of the tenant that bears it: sums by tag are those of spend
	// --by tenant and --by group.
	{Name: "Tags", Type: JSON, Nullable: true, value: func(r *row) view.Value {
		tags := map[string]string{"tenant": spend.OwnerName(r.Tenant, r.Kind)}
		if r.Group != "" {
			tags["group"] = r.Group
		}
		return view.Text(object(tags))
	}},
	// What the charge rests on and no other row need: whose word the tenant is.
	{Name: "x_Assumptions", Type: String, Nullable: true, value: func(r *row) view.Value {
		if !r.TenantAsserted {
			return view.Value{}
		}
		return view.Text(string(assumption.TenantAsserted))
	}},
	{Name: "x_Coverage", Type: Decimal, Nullable: true, value: func(r *row) view.Value {
		return view.Maybe(r.Coverage, view.Exact)
	}},
	null("x_Discounts").of(JSON),
	null("x_Operation"),
	constant("x_ServiceCode", "AWSLambda"),
	text("x_UsageType", func(r *row) string { return r.Rated().UsageType() }),
}

func contractedUnitPrice(r *row) decimal.Decimal { return r.contracted.Figure }

func listUnitPrice(r *row) decimal.Decimal { return r.ListRate.Figure }

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
	if r.correction {
		return "Correction of AWS Lambda MicroVM " + r.Rated().Name() + " in " + r.regionName() + ": " + r.cause
	}
	return "AWS Lambda MicroVM " + r.Rated().Name() + " in " + r.regionName() + ", $" +
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
	r.contracted = r.Rate.Net(r.Discount).In(r.ListRate.Per)
	r.pricingQuantity, r.contractedCost = r.contracted.Quoted(r.Used)
	_, r.listCost = r.ListRate.Quoted(r.Used)
	if r.correction {
		r.contractedCost = r.Amount
	}
	if r.Correction != nil {
		r.listCost = r.List // which a change of list rates makes another than what was used times the rate
	}
}

func (r *row) pricingUnit() string { return r.Quantity.QuotedUnit(r.ListRate.Per) }
