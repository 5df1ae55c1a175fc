package awsbill

import (
	"fmt"
)

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
	usageType := t.text("x_usage_type")
	q, prefix, class := classify(usageType)
	if class == unrelated {
		t.bill.Ignored++
		return nil
	}
	t.bill.Metric = "BilledCost"
	day, err := t.day("charge_period_start", "charge_period_end")
	if err != nil {
		return err
	}
	if err := t.refuseTwice(t.row...); err != nil {
		return err
	}
	c := charge{day: day, usageType: usageType, region: t.text("region_id"), prefix: prefix, quantity: q, class: class}
	c.kind, c.kindName = chargeKind(t.text("charge_category"), t.text("charge_class"))
	if c.cost, err = parseAmount(t.text("billed_cost")); err != nil {
		return fmt.Errorf("BilledCost: %w", err)
	}
	if err := checkCurrency(t.text("billing_currency")); err != nil {
		return err
	}
	if text := t.text("consumed_quantity"); text != "" && c.kind == "" {
		if c.used, err = parseAmount(text); err != nil {
			return fmt.Errorf("ConsumedQuantity: %w", err)
		}
		unit := t.text("consumed_unit")
		c.usedKnown = unit == "" || sameUnit(unit, q)
	}
	if c.kind == "" {
		t.cover(day, day.AddDate(0, 0, 1))
		if c.cost.IsNegative() {
			c.kind, c.kindName = Adjust, usageType
		}
	}
	return t.take(c)
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
