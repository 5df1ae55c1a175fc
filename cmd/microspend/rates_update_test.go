package main

import (
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/require"

	"microspend/internal/cardstore"
	"microspend/internal/fakepricelist"
	"microspend/pricing"
)

// makeMirror is the scripts' command mirror: mirror FOLDER REGIONS [OFFER/REGION/SKU=PRICE …] writes a Price List with
// the rates of us-east-1, and single prices changed; for an offer's file alone, FOLDER has the other files already.
func makeMirror(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: mirror FOLDER REGIONS [OFFER/REGION/SKU=PRICE …]")
	}
	list := fakepricelist.Standard(strings.Split(args[1], ",")...)
	for _, change := range args[2:] {
		place, price, _ := strings.Cut(change, "=")
		parts := strings.Split(place, "/")
		product := list.Product(parts[0], parts[1], parts[2])
		product.Tiers[0].Price = price
	}
	ts.Check(list.WriteTo(ts.MkAbs(args[0])))
}

// TestUpdateKilledAtAnyMoment kills the program while it updates a store from one list to another: whatever the moment,
// all prices of the region are those of the one or of the other, and the next update gives the other.
func TestUpdateKilledAtAnyMoment(t *testing.T) {
	t.Parallel()
	times := 30
	if testing.Short() {
		times = 3
	}
	dir := t.TempDir()
	mirrors := [2]string{filepath.Join(dir, "even"), filepath.Join(dir, "odd")}
	for g, mirror := range mirrors {
		list := fakepricelist.Standard("us-west-2")
		for _, sku := range []string{"T4GMEDIUM", "GP3"} {
			list.Product("AmazonEC2", "us-west-2", sku).Tiers[0].Price = "0.08" + strconv.Itoa(g)
		}
		list.Product("AWSLambda", "us-west-2", "VCPU").Tiers[0].Price = "0.0000280" + strconv.Itoa(g)
		require.NoError(t, list.WriteTo(mirror))
	}
	store := filepath.Join(dir, "store")
	update := func(g int) *exec.Cmd {
		return exec.Command("microspend", "rates", "update", "--from", mirrors[g], "--rates-dir", store)
	}
	figures := func() [3]string {
		find := func(table string, keys ...string) string {
			book, err := pricing.EmbeddedPrices()
			require.NoError(t, err)
			for _, fetched := range cardstore.In(store).Prices() {
				book = book.Over(fetched)
			}
			at, err := book.Table("us-west-2", table)
			require.NoError(t, err)
			price, ok := at(keys)
			require.True(t, ok)
			return price.USD.String()
		}
		card, err := pricing.EmbeddedCards().Over(cardstore.In(store).FS()).Card("us-west-2")
		require.NoError(t, err)
		return [3]string{
			find("ec2", "hourly", "us-west-2", "t4g.medium"), find("ec2", "ebs_gb_month", "us-west-2"),
			card.Rate(pricing.VCPU).Figure.String(),
		}
	}
	of := [2][3]string{{"0.08", "0.08", "0.000028"}, {"0.081", "0.081", "0.00002801"}}
	started := time.Now()
	out, err := update(0).CombinedOutput()
	require.NoError(t, err, "%s", out)
	full := time.Since(started)
	require.Equal(t, of[0], figures())
	random := rand.New(rand.NewPCG(1, 2))
	for i := range times {
		next := (i + 1) % 2
		cmd := update(next)
		require.NoError(t, cmd.Start())
		time.Sleep(time.Duration(random.Int64N(int64(full) * 6 / 5)))
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		require.Contains(t, of[:], figures(), "round %d", i)
		out, err := update(next).CombinedOutput()
		require.NoError(t, err, "%s", out)
		require.Equal(t, of[next], figures())
	}
}
