package pricelist

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// SavingsPlan is what a Compute Savings Plan's price list of one region says of MicroVMs.
type SavingsPlan struct {
	Edition Edition
	Region  string
	Rates   int      // that the plan has, of any service
	Covered []string // usage types of MicroVMs for which it has a rate, in alphabetical order
}

// ReadSavingsPlan reads the price list of a Savings Plan for one region, in memory that does not grow with it.
func ReadSavingsPlan(given Page) (SavingsPlan, error) {
	lim := awsLimits()
	lim.input = maxOfferBytes
	var total int64
	r := &savingsReader{document: newDocument(given.Body, lim, &total)}
	if err := r.object(r.member); err != nil {
		return SavingsPlan{}, err
	}
	if err := r.end(); err != nil {
		return SavingsPlan{}, err
	}
	if !r.terms {
		return SavingsPlan{}, errors.New("not the price list of a Savings Plan: it has no terms.savingsPlan")
	}
	var err error
	if r.plan.Edition, err = newEdition(r.version, r.published); err != nil {
		return SavingsPlan{}, err
	}
	slices.Sort(r.plan.Covered)
	r.plan.Covered = slices.Compact(r.plan.Covered)
	return r.plan, nil
}

type savingsReader struct {
	*document
	plan               SavingsPlan
	version, published string
	terms              bool
}

func (r *savingsReader) member(key string) (err error) {
	switch key {
	case "version":
		r.version, err = r.text()
	case "publicationDate":
		r.published, err = r.text()
	case "regionCode":
		r.plan.Region, err = r.text()
	case "terms":
		return r.object(func(kind string) error {
			if kind != "savingsPlan" {
				return r.skip()
			}
			r.terms = true
			return r.array(func(int) error { return r.object(r.term) })
		})
	default:
		return r.skip()
	}
	return err
}

func (r *savingsReader) term(key string) error {
	if key != "rates" {
		return r.skip()
	}
	return r.array(func(int) error {
		var rate struct {
			UsageType string `json:"discountedUsageType"`
		}
		if err := r.decode(&rate); err != nil {
			return err
		}
		r.plan.Rates++
		if !strings.Contains(rate.UsageType, "Lambda-MicroVM-") {
			return nil
		}
		if len(r.plan.Covered) >= r.limits.products {
			return fmt.Errorf("more than %d rates of MicroVMs", r.limits.products)
		}
		r.plan.Covered = append(r.plan.Covered, visible(rate.UsageType))
		return nil
	})
}

// visible is a name from a file as it can be shown and kept.
func visible(name string) string {
	if plain(name) {
		return name
	}
	return fmt.Sprintf("%.64q", name)
}
