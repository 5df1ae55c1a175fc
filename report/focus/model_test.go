package focus_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"microspend/report/focus"
	"microspend/spend"
)

// requirements is the requirement model of FOCUS 1.2, as the FinOps Foundation's validator carries it.
type requirements struct{ ModelRules map[string]requirement }

// requirement is one rule of it.
type requirement struct {
	Status             string
	ValidationCriteria struct {
		MustSatisfy, Keyword   string
		Requirement, Condition modelCheck
	}
}

// modelCheck is a check or a condition. One without a function is none.
type modelCheck struct {
	CheckFunction, ColumnName, ColumnAName, ColumnBName, ResultColumnName, ModelRuleId string

	CheckCondition string // how the model names the column in two places
	Value          any
	ExpectedCount  int
	Items          []modelCheck
	AND            json.RawMessage // how the model writes a conjunction in two places
}

func (c *modelCheck) UnmarshalJSON(text []byte) error {
	type plain modelCheck
	if err := json.Unmarshal(text, (*plain)(c)); err != nil {
		return err
	}
	if c.ColumnName == "" {
		c.ColumnName = c.CheckCondition
	}
	if c.AND == nil {
		return nil
	}
	c.CheckFunction = "AND"
	if json.Unmarshal(c.AND, &c.Items) == nil {
		return nil
	}
	var one modelCheck
	err := json.Unmarshal(c.AND, &one)
	c.Items = []modelCheck{one}
	return err
}

func (c *modelCheck) empty() bool { return c.CheckFunction == "" }

// validator holds a dataset to the model.
type validator struct {
	requirements
	columns []string
	rows    []record
	parents map[string][]string // the rules that ask for a rule: their conditions are its own too
}

func newValidator(model requirements, columns []string, rows []record) *validator {
	v := &validator{model, columns, rows, map[string][]string{}}
	for id, r := range model.ModelRules {
		for _, asked := range r.ValidationCriteria.Requirement.asks() {
			v.parents[asked] = append(v.parents[asked], id)
		}
	}
	return v
}

// asks are the rules that a check refers to.
func (c *modelCheck) asks() (ids []string) {
	if c.ModelRuleId != "" {
		ids = append(ids, c.ModelRuleId)
	}
	for i := range c.Items {
		ids = append(ids, c.Items[i].asks()...)
	}
	return ids
}

// applies reports whether the conditions of a rule, and of a rule that asks for it, hold for a row.
func (v *validator) applies(id string, r record) bool {
	condition := v.ModelRules[id].ValidationCriteria.Condition
	if !condition.empty() && !v.holds(&condition, r) {
		return false
	}
	parents := v.parents[id]
	return len(parents) == 0 || slices.ContainsFunc(parents, func(p string) bool { return v.applies(p, r) })
}

var (
	modelUnit = regexp.MustCompile(`^[A-Za-z]+(-[A-Za-z]+)*$`)
	trimmed   = regexp.MustCompile(`^\S(.*\S)?$`)
)

// allowedValues reports whether a check lists the values of one column. Whether that may be null is another rule's.
func (c *modelCheck) allowedValues() bool {
	return c.CheckFunction == "OR" && !slices.ContainsFunc(c.Items, func(i modelCheck) bool {
		return i.CheckFunction != "CheckValue" || i.Value == nil || i.ColumnName != c.Items[0].ColumnName
	})
}

// holds evaluates a check for a row. A type, a format or a list of allowed values asks nothing of a null.
func (v *validator) holds(c *modelCheck, r record) bool {
	value := r[c.ColumnName]
	ofNull := func(ok bool) bool { return value == "" || ok }
	isDecimal := func() bool { _, err := decimal.NewFromString(value); return err == nil }
	equals := func() bool {
		if c.Value == nil {
			return value == ""
		}
		return value == fmt.Sprint(c.Value)
	}
	switch c.CheckFunction {
	case "AND":
		return !slices.ContainsFunc(c.Items, func(i modelCheck) bool { return !v.holds(&i, r) })
	case "OR":
		if c.allowedValues() {
			return r[c.Items[0].ColumnName] == "" || slices.ContainsFunc(c.Items, func(i modelCheck) bool { return v.holds(&i, r) })
		}
		return slices.ContainsFunc(c.Items, func(i modelCheck) bool { return v.holds(&i, r) })
	case "CheckModelRule":
		rule := v.ModelRules[c.ModelRuleId]
		return rule.ValidationCriteria.Requirement.empty() || exempt(c.ModelRuleId, rule) != "" ||
			!v.applies(c.ModelRuleId, r) || v.holds(&rule.ValidationCriteria.Requirement, r)
	case "ColumnPresent":
		return slices.Contains(v.columns, c.ColumnName)
	case "CheckValue":
		return equals()
	case "CheckNotValue":
		return !equals()
	case "CheckSameValue":
		return r[c.ColumnAName] == r[c.ColumnBName]
	case "CheckNotSameValue":
		return r[c.ColumnAName] != r[c.ColumnBName]
	case "CheckDistinctCount":
		distinct := map[string]bool{}
		for _, other := range v.rows {
			if other[c.ColumnAName] == r[c.ColumnAName] {
				distinct[other[c.ColumnBName]] = true
			}
		}
		return len(distinct) == c.ExpectedCount
	case "CheckGreaterOrEqualThanValue":
		return ofNull(isDecimal() && r.number(c.ColumnName).GreaterThanOrEqual(decimal.RequireFromString(fmt.Sprint(c.Value))))
	case "ColumnByColumnEqualsColumnValue":
		return product(r, c.ColumnAName, c.ColumnBName, c.ResultColumnName, -1)
	case "CheckDecimalValue", "TypeDecimal":
		return ofNull(isDecimal())
	case "FormatNumeric":
		return ofNull(plainNumber.MatchString(value))
	case "TypeString", "FormatString":
		return ofNull(trimmed.MatchString(value))
	case "TypeDateTime", "FormatDateTime":
		_, err := time.Parse("2006-01-02T15:04:05Z", value)
		return ofNull(err == nil)
	case "FormatKeyValue":
		return ofNull(r.object(c.ColumnName) != nil)
	case "FormatUnit":
		return ofNull(modelUnit.MatchString(value))
	case "FormatCurrency", "CheckNationalCurrency":
		return ofNull(currency.MatchString(value))
	default:
		panic("the model has a function that is not known here: " + c.CheckFunction)
	}
}

// wrongInModel are rules whose check contradicts their own text, or another rule's.
var wrongInModel = map[string]string{
	"CommitmentDiscountStatus-C-003-C": "its check asks for a value where its text asks for null",
	"CommitmentDiscountStatus-C-004-C": "its condition is that there is no commitment, and its text's that there is one",
	"InvoiceId-C-005-C":                "its condition, that there is an invoice, is not in the model; InvoiceId-C-004-C asks for null",
}

// exempt is why a rule is not evaluated; "" if it is.
func exempt(id string, r requirement) string {
	switch keyword := r.ValidationCriteria.Keyword; {
	case r.Status != "Active":
		return "not active"
	case r.ValidationCriteria.Requirement.empty():
		return "the model has no check for it"
	case keyword == "MAY" || keyword == "OPTIONAL":
		return "it permits something, and asks for nothing"
	case wrongInModel[id] != "":
		return wrongInModel[id]
	default:
		return ""
	}
}

// modelDataset has every kind of row: usage, shares of shared cost, and a correction.
func modelDataset(t *testing.T) ([]string, []record) {
	made := charges(t, fleet(t, spend.ByDirect))
	made.Lines = made.Lines[:min(len(made.Lines), 150)]
	wrong := made.Lines[0]
	wrong.Used, wrong.Amount = decimal.RequireFromString("-3.5"), decimal.RequireFromString("-0.0125")
	wrong.Coverage = nil
	var out bytes.Buffer
	require.NoError(t, focus.WriteCSV(&out, focus.Dataset{Charges: made, Corrections: []focus.Correction{
		{Charge: wrong, Billed: end, Cause: "usage was counted twice"},
	}}))
	return readCSV(t, out.Bytes())
}

// TestRequirementModel holds the export to every rule of the official model that can be checked on a file, and lists
// the others by why they cannot. The model is kept beside the repository and is no part of it.
func TestRequirementModel(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "data", "focus-1.2-model.json"))
	if err != nil {
		t.Skip("the requirement model is not beside the repository: ", err)
	}
	var model requirements
	require.NoError(t, json.Unmarshal(text, &model))
	columns, rows := modelDataset(t)
	v := newValidator(model, columns, rows)
	checked, vacuous := 0, 0
	left, faults := map[string][]string{}, []string{}
	for _, id := range slices.Sorted(maps.Keys(model.ModelRules)) {
		rule := model.ModelRules[id]
		if why := exempt(id, rule); why != "" {
			left[why] = append(left[why], id)
			continue
		}
		met := 0
		for i, r := range rows {
			if !v.applies(id, r) {
				continue
			}
			met++
			if !v.holds(&rule.ValidationCriteria.Requirement, r) {
				faults = append(faults, fmt.Sprintf("%s, row %d: %s", id, i+1, rule.ValidationCriteria.MustSatisfy))
				break
			}
		}
		if checked++; met == 0 {
			vacuous++
		}
	}
	require.Empty(t, faults, strings.Join(faults, "\n"))
	total := checked
	for why, ids := range left {
		total += len(ids)
		t.Logf("%d rules: %s", len(ids), why)
	}
	t.Logf("%d rules hold, %d of them for rows that the dataset has none of", checked, vacuous)
	require.Equal(t, len(model.ModelRules), total)
	require.Greater(t, checked-vacuous, 350)
	for _, r := range rows { // what the rules ask for in words whose checks are wrong
		require.Empty(t, r["CommitmentDiscountStatus"]+r["InvoiceId"])
	}

	for _, change := range []struct{ column, value, rule string }{ // a checker that finds nothing is worth nothing
		{"BilledCost", "", "BilledCost-C-003-M"},
		{"ListCost", "1", "ListUnitPrice-C-010-C"},
		{"ContractedUnitPrice", "-1", "ContractedUnitPrice-C-009-C"},
		{"BillingCurrency", "dollars", "BillingCurrency-C-006-M"},
		{"ChargeCategory", "usage", "ChargeCategory-C-003-M"},
		{"ChargePeriodStart", "2026-10-01 00:00", "ChargePeriodStart-C-001-M"},
		{"SubAccountType", "", "SubAccountType-C-005-C"},
		{"SkuPriceId", "", "SkuPriceId-C-005-C"},
		{"InvoiceIssuerName", "A Reseller", "BilledCost-C-005-C"},
		{"Tags", "tenant=a", "Tags-C-001-M"},
	} {
		broken := maps.Clone(rows[0])
		broken[change.column] = change.value
		rule := model.ModelRules[change.rule].ValidationCriteria.Requirement
		require.True(t, v.applies(change.rule, broken), change.rule)
		require.False(t, v.holds(&rule, broken), "%s of %q", change.rule, change.value)
	}
}
