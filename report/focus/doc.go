// Package focus writes spend as a FOCUS dataset, the FinOps Open Cost and Usage Specification: version 1.2, with the
// columns of 1.3 for allocated cost. It is the program's own and promises nothing. One row is what a tenant pays for a
// usage type in a region on a UTC day; a tenant's shares of shared cost are rows of their own.
//
// # What is promised
//
// Every mandatory column of 1.2 is there, and those conditional ones whose condition holds for MicroVMs. Times are UTC,
// ends exclusive. EffectiveCost and BilledCost are the amounts of package spend by tenant, day, region and component,
// and add up to the total of that report exactly. ListCost is ListUnitPrice × PricingQuantity and ContractedCost is
// ContractedUnitPrice × PricingQuantity, to the last digit, in CSV; in Parquet all figures are decimals of 38 digits,
// 20 of them behind the point, rounded half-even.
//
// # What is not promised
//
// The rows are what was measured, at rates; they are no invoice, so InvoiceId is null. SkuId and SkuPriceId are the
// Price List's group and region, which identify a price; AWS's own SKU codes are not known here. GB is AWS's, 2^30
// bytes.
package focus
