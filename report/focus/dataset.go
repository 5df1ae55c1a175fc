package focus

import (
	"errors"
	"time"

	"microspend/spend"
)

// Dataset is what is written.
type Dataset struct {
	Charges spend.Charges
	// Billing is the AWS account that is billed. An empty id stands for the one account whose usage it is; with several,
	// or where the ledger does not know it, it must be given.
	Billing Account

	Corrections []Correction
}

// Account is an AWS account. Where its name is not known, its id is shown for it.
type Account struct{ ID, Name string }

// Correction changes a charge of a month that is closed, as AWS does: the rows of the month stay, and a row of class
// Correction is billed with a later one. Of its charge, what was used and the amount are differences, theirs after the
// correction minus theirs before, and may be below zero; unit prices are those after it. Amounts of a dataset thereby
// add up to what is right.
type Correction struct {
	Charge spend.Charge
	Billed time.Time // a day of the month with which it is billed
	Cause  string    // why, as a phrase: "usage came late"
}

// CorrectionsOf are the corrections of closed months among charges.
func CorrectionsOf(charges spend.Charges) []Correction {
	var out []Correction
	for _, c := range charges.Corrections {
		cause := c.Correction.Reason + " after " + c.Correction.Month + " was closed"
		out = append(out, Correction{c, c.Correction.Billed, cause})
	}
	return out
}

var errNoAccount = errors.New("FOCUS names the billed account, which the ledger does not know for all usage " +
	"or has several of; set it with --billing-account")

// billing settles which account is billed.
func (d Dataset) billing() (Account, error) {
	if d.Billing.ID != "" {
		return d.Billing, nil
	}
	if len(d.Charges.Lines)+len(d.Corrections) == 0 {
		return Account{}, nil // no row needs it
	}
	if len(d.Charges.Accounts) != 1 || d.Charges.Accounts[0] == "" {
		return Account{}, errNoAccount
	}
	return Account{ID: d.Charges.Accounts[0], Name: d.Billing.Name}, nil
}

// each hands on the rows in order, corrections last.
func (d Dataset) each(take func(*row) error) error {
	billing, err := d.billing()
	if err != nil {
		return err
	}
	for _, charge := range d.Charges.Lines {
		r := row{Charge: charge, billing: billing, policy: d.Charges.Policy, billed: monthOf(charge.Day)}
		r.price()
		if err := take(&r); err != nil {
			return err
		}
	}
	for _, c := range d.Corrections {
		r := row{
			Charge: c.Charge, billing: billing, policy: d.Charges.Policy, billed: monthOf(c.Billed), correction: true,
			cause: c.Cause,
		}
		r.price()
		if err := take(&r); err != nil {
			return err
		}
	}
	return nil
}
