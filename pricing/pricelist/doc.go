// Package pricelist reads AWS's Price List and makes rate cards of it. It is the program's own and promises nothing.
//
// # What is read
//
// The JSON that AWS publishes, in either of its two forms, told apart by content: the bulk offer file of AWSLambda
// (for all regions or for one), and the reply of the Price List Query API's GetProducts, whose pages are given
// together to one [Read]. Fields that are not needed are ignored; AWS adds some.
//
// A product belongs to a rate by its attributes group and regionCode. The usage type's name is never matched on:
// outside us-east-1 it carries a prefix of the location. Compute on x86-64 has groups of its own, about 18 % dearer: a
// product of one architecture's group that speaks of another anywhere is passed over, counted, and named where it is
// all there is.
//
// # Units
//
// Rates are in US dollars per billed unit, as [pricing.BilledQuantity.Unit] names it, with the figure exactly as
// published (trailing zeros aside). A price in any other unit or currency is refused, never converted.
//
// # What is promised
//
// A card has all five rates of its region on ARM64, or there is no card; those of compute on x86-64 are not known where
// the region doesn't have them. Whatever leaves in doubt what AWS bills (two products
// for one rate, tiers, several terms, a rate of zero) is an error, and all errors of a listing are reported at once.
// Memory does not grow with the size of the file but with the number of MicroVM products in it; malformed, truncated
// or hostile input gives an error that says where. The package reads no clock, network or file: the same input gives
// the same cards.
//
// # Other offers
//
// [ReadOffer] takes the prices of other services from offer files of one region, by data files in services/ that say
// which products, in which unit, and where each goes in package pricing's tables. [ReadSavingsPlan] reads whether a
// Savings Plan covers MicroVMs.
//
// # What is not promised
//
// Only list prices on demand are read: no free tier, no Savings Plan, no price agreed with AWS. Nothing says that the
// file is genuine or recent; [Plausible] and [Compare] show what would change. The CSV form of the offer file is
// not read; indexes that point to offer files are package prices' to read.
package pricelist
