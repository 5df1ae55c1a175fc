package bill

import "strings"

// curLayout is the Cost and Usage Report. Column names of CUR 2.0; those of the report before it come out the same.
// Source: AWS Data Exports user guide, table dictionary of CUR 2.0.
func curLayout() layout {
	return layout{
		format: CUR,
		needs: []string{
			"line_item_usage_type", "line_item_usage_start_date", "line_item_unblended_cost", "line_item_line_item_type",
		},
		wants: []string{
			"line_item_usage_type", "line_item_usage_start_date", "line_item_usage_end_date", "line_item_unblended_cost",
			"line_item_line_item_type", "line_item_usage_amount", "line_item_currency_code", "product_region_code",
			"pricing_unit", "identity_line_item_id", "identity_time_interval", "line_item_resource_id",
			"line_item_usage_account_id", "line_item_operation", "line_item_line_item_description", "bill_invoice_id",
		},
		names: map[string][]string{"product_region_code": {"product_region"}},
		take:  takeCUR,
	}
}

func takeCUR(t *taker) error {
	return t.take(fields{
		usageType: "line_item_usage_type", start: "line_item_usage_start_date", end: "line_item_usage_end_date",
		cost: "line_item_unblended_cost", currency: "line_item_currency_code", region: "product_region_code",
		used: "line_item_usage_amount", unit: "pricing_unit", metric: "line_item_unblended_cost",
	}, (*taker).curKey, func(t *taker) (Kind, string) { return lineItemKind(t.text("line_item_line_item_type")) })
}

// curKey identifies a row: by its own id and interval where the report has them, or by everything that is read.
func (t *taker) curKey() []string {
	id, interval := t.text("identity_line_item_id"), t.text("identity_time_interval")
	if id == "" {
		return t.row
	}
	return []string{id, interval, t.text("line_item_line_item_type"), t.text("line_item_usage_start_date")}
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
