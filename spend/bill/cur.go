package bill

import "strings"

// curLayout is the Cost and Usage Report. Column names of CUR 2.0; those of the report before it come out the same.
// Source: AWS Data Exports user guide, table dictionary of CUR 2.0.
func curLayout() layout {
	return layout{
		format: CUR, name: "a Cost and Usage Report",
		marks: []string{"line_item_usage_type", "line_item_line_item_type", "line_item_usage_start_date"},
		needs: []string{
			"line_item_usage_type", "line_item_usage_start_date", "line_item_unblended_cost", "line_item_line_item_type",
			"line_item_currency_code",
		},
		wants: []string{
			"line_item_usage_end_date", "line_item_usage_amount", "product_region_code", "pricing_unit",
			"identity_line_item_id", "identity_time_interval", "line_item_resource_id", "line_item_usage_account_id",
			"line_item_operation", "line_item_line_item_description", "line_item_product_code", "bill_invoice_id",
			"bill_payer_account_id", "bill_billing_period_start_date", "bill_billing_period_end_date",
		},
		names: map[string][]string{"product_region_code": {"product_region"}},
		fields: fields{
			usageType: []string{"line_item_usage_type"},
			start:     "line_item_usage_start_date", end: "line_item_usage_end_date",
			cost: "line_item_unblended_cost", currency: "line_item_currency_code", region: "product_region_code",
			used: "line_item_usage_amount", unit: "pricing_unit", metric: "line_item_unblended_cost",
			service: "line_item_product_code", description: "line_item_line_item_description",
			id: "identity_line_item_id", invoice: "bill_invoice_id", account: "line_item_usage_account_id",
			payer: "bill_payer_account_id", periodStart: "bill_billing_period_start_date",
			periodEnd: "bill_billing_period_end_date",
		},
		kind: func(t *table) (Kind, string) { return lineItemKind(t.text("line_item_line_item_type")) },
	}
}

// lineItemKind says what a line item type stands for; "" is usage.
// Source: AWS, line item details of the Cost and Usage Report.
func lineItemKind(word string) (Kind, string) {
	switch {
	case word == "Usage" || word == "DiscountedUsage" || word == "SavingsPlanCoveredUsage":
		return "", word
	case strings.HasSuffix(word, "Discount"): // EdpDiscount, PrivateRateDiscount, BundledDiscount, …
		return discount, word
	case word == "Credit":
		return Credit, word
	case word == "Refund":
		return Refund, word
	case word == "Tax":
		return Tax, word
	case strings.HasSuffix(word, "Fee"):
		return Fee, word
	default:
		return Adjust, word
	}
}
