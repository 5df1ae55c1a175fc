package main

import (
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/require"

	"microspend/internal/cardstore"
	"microspend/internal/fakepricelist"
	"microspend/pricing"
)

// makeMirror is the scripts' command mirror: mirror FOLDER REGIONS [OFFER/REGION/SKU=PRICE …] writes a Price List with the
// rates of us-east-1, and single prices changed; for an offer's file alone, FOLDER has the other files already.
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

// largeMirror serves an EC2 offer file that is made as it is sent, so that only its reader could hold it.
func largeMirror(t *testing.T, size int64) string {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "/AmazonEC2/current/us-east-1/index.json") {
			http.NotFound(w, r)
			return
		}
		_ = fakepricelist.WriteLarge(w, "us-east-1", size)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// TestUpdateInFlatMemory measures the program itself: eight times as large a file takes it no more memory than an eighth.
// RATES_MB=300 makes the large file as large as AWS's.
func TestUpdateInFlatMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("reads 45 MB")
	}
	large := int64(40)
	if text := os.Getenv("RATES_MB"); text != "" {
		given, err := strconv.ParseInt(text, 10, 64)
		require.NoError(t, err)
		large = given
	}
	peak := func(mb int64) int64 {
		dir := t.TempDir()
		cmd := exec.Command("microspend", "rates", "update", "--service", "ec2,ebs", "--region", "us-east-1", "--from",
			largeMirror(t, mb<<20), "--rates-dir", dir)
		start := time.Now()
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", out)
		require.FileExists(t, filepath.Join(dir, "prices", "ec2", "us-east-1", "ec2.yaml"))
		usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
		require.True(t, ok)
		t.Logf("%d MB: %.1f s, %d MiB at most", mb, time.Since(start).Seconds(), usage.Maxrss>>10)
		return usage.Maxrss >> 10
	}
	small := peak(large / 8)
	require.Less(t, peak(large), small+24, "MiB")
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
