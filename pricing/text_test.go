package pricing_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"microspend/pricing"
)

// A program that writes bills as JSON finds the ids and days that outputs have, and reads them back.
func TestTextForms(t *testing.T) {
	day, err := pricing.ParseDate("2026-09-19")
	require.NoError(t, err)
	type all struct {
		Day       pricing.Date
		Quantity  pricing.BilledQuantity
		Component pricing.Component
		Size      pricing.Size
	}
	written := all{day, pricing.SnapshotWrite, pricing.ReadResume, pricing.MustSize("4GB")}
	text, err := json.Marshal(written)
	require.NoError(t, err)
	require.JSONEq(
		t,
		`{"Day": "2026-09-19", "Quantity": "snapshot.write", "Component": "snapshot.read.resume", "Size": "4GB"}`,
		string(text),
	)
	var read all
	require.NoError(t, json.Unmarshal(text, &read))
	require.Equal(t, written, read)

	for _, bad := range []string{
		`{"Day": "19.9.2026"}`, `{"Quantity": "storge"}`, `{"Component": "storge"}`, `{"Size": "3GB"}`,
	} {
		require.Error(t, json.Unmarshal([]byte(bad), &read), bad)
	}
	require.NoError(t, json.Unmarshal([]byte(`{"Day": ""}`), &read))
	require.True(t, read.Day.IsZero(), "a day that is not known")
	require.Panics(t, func() { pricing.MustSize("3GB") })
}

func TestErrorsCanBeToldApart(t *testing.T) {
	_, err := pricing.EmbeddedCards().Card("eu-south-2")
	require.ErrorIs(t, err, pricing.ErrNoCard)

	w := pricing.Workload{Size: pricing.MustSize("2GB"), Running: whole(3600)}
	_, err = w.Bill(pricing.RateCard{})
	require.ErrorIs(t, err, pricing.ErrUnknownRate)
	require.EqualError(t, err, "the vCPU rate is not known: the rate card has no region and no rates\n"+
		"the memory rate is not known: the rate card has no region and no rates")

	book, err := pricing.EmbeddedPrices()
	require.NoError(t, err)
	demand := pricing.Demand{Region: "eu-west-1", Size: w.Size, Users: whole(1), Running: whole(3600)}
	for _, tc := range []struct {
		of       pricing.EC2
		unlisted bool
		likely   string
	}{
		{pricing.EC2{Type: "t4g.medum"}, true, "t4g.medium"},
		{pricing.EC2{Type: "t9g.nano"}, true, ""},
	} {
		unpriced := tc.of.Price(book, demand)
		require.ErrorIs(t, unpriced.Err, pricing.ErrUnpriced)
		why, ok := errors.AsType[*pricing.UnpricedError](unpriced.Err)
		require.True(t, ok)
		require.Equal(t, tc.unlisted, why.Unlisted, tc.of.Type)
		require.Equal(t, tc.likely, why.Likely, tc.of.Type)
	}
	priced := pricing.EC2{Type: "t4g.medium"}.Price(book, demand)
	require.NoError(t, priced.Err)
	require.Empty(t, priced.Unknown())
}

// Three lines of a third of a cent more than a cent would be shown as 0.01 each, and their sum as 0.04.
func TestCentsAddUp(t *testing.T) {
	card := postCard()
	w := awsExample1(t)
	bill, err := w.Bill(card)
	require.NoError(t, err)
	lines, total := bill.Cents()
	require.Len(t, lines, len(bill.Lines))
	sum := whole(0)
	for i, line := range lines {
		sum = sum.Add(line)
		require.True(t, line.Sub(bill.Lines[i].Amount).Abs().LessThan(dec("0.01")), bill.Lines[i].Component)
	}
	require.Equal(t, total.String(), sum.String())
	require.Equal(t, bill.Total().RoundBank(2).String(), total.String())
}
