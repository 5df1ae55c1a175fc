package bill

// focusLayout is a FOCUS dataset with AWS's own columns, x_UsageType above all.
// Source: FOCUS 1.2; AWS Data Exports user guide, FOCUS 1.2 with AWS columns.
func focusLayout() layout {
	return layout{
		format: FOCUS,
		needs:  []string{"charge_period_start", "charge_category", "billed_cost", "billing_currency", "x_usage_type"},
		wants: []string{
			"charge_period_start", "charge_period_end", "charge_category", "charge_class", "billed_cost", "billing_currency",
			"region_id", "x_usage_type", "consumed_quantity", "consumed_unit", "resource_id", "sub_account_id", "sku_price_id",
			"charge_description", "tags", "allocated_method_id", "allocated_resource_id", "pricing_quantity",
		},
		take: takeFOCUS,
	}
}

func takeFOCUS(t *taker) error {
	whole := func(t *taker) []string { return t.row }
	return t.take(fields{
		usageType: "x_usage_type", start: "charge_period_start", end: "charge_period_end", cost: "billed_cost",
		currency: "billing_currency", region: "region_id", used: "consumed_quantity", unit: "consumed_unit",
		metric: "BilledCost",
	}, whole, func(t *taker) (Kind, string) { return chargeKind(t.text("charge_category"), t.text("charge_class")) })
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
