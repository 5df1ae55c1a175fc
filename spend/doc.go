// Package spend turns measured usage into what was spent: per tenant, image, MicroVM, region, day, week, month and
// billed quantity; with shared cost, budgets, forecasts and days that stand out.
//
// # Units
//
// Money is in US dollars, exact decimals. Times are UTC and intervals half-open; a location changes only where days,
// weeks and months are cut. A period of usage belongs wholly to the day on which it starts.
//
// # What is promised
//
// Usage is summed as whole numbers per group and region and priced once per group, region and rate, by package
// pricing. A group over several regions is the sum of its regions. Rows add up to the total exactly, whatever they
// are grouped by and however shared cost is shared out. Usage that no tenant can be named for is its own row. The
// same input gives the same output, in the same order.
//
// What was agreed with AWS, by discounts or private rates, changes what is charged; what the same costs at AWS's
// public rates is kept beside it and adds up as exactly ([Cost.List]). On [BasisBilled] amounts are AWS's bill shared
// out, to the last digit ([Billed]).
//
// # What is not promised
//
// Pricing divides once per group, half-even at [pricing.AmountPlaces] decimals. Reports of the same period grouped in
// different ways divide in different places, so their totals may differ from the 20th decimal on.
//
// A rate that is not known makes the figures that need it incomplete, which [Cost] says; it is never taken for zero.
package spend
