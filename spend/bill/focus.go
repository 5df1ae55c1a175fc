package bill

import (
	"strings"

	"microspend/internal/lazyregexp"
	"microspend/pricing"
)

// focusLayout is a FOCUS dataset of version 1.0 to 1.3. The specification has no column for AWS's usage type: AWS's
// exports of 1.0 have it as x_UsageType, and those of 1.2, since December 2025, as SkuMeter.
// Source: FOCUS 1.2; AWS Data Exports user guide, FOCUS 1.0 and 1.2 with AWS columns.
func focusLayout() layout {
	return layout{
		format: FOCUS, name: "a FOCUS export",
		marks: []string{"ChargePeriodStart", "BilledCost"},
		needs: []string{"ChargePeriodStart", "ChargeCategory", "BilledCost", "BillingCurrency"},
		oneOf: []string{"SkuMeter", "x_UsageType", "x_ServiceCode", "ServiceName"},
		wants: []string{
			"ChargePeriodEnd", "ChargeClass", "RegionId", "x_UsageType", "SkuMeter", "SkuId", "SkuPriceId",
			"x_ServiceCode", "ServiceName", "ConsumedQuantity", "ConsumedUnit", "PricingQuantity", "PricingUnit",
			"ResourceId", "SubAccountId", "ChargeDescription", "Tags", "InvoiceId", "BillingAccountId",
			"BillingPeriodStart", "BillingPeriodEnd",
		},
		fields: fields{
			usageType: []string{"x_UsageType", "SkuMeter"},
			start:     "ChargePeriodStart", end: "ChargePeriodEnd", cost: "BilledCost", currency: "BillingCurrency",
			region: "RegionId", used: "ConsumedQuantity", unit: "ConsumedUnit",
			otherUsed: "PricingQuantity", otherUnit: "PricingUnit", metric: "BilledCost",
			service: "x_ServiceCode", serviceName: "ServiceName", description: "ChargeDescription",
			skus: []string{"SkuPriceId", "SkuId"}, invoice: "InvoiceId", account: "SubAccountId",
			payer: "BillingAccountId", periodStart: "BillingPeriodStart", periodEnd: "BillingPeriodEnd",
		},
		kind: func(t *table) (Kind, string) { return chargeKind(t.text("ChargeCategory"), t.text("ChargeClass")) },
	}
}

// chargeKind says what a charge category stands for; "" is usage.
func chargeKind(category, class string) (Kind, string) {
	switch {
	case class == "Correction":
		return Adjust, "Correction"
	case category == "Usage":
		return "", category
	case category == "Credit":
		return Credit, category
	case category == "Tax":
		return Tax, category
	case category == "Purchase":
		return Fee, category
	default:
		return Adjust, category
	}
}

var usageTypeInText = lazyregexp.New(`(?:\b[A-Z]{2,4}[0-9]{0,2}-)?` + marker + `[A-Za-z0-9-]*[A-Za-z0-9]`)

// usageTypeOf reads a usage type out of what a row says in words, where it has none: one that is named, or what a
// MicroVM is charged for and on which architecture. It reports false where the words leave that open. Words that
// speak of no MicroVM are of something else, unless the unit is one that only MicroVMs are billed in.
func usageTypeOf(description, unit string) (usageType string, decided bool) {
	if named := usageTypeInText.FindString(description); named != "" {
		return named, true
	}
	words := strings.ToLower(description)
	has := func(any ...string) bool {
		for _, word := range any {
			if strings.Contains(words, word) {
				return true
			}
		}
		return false
	}
	if !has("microvm", "micro vm", "micro-vm") {
		return "", words != "" && !sameUnit(unit, pricing.VCPU)
	}
	q, ok := pricing.VCPU, true
	switch {
	case has("snapshot") && has("storage", "stored"):
		q = pricing.SnapshotStorage
	case has("snapshot") && has("read"):
		q = pricing.SnapshotRead
	case has("snapshot") && has("write", "written"):
		q = pricing.SnapshotWrite
	case has("vcpu"):
		q = pricing.VCPU
	case has("memory", "gb-second", "gb second"):
		q = pricing.Memory
	default:
		ok = false
	}
	archs := pricing.ArchsMentioned(description)
	switch {
	case !ok:
		return "", false
	case !q.ByArch():
		return q.On(pricing.ArchUnknown).UsageType(), true
	case len(archs) == 1:
		return q.On(archs[0]).UsageType(), true
	default:
		return "", false
	}
}
