package pricelist

import (
	"fmt"
	"strings"
)

// SyntaxError says where a file stops being the JSON that was expected.
type SyntaxError struct {
	Offset int64 // bytes before the fault; where the value at fault was read as a whole, before that value
	Reason string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("cannot be read as JSON after byte %d: %s", e.Offset, e.Reason)
}

// PriceError says why a product's terms do not give one plain price.
type PriceError struct {
	Product
	Reason string
}

func (e *PriceError) Error() string { return fmt.Sprintf("%s: %s", e.Product, e.Reason) }

// missing says which groups a region lacks, and which products of them were refused.
func missing(region string, groups []string, refused []Product, moreFollows bool) error {
	seen := ""
	for _, p := range refused {
		seen += fmt.Sprintf("; SKU %s of group %s was refused, as its description is of another architecture",
			p.SKU, p.Group)
	}
	return fmt.Errorf("%s: no product for %s%s%s", region, strings.Join(groups, ", "), seen,
		advice(moreFollows, "; give a complete price list, or keep the present card"))
}

// advice is what to do about products that are not there.
func advice(moreFollows bool, otherwise string) string {
	if moreFollows {
		return "; the GetProducts reply ends with a NextToken, so more pages follow: give all of them"
	}
	return otherwise
}

// duplicate says that two products claim to be the same rate.
func duplicate(first, second *entry) error {
	if first.SKU == second.SKU {
		return fmt.Errorf("%s is given twice, in %s and in %s; give each file or page once",
			first.Product, first.page, second.page)
	}
	what := "with the same price"
	if first.figure() != second.figure() || first.fault != nil {
		what = fmt.Sprintf("priced at %s and %s", first.figure(), second.figure())
	}
	return fmt.Errorf("%s: SKUs %s and %s both are of group %s, %s; which one is billed cannot be told",
		first.Region, first.SKU, second.SKU, first.Group, what)
}

func (e *entry) figure() string {
	if e.fault != nil {
		return "no known figure"
	}
	return "$" + e.price.String()
}
