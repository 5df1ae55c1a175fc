package focus

import (
	"errors"

	"microspend/spend"
)

// Dataset is what is written.
type Dataset struct {
	Charges spend.Charges
	// Account is the AWS account that is billed. Empty stands for the one account whose usage it is; with several, or
	// where the ledger does not know it, it must be given.
	Account string
}

var errNoAccount = errors.New("FOCUS names the billed account, which the ledger does not know for all usage " +
	"or has several of; set it with --billing-account")

// account settles which account is billed.
func (d Dataset) account() (string, error) {
	if d.Account != "" {
		return d.Account, nil
	}
	if len(d.Charges.Lines) == 0 {
		return "", nil // no row needs it
	}
	if len(d.Charges.Accounts) != 1 || d.Charges.Accounts[0] == "" {
		return "", errNoAccount
	}
	return d.Charges.Accounts[0], nil
}

// each hands on the rows in order.
func (d Dataset) each(take func(*row) error) error {
	account, err := d.account()
	if err != nil {
		return err
	}
	for _, charge := range d.Charges.Lines {
		r := row{Charge: charge, account: account, policy: d.Charges.Policy}
		r.price()
		if err := take(&r); err != nil {
			return err
		}
	}
	return nil
}
