package prices

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"microspend/internal/cardstore"
	"microspend/pricing"
	"microspend/pricing/pricelist"
)

// PlanOutcome is whether a Compute Savings Plan covers MicroVMs in a region.
type PlanOutcome struct {
	Region string
	Plan   pricing.SavingsPlan
}

// planAge is for how many days it is taken as known whether a plan covers MicroVMs: the price list that says so has
// hundred megabytes.
const planAge = 30

// readPlans looks up whether a Compute Savings Plan covers MicroVMs, unless that was done lately. It is no price: where
// it cannot be read, the rates are none the worse, and the assumption stays.
func (u *update) readPlans(ctx context.Context, index map[string]offerPaths) {
	if u.stopped != nil || len(u.files) == 0 && !u.knownCard() {
		return
	}
	card, err := u.newest()
	if err != nil || card.Region == "" {
		return
	}
	if !card.SavingsPlan.ReadOn.IsZero() && card.SavingsPlan.ReadOn.DaysUntil(u.Today.Start()) < planAge {
		return
	}
	plan, found, err := u.plan(ctx, index)
	if err != nil {
		u.Warn(fmt.Sprintf("whether a Savings Plan covers MicroVMs in %s could not be read: %v", u.region, err))
	}
	if err != nil || !found {
		return
	}
	card.SavingsPlan = plan
	files, err := cardstore.Encode([]pricing.RateCard{card})
	if err != nil {
		u.Warn(err.Error())
		return
	}
	maps.Copy(u.files, files)
	u.state.changed = true
	u.plans = append(u.plans, PlanOutcome{u.region, plan})
}

func (u *update) knownCard() bool {
	card, err := u.present()
	return err == nil && card.Region != ""
}

// newest is the card that this update makes the region's newest, or the present one.
func (u *update) newest() (pricing.RateCard, error) {
	if u.card != nil {
		return *u.card, nil
	}
	return u.present()
}

func (u *update) plan(
	ctx context.Context,
	index map[string]offerPaths,
) (plan pricing.SavingsPlan, found bool, err error) {
	at, err := paths(index, pricelist.ServiceCode)
	if err != nil {
		return plan, false, err
	}
	var list struct {
		Regions []struct {
			Region string `json:"regionCode"`
			File   string `json:"versionUrl"`
		} `json:"regions"`
	}
	err = u.readJSON(ctx, at.SavingsIndex, &list)
	if _, missing := errors.AsType[*MissingError](err); missing {
		return plan, false, nil
	}
	if err != nil {
		return plan, false, err
	}
	for _, each := range list.Regions {
		if each.Region != u.region {
			continue
		}
		path, err := within(each.File)
		if err != nil {
			return plan, false, err
		}
		var read pricelist.SavingsPlan
		err = u.whole(withWatch(ctx, u.Progress("Savings Plan "+u.region)), path, Validators{}, func(file *File) (err error) {
			read, err = pricelist.ReadSavingsPlan(pricelist.Page{Name: path, Body: file})
			return err
		})
		if err != nil {
			return plan, false, err
		}
		if read.Region != u.region || read.Rates == 0 {
			return plan, false, fmt.Errorf("%s is the price list of %.40q, with %d rates", path, read.Region, read.Rates)
		}
		day := read.Edition.Published
		if day.IsZero() {
			day = u.Today
		}
		source := "AWS Compute Savings Plan price list"
		if read.Edition.Version != "" {
			source += " " + read.Edition.Version
		}
		return pricing.SavingsPlan{Covers: read.Covered, Source: source, ReadOn: day}, true, nil
	}
	return plan, false, nil
}
