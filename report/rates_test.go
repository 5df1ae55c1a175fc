package report

import (
	"slices"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"microspend/pricing"
	"microspend/view"
)

func TestPrices(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		card, err := testMarket().Cards.Card("eu-west-1")
		require.NoError(t, err)
		card.Discounts[pricing.VCPU] = decimal.New(int64(rapid.IntRange(0, 50).Draw(t, "discount")), -2)
		var quantities pricing.Quantities
		for q := range quantities {
			quantities[q] = decimal.New(rapid.Int64Range(0, 1e9).Draw(t, "quantity"), -3)
		}
		bill, err := quantities.Bill(card)
		require.NoError(t, err)
		d := Price(bill, testDay)
		requireReadable(t, d)
		document, rows := written(t, d)
		requireSame(t, at(t, document, "lines"), rows)
		requireFigure(t, bill.Total(), document, "total")
		for i, line := range bill.Lines {
			requireFigure(t, line.Amount, document, "lines", i, "amount")
			require.Equal(t, "eu-west-1", rows[i]["region"])
		}
		if bill.Negotiated() {
			requireFigure(t, bill.ListTotal(), document, "list_total")
		}
	})
}

func TestCards(t *testing.T) {
	var cards []pricing.RateCard
	var series []pricing.Series
	for _, region := range testMarket().Cards.Regions() {
		card, err := testMarket().Cards.Card(region)
		require.NoError(t, err)
		cards, series = append(cards, card), append(series, pricing.OneCard(card))
	}
	all := Cards(series, testDay)
	requireReadable(t, all)
	list, rows := written(t, all)
	for i, card := range cards {
		card.Discounts = pricing.FlatDiscount(decimal.New(5, -2))
		for _, card := range []pricing.RateCard{cards[i], card} {
			d := Card(pricing.OneCard(card), testDay)
			requireReadable(t, d)
			document, cardRows := written(t, d)
			requireSame(t, at(t, document, "rates"), cardRows)
			for j, q := range pricing.BilledQuantities() {
				rate := card.Rate(q)
				if !rate.Known() {
					require.Nil(t, at(t, document, "rates", j, "figure"))
					require.Equal(t, "unknown", cardRows[j]["figure"])
					continue
				}
				requireFigure(t, rate.Figure, document, "rates", j, "figure")
				columns := d.Sections[0].Table.Columns
				figure := slices.IndexFunc(columns, func(h view.Head) bool { return h.ID == "figure" })
				shown := d.Sections[0].Table.Row(j).Cell(figure).String()
				require.Equal(t, card.Charged(q).Figure.String(), shown, "people see what is charged")
				if card.Negotiated() {
					requireFigure(t, card.Charged(q).Figure, document, "rates", j, "effective_figure")
					require.Equal(t, "5%", cardRows[j]["discount"])
				}
			}
		}
		count := len(pricing.AllRated())
		requireSame(t, at(t, list, i, "rates"), rows[i*count:(i+1)*count])
	}
}
