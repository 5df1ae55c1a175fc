package budget

import (
	"github.com/shopspring/decimal"

	"microspend/internal/scalar"
	"microspend/internal/strictyaml"
	"microspend/spend/tenants"
)

// ConfigFile is the section budgets of microspend.yaml, as it is written: US dollars a calendar month, quarter or year. A
// number alone is one for the month. What is spent on the same thing may have a budget for each period.
//
//	budgets:
//	  threshold: 100%               # of every budget that does not say otherwise; the check fails above it
//	  total: 5000                   # or {monthly: 5000, threshold: 90%}
//	  tenants:
//	    acme: 100
//	    bravo: {monthly: 250, quarterly: 700, yearly: 2500, threshold: 80%}
//	  images: {sandbox-python: 900}
//	  regions: {eu-west-1: {yearly: 20000}}
type ConfigFile struct {
	Threshold *scalar.Proportion         `yaml:"threshold"`
	Total     *budgetFile                `yaml:"total"`
	Tenants   strictyaml.Map[budgetFile] `yaml:"tenants"`
	Images    strictyaml.Map[budgetFile] `yaml:"images"`
	Regions   strictyaml.Map[budgetFile] `yaml:"regions"`
}

type budgetFile struct {
	Monthly   *scalar.Positive   `yaml:"monthly,shorthand"`
	Quarterly *scalar.Positive   `yaml:"quarterly"`
	Yearly    *scalar.Positive   `yaml:"yearly"`
	Threshold *scalar.Proportion `yaml:"threshold"`
}

// Config checks the section. Its faults go to the document that it was decoded from.
func (f ConfigFile) Config(doc *strictyaml.Document) Set {
	out := Set{}
	checkThreshold(doc, "budgets", f.Threshold)
	for _, section := range []struct {
		scope   Scope
		key     string
		budgets strictyaml.Map[budgetFile]
	}{{Tenant, "tenants", f.Tenants}, {Image, "images", f.Images}, {Region, "regions", f.Regions}} {
		for _, one := range section.budgets {
			path := "budgets." + section.key + "." + one.Key
			if section.scope == Tenant {
				if err := tenants.CheckName(one.Key); err != nil {
					doc.Fault(path, "as a tenant's name %s", err)
				}
			} else if one.Key == "" {
				doc.Fault(path, "has no name")
			}
			out.Budgets = append(out.Budgets, one.Value.budgets(doc, path, Subject{section.scope, one.Key}, f.Threshold)...)
		}
	}
	if f.Total != nil {
		out.Budgets = append(out.Budgets, f.Total.budgets(doc, "budgets.total", Subject{Scope: Everything}, f.Threshold)...)
	}
	return out
}

// budgets are those of one subject, one for each period that has one.
func (f budgetFile) budgets(
	doc *strictyaml.Document, path string, of Subject, threshold *scalar.Proportion,
) (out []Budget) {
	if f.Threshold != nil {
		threshold = f.Threshold
		checkThreshold(doc, path, threshold)
	}
	part := decimal.NewFromInt(1)
	if threshold != nil {
		part = threshold.Fraction
	}
	for period, amount := range [periodCount]*scalar.Positive{Month: f.Monthly, Quarter: f.Quarterly, Year: f.Yearly} {
		if amount != nil {
			out = append(out, Budget{of, Period(period), amount.Decimal, part})
		}
	}
	if len(out) == 0 {
		doc.Fault(path+".monthly", "is missing")
	}
	return out
}

func checkThreshold(doc *strictyaml.Document, path string, threshold *scalar.Proportion) {
	if threshold != nil && threshold.Fraction.IsZero() {
		doc.Fault(path+".threshold", "0%% would be exceeded by any spend; give more")
	}
}
