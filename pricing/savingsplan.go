package pricing

import (
	"errors"
	"fmt"
	"strings"

	"microspend/pricing/assumption"
)

// SavingsPlan is what a Compute Savings Plan's price list says of MicroVMs in a region. The zero value says nothing, as
// nobody has looked.
type SavingsPlan struct {
	Covers []string // usage types of MicroVMs that a plan has a rate for
	Source string
	ReadOn Date // the zero date where nobody has looked
}

type savingsPlanFile struct {
	Covers []string `yaml:"covers"`
	Source string   `yaml:"source"`
	ReadOn string   `yaml:"read_on"`
}

func (f *savingsPlanFile) plan() (SavingsPlan, error) {
	if f == nil {
		return SavingsPlan{}, nil
	}
	readOn, err := ParseDate(f.ReadOn)
	if err == nil && f.Source == "" {
		err = errors.New("it names its source")
	}
	if err != nil {
		return SavingsPlan{}, fmt.Errorf("savings_plan: %w", err)
	}
	return SavingsPlan{f.Covers, f.Source, readOn}, nil
}

func (p SavingsPlan) file() *savingsPlanFile {
	if p.ReadOn.IsZero() {
		return nil
	}
	return &savingsPlanFile{append([]string{}, p.Covers...), p.Source, p.ReadOn.String()}
}

// TermsNote says what is taken to come off the card's rates: no free tier and no Savings Plan, as an assumption of both
// where nobody has looked for a plan.
func (c RateCard) TermsNote() Note { return c.SavingsPlan.TermsNote() }

// TermsNote says the same of the rates of a card with the plan.
func (plan SavingsPlan) TermsNote() Note {
	switch {
	case plan.ReadOn.IsZero():
		return assumption.NoFreeTier.Note()
	case len(plan.Covers) == 0:
		return assumption.NoFreeTierNoPlan.Note(plan.Source, plan.ReadOn)
	default:
		return assumption.SavingsPlanCovers.Note(strings.Join(plan.Covers, ", "), plan.Source, plan.ReadOn)
	}
}
