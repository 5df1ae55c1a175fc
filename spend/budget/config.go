package budget

import (
	"github.com/shopspring/decimal"

	"microspend/internal/scalar"
	"microspend/internal/strictyaml"
	"microspend/spend/tenants"
)

// ConfigFile is the section budgets of microspend.yaml, as it is written: US dollars a calendar month.
//
//	budgets:
//	  threshold: 100%               # of every budget that does not say otherwise; the check fails above it
//	  total: 5000                   # or {monthly: 5000, threshold: 90%}
//	  tenants:
//	    acme: 100
//	    bravo: {monthly: 250, threshold: 80%}
type ConfigFile struct {
	Threshold *scalar.Proportion         `yaml:"threshold"`
	Total     *budgetFile                `yaml:"total"`
	Tenants   strictyaml.Map[budgetFile] `yaml:"tenants"`
}

type budgetFile struct {
	Monthly   *scalar.Positive   `yaml:"monthly,required,shorthand"`
	Threshold *scalar.Proportion `yaml:"threshold"`
}

// Config checks the section. Its faults go to the document that it was decoded from.
func (f ConfigFile) Config(doc *strictyaml.Document) Set {
	out := Set{}
	if f.Total != nil {
		total := f.Total.budget(doc, "budgets.total", f.Threshold)
		out.Total = &total
	}
	checkThreshold(doc, "budgets", f.Threshold)
	for _, tenant := range f.Tenants {
		path := "budgets.tenants." + tenant.Key
		if err := tenants.CheckName(tenant.Key); err != nil {
			doc.Fault(path, "as a tenant's name %s", err)
		}
		out.Tenants = append(out.Tenants, TenantBudget{tenant.Key, tenant.Value.budget(doc, path, f.Threshold)})
	}
	return out
}

func (f budgetFile) budget(doc *strictyaml.Document, path string, threshold *scalar.Proportion) Budget {
	out := Budget{Threshold: decimal.NewFromInt(1)}
	if f.Monthly != nil {
		out.Monthly = f.Monthly.Decimal
	}
	if f.Threshold != nil {
		threshold = f.Threshold
		checkThreshold(doc, path, threshold)
	}
	if threshold != nil {
		out.Threshold = threshold.Fraction
	}
	return out
}

func checkThreshold(doc *strictyaml.Document, path string, threshold *scalar.Proportion) {
	if threshold != nil && threshold.Fraction.IsZero() {
		doc.Fault(path+".threshold", "0%% would be exceeded by any spend; give more")
	}
}
