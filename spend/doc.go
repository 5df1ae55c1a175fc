// Package spend turns measured usage into spend: per tenant, image, MicroVM, region, day, week, month and billed
// quantity, with shared cost allocated. [Source.Report] works a report out from a [Source] of usage, rates and tenants;
// [Source.Charges] gives every line of what tenants pay. microspend.OpenSpend makes a source of a ledger and a
// configuration file.
//
// # Units
//
// Money is in US dollars, exact decimals. Times are UTC and intervals half-open; a location changes only where days,
// weeks and months are cut. A period of usage belongs wholly to the day on which it starts.
//
// # What is promised
//
// Usage is summed as whole numbers per group and region and priced once per group, region and rate, by package
// pricing. A group over several regions is the sum of its regions. Rows add up to the total exactly, however they are
// grouped and however shared cost is allocated. Usage that no tenant can be named for is its own row. The same input
// gives the same output, in the same order.
//
// Discounts and private rates change the effective cost ([Cost.Amount]); the same usage at AWS's public rates is the
// list cost ([Cost.List]), which adds up as exactly. On [BasisBilled] amounts are AWS's bill, allocated to the last
// digit ([Billed]).
//
// Amounts are exact and never rounded. For cents, [Spend.Cents] rounds all rows together so that they add up to the
// rounded total, which rows that are rounded one by one don't; [Spend.Settled] does so for other currencies.
//
// # What is not promised
//
// Pricing divides once per group, half-even at [pricing.AmountPlaces] decimals. Reports of the same period with
// different groupings divide in different places, so their totals may differ from the 20th decimal on: by tenant, say,
// in place of a single row.
//
// An unknown rate makes the figures that need it incomplete, which [Cost] reports; it is never zero.
package spend
