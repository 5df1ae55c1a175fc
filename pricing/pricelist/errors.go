package pricelist

import (
	"fmt"
	"strings"
)

// ReadError says that a file could not be read as a price list.
type ReadError struct {
	Page string // its name
	Err  error
}

func (e *ReadError) Error() string { return e.Page + ": " + e.Err.Error() }

// Unwrap returns what was wrong, a [SyntaxError] where it has a place in the file.
func (e *ReadError) Unwrap() error { return e.Err }

// SyntaxError says where a file stops being the JSON that was expected.
type SyntaxError struct {
	Offset int64 // bytes before the fault; where the value at fault was read as a whole, before that value
	Reason string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("cannot be read as JSON after byte %d: %s", e.Offset, e.Reason)
}

// NoMicroVMError says that the files have none of the products that MicroVMs are billed by.
type NoMicroVMError struct {
	Products    int  // that were looked at
	MoreFollows bool // a GetProducts reply whose last page was not given
}

func (e *NoMicroVMError) Error() string {
	return fmt.Sprintf("no MicroVM product among the %d products given%s", e.Products, advice(e.MoreFollows,
		"; give the price list of AWSLambda for a region that has MicroVMs"))
}

// NoRegionError says that a listing has no MicroVM product in a region.
type NoRegionError struct {
	Region string
	Known  []string
}

func (e *NoRegionError) Error() string {
	return fmt.Sprintf("no MicroVM prices for region %q in this price list; it has them for %s",
		e.Region, strings.Join(e.Known, ", "))
}

// MissingError says which of the five groups a region lacks.
type MissingError struct {
	Region      string
	Groups      []string
	X86         []Product // products that would be in their place, but for x86
	MoreFollows bool      // a GetProducts reply whose last page was not given
}

func (e *MissingError) Error() string {
	refused := ""
	for _, p := range e.X86 {
		refused += fmt.Sprintf("; an x86 row was seen and refused (SKU %s, group %s), since MicroVMs run on ARM",
			p.SKU, p.Group)
	}
	return fmt.Sprintf("%s: no product for %s%s%s", e.Region, strings.Join(e.Groups, ", "), refused,
		advice(e.MoreFollows, "; give a complete price list, or keep the present card"))
}

func advice(moreFollows bool, otherwise string) string {
	if moreFollows {
		return "; the GetProducts reply ends with a NextToken, so more pages follow: give all of them"
	}
	return otherwise
}

// DuplicateError says that two products claim to be the same rate.
type DuplicateError struct {
	First, Second           Product
	FirstPage, SecondPage   string // the files they are in
	FirstPrice, SecondPrice string // in US dollars; "" where that is at fault too
}

func (e *DuplicateError) Error() string {
	if e.First.SKU == e.Second.SKU {
		return fmt.Sprintf("%s is given twice, in %s and in %s; give each file or page once",
			e.First, e.FirstPage, e.SecondPage)
	}
	what := "with the same price"
	if e.FirstPrice != e.SecondPrice || e.FirstPrice == "" {
		what = fmt.Sprintf("priced at %s and %s", orUnknown(e.FirstPrice), orUnknown(e.SecondPrice))
	}
	return fmt.Sprintf("%s: SKUs %s and %s both are of group %s, %s; which one is billed cannot be told",
		e.First.Region, e.First.SKU, e.Second.SKU, e.First.Group, what)
}

func orUnknown(price string) string {
	if price == "" {
		return "no known figure"
	}
	return "$" + price
}

// UnitError says that a price is per another unit than the bill's. It is never converted: that AWS changed the unit
// means that it changed the price.
type UnitError struct {
	Product
	Seen, Expected string
}

func (e *UnitError) Error() string {
	return fmt.Sprintf("%s: priced per %.40q where %s is expected; a changed unit is never priced, "+
		"so keep the present card and look at AWS's pricing page", e.Product, e.Seen, e.Expected)
}

// PriceError says why a product's terms do not give one plain price.
type PriceError struct {
	Product
	Reason string
}

func (e *PriceError) Error() string { return fmt.Sprintf("%s: %s", e.Product, e.Reason) }
