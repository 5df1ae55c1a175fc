package budget

import (
	"errors"

	"github.com/shopspring/decimal"

	"microspend/internal/lazyregexp"
	"microspend/internal/scalar"
	"microspend/internal/strictyaml"
	"microspend/pricing"
	"microspend/spend"
	"microspend/spend/tenants"
)

// ConfigFile is the section budgets of microspend.yaml, as it is written: US dollars a calendar month, quarter or year.
// A number alone is one for the month. What is spent on the same thing may have a budget for each period.
//
//	budgets:
//	  threshold: 100%               # of every budget that does not say otherwise; the check fails above it
//	  total: 5000                   # or {monthly: 5000, threshold: 90%}
//	  tenants:
//	    acme: 100
//	    bravo: {monthly: 250, quarterly: 700, yearly: 2500, threshold: 80%}
//	  groups: {Engineering: 3000, Engineering/Platform: 1200}
//	  images: {sandbox-python: 900}
//	  accounts: {"111122223333": 2000}
//	  regions: {eu-west-1: {yearly: 20000}}
type ConfigFile struct {
	Threshold *scalar.Proportion         `yaml:"threshold"`
	Total     *budgetFile                `yaml:"total"`
	Tenants   strictyaml.Map[budgetFile] `yaml:"tenants"`
	Groups    strictyaml.Map[budgetFile] `yaml:"groups"`
	Images    strictyaml.Map[budgetFile] `yaml:"images"`
	Accounts  strictyaml.Map[budgetFile] `yaml:"accounts"`
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
	out := Set{doc: doc}
	checkThreshold(doc, "budgets", f.Threshold)
	for _, section := range []struct {
		scope   Scope
		key     string
		budgets strictyaml.Map[budgetFile]
	}{
		{Tenant, "tenants", f.Tenants},
		{Group, "groups", f.Groups},
		{Image, "images", f.Images},
		{Account, "accounts", f.Accounts},
		{Region, "regions", f.Regions},
	} {
		for _, one := range section.budgets {
			path := "budgets." + section.key + "." + one.Key
			checkName(doc, path, section.scope, one.Key)
			out.Budgets = append(out.Budgets, one.Value.budgets(doc, path, Subject{section.scope, one.Key}, f.Threshold)...)
		}
	}
	if f.Total != nil {
		out.Budgets = append(out.Budgets, f.Total.budgets(doc, "budgets.total", Subject{Scope: Everything}, f.Threshold)...)
	}
	return out
}

func checkName(doc *strictyaml.Document, path string, scope Scope, name string) {
	switch scope {
	case Account:
		if !accountID.MatchString(name) {
			doc.Fault(path, "%.60q is not an AWS account id, which has 12 digits", name)
		}
	case Region:
		if !pricing.IsRegionName(name) {
			doc.Fault(path, "%s", pricing.NotARegion(name))
		}
	default:
		if err := tenants.CheckName(name); err != nil {
			whose := map[Scope]string{Tenant: "a tenant", Group: "a group", Image: "an image"}[scope]
			doc.Fault(path, "as %s's name %s", whose, err)
		}
	}
}

var accountID = lazyregexp.New(`^[0-9]{12}$`)

// Check reports budgets of groups that no tenant of the tenants file is in: nothing would ever be spent on them.
func (s Set) Check(file tenants.File) error {
	known := map[Subject]bool{{Group, tenants.NoGroup}: true}
	for _, path := range file.Groups {
		for group := range subjects(Group, spend.Key{Group: path}) {
			known[group] = true
		}
	}
	var faults []error
	for _, b := range s.Budgets {
		if b.Scope == Group && !known[b.Subject] {
			known[b.Subject] = true // once, however many periods it has
			faults = append(faults, s.doc.Error("budgets.groups."+b.Name, "no tenant of the tenants file is in this group"))
		}
	}
	return errors.Join(faults...)
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
