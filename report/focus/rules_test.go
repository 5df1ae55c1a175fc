package focus_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// record is a row as a reader gets it: a text for each column, "" for null.
type record map[string]string

// rule is one requirement of the specification: what must hold of a row, where it says MUST.
type rule struct {
	id    string // column and what of it
	holds func(record) bool
}

// The types that the specification gives each column, and whether it allows null. Typed from the specification's column
// pages, FOCUS 1.2, and from those of 1.3 for the allocation columns; not from the code.
var specified = map[string]struct {
	kind       string // String, Decimal, DateTime, JSON
	nulls      bool
	importance string // M mandatory, C conditional, R recommended
}{
	"AvailabilityZone": {"String", true, "R"}, "BilledCost": {"Decimal", false, "M"},
	"BillingAccountId":   {"String", false, "M"},
	"BillingAccountName": {"String", true, "M"}, "BillingCurrency": {"String", false, "M"},
	"BillingPeriodEnd": {"DateTime", false, "M"}, "BillingPeriodStart": {"DateTime", false, "M"},
	"ChargeCategory": {"String", false, "M"}, "ChargeClass": {"String", true, "M"},
	"ChargeDescription": {"String", true, "M"},
	"ChargeFrequency":   {"String", false, "R"}, "ChargePeriodEnd": {"DateTime", false, "M"},
	"ChargePeriodStart": {"DateTime", false, "M"},
	"ConsumedQuantity":  {"Decimal", true, "C"}, "ConsumedUnit": {"String", true, "C"},
	"ContractedCost":      {"Decimal", false, "M"},
	"ContractedUnitPrice": {"Decimal", true, "C"}, "EffectiveCost": {"Decimal", false, "M"},
	"InvoiceId":         {"String", true, "R"},
	"InvoiceIssuerName": {"String", false, "M"}, "ListCost": {"Decimal", false, "M"},
	"ListUnitPrice":   {"Decimal", true, "C"},
	"PricingCategory": {"String", true, "C"}, "PricingQuantity": {"Decimal", true, "M"},
	"PricingUnit":  {"String", true, "M"},
	"ProviderName": {"String", false, "M"}, "PublisherName": {"String", false, "M"}, "RegionId": {"String", true, "C"},
	"RegionName": {"String", true, "C"}, "ResourceId": {"String", true, "C"}, "ResourceName": {"String", true, "C"},
	"ResourceType": {"String", true, "C"}, "ServiceCategory": {"String", false, "M"},
	"ServiceName":        {"String", false, "M"},
	"ServiceSubcategory": {"String", false, "R"}, "SkuId": {"String", true, "C"}, "SkuMeter": {"String", true, "C"},
	"SkuPriceDetails": {"JSON", true, "C"}, "SkuPriceId": {"String", true, "C"}, "SubAccountId": {"String", true, "C"},
	"SubAccountName":     {"String", true, "C"},
	"Tags":               {"JSON", true, "C"},
	"BillingAccountType": {"String", true, "C"}, "SubAccountType": {"String", true, "C"},
	"CapacityReservationId": {"String", true, "C"}, "CapacityReservationStatus": {"String", true, "C"},
	"CommitmentDiscountCategory": {"String", true, "C"}, "CommitmentDiscountId": {"String", true, "C"},
	"CommitmentDiscountName": {"String", true, "C"}, "CommitmentDiscountQuantity": {"Decimal", true, "C"},
	"CommitmentDiscountStatus": {"String", true, "C"}, "CommitmentDiscountType": {"String", true, "C"},
	"CommitmentDiscountUnit": {"String", true, "C"}, "PricingCurrency": {"String", false, "C"},
	"PricingCurrencyContractedUnitPrice": {"Decimal", true, "C"},
	"PricingCurrencyEffectiveCost":       {"Decimal", false, "C"},
	"PricingCurrencyListUnitPrice":       {"Decimal", true, "C"},
	"AllocatedMethodId":                  {"String", true, "C"}, "AllocatedMethodDetails": {"JSON", true, "R"},
	"AllocatedResourceId":   {"String", true, "C"},
	"AllocatedResourceName": {"String", true, "C"}, "AllocatedTags": {"JSON", true, "C"},
}

// skuNumbers are the specification's numeric properties of a SKU price.
var skuNumbers = []string{
	"CoreCount", "DiskMaxIops", "DiskSpace", "GpuCount", "MemorySize", "NetworkMaxIops",
	"NetworkMaxThroughput",
}

// present are the conditional columns whose condition holds here: usage is measured, prices are per unit, published and
// per SKU, negotiated prices, regions, resources, sub accounts and tags are known to the provider.
var present = []string{
	"ConsumedQuantity", "ConsumedUnit", "ContractedUnitPrice", "ListUnitPrice", "PricingCategory", "RegionId",
	"RegionName", "ResourceId",
	"ResourceName", "ResourceType", "SkuId", "SkuMeter", "SkuPriceDetails", "SkuPriceId", "SubAccountId", "SubAccountName",
	"Tags",
}

var (
	plainNumber = regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?$`) // NumericFormat: no exponent, sign or separator
	utcMoment   = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$`)
	currency    = regexp.MustCompile(`^[A-Z]{3}$`)
	ownColumn   = regexp.MustCompile(`^x_[A-Z][A-Za-z0-9]*$`)
	unitForm    = regexp.MustCompile(`^(GB|GB-Hours|GB-Seconds|GB-Months|vCPU-Seconds|vCPU-Hours)$`)
)

func (r record) number(column string) decimal.Decimal {
	d, err := decimal.NewFromString(r[column])
	if err != nil {
		panic(fmt.Sprintf("%s is %q", column, r[column]))
	}
	return d
}

func (r record) moment(column string) time.Time {
	t, err := time.Parse(time.RFC3339, r[column])
	if err != nil {
		panic(err)
	}
	return t
}

func (r record) object(column string) map[string]any {
	var out map[string]any
	if err := json.Unmarshal([]byte(r[column]), &out); err != nil {
		return nil
	}
	return out
}

func (r record) null(column string) bool { return r[column] == "" }

// product reports whether a × b is c, to half a unit of the last of so many decimals; exactly where places is
// negative.
func product(r record, a, b, c string, places int32) bool {
	off := r.number(a).Mul(r.number(b)).Sub(r.number(c)).Abs()
	if places < 0 {
		return off.IsZero()
	}
	// Each of the three may have been rounded.
	slack := decimal.New(1, -places).Mul(decimal.NewFromInt(2).Add(r.number(a).Abs()).Add(r.number(b).Abs()))
	return off.LessThanOrEqual(slack)
}

// rules are those that a row of usage must keep. Places is the number of decimals that numbers were rounded to, or -1.
func rules(places int32) []rule {
	usage := func(r record) bool { return r["ChargeCategory"] == "Usage" && r["ChargeClass"] != "Correction" }
	allocated := func(r record) bool { return !r.null("AllocatedMethodId") }
	all := []rule{
		{"BillingCurrency is an ISO 4217 code", func(r record) bool { return currency.MatchString(r["BillingCurrency"]) }},
		{
			"BillingPeriod is half-open",
			func(r record) bool { return r.moment("BillingPeriodStart").Before(r.moment("BillingPeriodEnd")) },
		},
		{
			"ChargePeriod is half-open",
			func(r record) bool { return r.moment("ChargePeriodStart").Before(r.moment("ChargePeriodEnd")) },
		},
		{"ChargePeriod lies in BillingPeriod", func(r record) bool {
			return !r.moment("ChargePeriodStart").Before(r.moment("BillingPeriodStart")) &&
				!r.moment("ChargePeriodEnd").After(r.moment("BillingPeriodEnd"))
		}},
		{"ChargeCategory is allowed", func(r record) bool {
			return slices.Contains([]string{"Usage", "Purchase", "Tax", "Credit", "Adjustment"}, r["ChargeCategory"])
		}},
		{"ChargeClass is null or Correction", func(r record) bool {
			return r.null("ChargeClass") ||
				r["ChargeClass"] == "Correction"
		}},
		{"ChargeFrequency is allowed", func(r record) bool {
			return slices.Contains([]string{"One-Time", "Recurring", "Usage-Based"}, r["ChargeFrequency"])
		}},
		{"ChargeFrequency is no Usage-Based purchase", func(r record) bool {
			return r["ChargeCategory"] != "Purchase" || r["ChargeFrequency"] != "Usage-Based"
		}},
		{"PricingCategory is allowed, and there for usage", func(r record) bool {
			return usage(r) && slices.Contains([]string{"Standard", "Dynamic", "Committed", "Other"}, r["PricingCategory"])
		}},
		{"PricingQuantity is there for usage", func(r record) bool { return !r.null("PricingQuantity") }},
		{
			"PricingUnit is null where PricingQuantity is",
			func(r record) bool { return r.null("PricingUnit") == r.null("PricingQuantity") },
		},
		{"PricingUnit has the form of units", func(r record) bool { return unitForm.MatchString(r["PricingUnit"]) }},
		{
			"ConsumedQuantity is there for usage, and not below zero",
			func(r record) bool { return !r.number("ConsumedQuantity").IsNegative() },
		},
		{
			"ConsumedUnit is there with ConsumedQuantity",
			func(r record) bool { return unitForm.MatchString(r["ConsumedUnit"]) },
		},
		{
			"ListUnitPrice is there for usage, and not below zero",
			func(r record) bool { return !r.number("ListUnitPrice").IsNegative() },
		},
		{
			"ContractedUnitPrice is there for usage, and not below zero",
			func(r record) bool { return !r.number("ContractedUnitPrice").IsNegative() },
		},
		{"ListCost is ListUnitPrice × PricingQuantity", func(r record) bool {
			return product(r, "ListUnitPrice", "PricingQuantity", "ListCost", places)
		}},
		{"ContractedCost is ContractedUnitPrice × PricingQuantity", func(r record) bool {
			return product(r, "ContractedUnitPrice", "PricingQuantity", "ContractedCost", places)
		}},
		{"BilledCost and EffectiveCost are the contracted cost, as nothing is prepaid", func(r record) bool {
			slack := decimal.New(1, -18)
			return r["BilledCost"] == r["EffectiveCost"] &&
				r.number("BilledCost").Sub(r.number("ContractedCost")).Abs().LessThan(slack)
		}},
		{"SkuPriceId is there for usage, and has one SkuId", func(r record) bool {
			return !r.null("SkuPriceId") && strings.HasPrefix(r["SkuPriceId"], r["SkuId"]+"/")
		}},
		{
			"SkuPriceDetails is null where SkuPriceId is, and has the specification's properties alone, or own ones",
			func(r record) bool {
				if r.null("SkuPriceId") {
					return r.null("SkuPriceDetails")
				}
				for key, value := range r.object("SkuPriceDetails") {
					if _, number := value.(float64); !(slices.Contains(skuNumbers, key) && number) && !ownColumn.MatchString(key) {
						return false
					}
				}
				return true
			},
		},
		{"SkuMeter is null where SkuId is", func(r record) bool { return r.null("SkuMeter") == r.null("SkuId") }},
		{"RegionName is null where RegionId is", func(r record) bool { return r.null("RegionId") == r.null("RegionName") }},
		{"ResourceName and ResourceType are null where ResourceId is", func(r record) bool {
			return !r.null("ResourceId") || (r.null("ResourceName") && r.null("ResourceType"))
		}},
		{
			"SubAccountName is null where SubAccountId is",
			func(r record) bool { return !r.null("SubAccountId") || r.null("SubAccountName") },
		},
		{"ServiceCategory and ServiceSubcategory belong together", func(r record) bool {
			return r["ServiceCategory"] == "Compute" && r["ServiceSubcategory"] == "Serverless Compute"
		}},
		{"Tags is an object of texts", func(r record) bool {
			for _, value := range r.object("Tags") {
				if _, ok := value.(string); !ok {
					return false
				}
			}
			return len(r.object("Tags")) > 0
		}},
		{"allocation columns are null together", func(r record) bool {
			return r.null("AllocatedMethodId") == r.null("AllocatedResourceId") && (allocated(r) ||
				(r.null("AllocatedMethodDetails") && r.null("AllocatedResourceName") && r.null("AllocatedTags")))
		}},
		{"AllocatedMethodDetails has elements with ratios from 0 to 1", func(r record) bool {
			if !allocated(r) {
				return true
			}
			var details struct {
				Elements []struct {
					AllocatedRatio decimal.Decimal
					UsageUnit      string
					UsageQuantity  *decimal.Decimal
				}
			}
			if json.Unmarshal([]byte(r["AllocatedMethodDetails"]), &details) != nil || len(details.Elements) == 0 {
				return false
			}
			for _, e := range details.Elements {
				if e.AllocatedRatio.IsNegative() || e.AllocatedRatio.GreaterThan(decimal.NewFromInt(1)) ||
					(e.UsageQuantity != nil && e.UsageUnit == "") {
					return false
				}
			}
			return true
		}},
		{"AllocatedTags repeats nothing of Tags", func(r record) bool {
			tags := r.object("Tags")
			for key, value := range r.object("AllocatedTags") {
				if tags[key] == value {
					return false
				}
			}
			return true
		}},
	}
	for name, column := range specified {
		if !column.nulls {
			all = append(all, rule{name + " is not null", func(r record) bool { return !r.null(name) }})
		}
		switch column.kind {
		case "Decimal":
			all = append(all, rule{
				name + " is a plain number",
				func(r record) bool { return r.null(name) || plainNumber.MatchString(r[name]) },
			})
		case "DateTime":
			all = append(all, rule{name + " is in UTC", func(r record) bool { return utcMoment.MatchString(r[name]) }})
		case "JSON":
			all = append(all, rule{name + " is JSON", func(r record) bool { return r.null(name) || r.object(name) != nil }})
		}
	}
	return all
}

// check returns what a dataset breaks of the specification: of its columns, of each row, and of all rows together.
func check(columns []string, records []record, places int32) []string {
	var faults []string
	for _, name := range columns {
		if _, known := specified[name]; !known && !ownColumn.MatchString(name) {
			faults = append(faults, name+" is not a column of the specification, nor named as one of our own")
		}
	}
	for name, column := range specified {
		if column.importance == "M" && !slices.Contains(columns, name) {
			faults = append(faults, name+" is mandatory and missing")
		}
	}
	for _, name := range present {
		if !slices.Contains(columns, name) {
			faults = append(faults, name+" is missing, though its condition holds")
		}
	}
	checks := rules(places)
	ratios := map[string]decimal.Decimal{}
	for i, r := range records {
		for name := range specified {
			if !slices.Contains(columns, name) {
				r[name] = ""
			}
		}
		for _, rule := range checks {
			if !rule.holds(r) {
				faults = append(faults, fmt.Sprintf("row %d: %s: %v", i+1, rule.id, r))
			}
		}
		if !r.null("AllocatedMethodId") {
			var details struct {
				Elements []struct{ AllocatedRatio decimal.Decimal }
			}
			_ = json.Unmarshal([]byte(r["AllocatedMethodDetails"]), &details)
			origin := r["SkuPriceId"] + r["ChargePeriodStart"]
			for _, e := range details.Elements {
				ratios[origin] = ratios[origin].Add(e.AllocatedRatio)
			}
		}
	}
	for origin, sum := range ratios {
		if !sum.Equal(decimal.NewFromInt(1)) {
			faults = append(faults, "the ratios of "+origin+" add up to "+sum.String())
		}
	}
	return faults
}
