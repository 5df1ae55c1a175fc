package pricelist

import (
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"microspend/pricing"
)

// largeOffer writes an offer file of about 60 MB in which five products matter.
func largeOffer(t *testing.T, out io.Writer) error {
	const unrelated = 40_000
	filler := row{
		group: "AWS-Lambda-Duration", region: "us-east-1", usageType: "Lambda-GB-Second",
		priceDescription: strings.Repeat("Invocation duration weighted by memory. ", 12), unit: "Lambda-GB-Second",
		begin: "0", end: "Inf",
		prices: map[string]string{"USD": "0.0000166667"}, copies: 2,
	}
	fill := func(of func(row) object) error {
		filler.sku = "@"
		text := encode(t, of(filler))
		for i := range unrelated {
			sku := fmt.Sprintf("FILLER%010d", i)
			if _, err := fmt.Fprintf(out, "%q:%s,", sku, strings.ReplaceAll(text, "@", sku)); err != nil {
				return err
			}
		}
		return nil
	}
	products, terms := object{}, object{}
	for _, r := range fiveRows("eu-west-1", "EU-") {
		products[r.sku], terms[r.sku] = r.product(), r.onDemand()
	}
	if _, err := io.WriteString(out, `{"offerCode":"AWSLambda","version":"1","products":{`); err != nil {
		return err
	}
	if err := fill(row.product); err != nil {
		return err
	}
	_, err := io.WriteString(out, strings.TrimPrefix(encode(t, products), "{")+`,"terms":{"OnDemand":{`)
	if err != nil {
		return err
	}
	if err := fill(row.onDemand); err != nil {
		return err
	}
	_, err = io.WriteString(out, strings.TrimPrefix(encode(t, terms), "{")+"}}")
	return err
}

// heapWatch notes the largest heap seen while its reader is read from.
type heapWatch struct {
	io.Reader
	read, next int64
	most       uint64
}

func (w *heapWatch) Read(p []byte) (int, error) {
	n, err := w.Reader.Read(p)
	w.read += int64(n)
	if w.read >= w.next {
		w.next += 4 << 20
		runtime.GC() // what stays is what is held
		w.most = max(w.most, heap())
	}
	return n, err
}

func heap() uint64 {
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

func TestLargeOfferFileInBoundedMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("reads 60 MB")
	}
	out, in := io.Pipe()
	go func() { in.CloseWithError(largeOffer(t, in)) }()
	watch := &heapWatch{Reader: out}
	runtime.GC()
	before := heap()
	l, err := Read(Page{"large.json", watch})
	require.NoError(t, err)
	require.Greater(t, watch.read, int64(60<<20))
	require.Less(t, watch.most, before+8<<20, "held while reading %d bytes", watch.read)
	_, err = l.Card("eu-west-1", pricing.RateCard{}, date(t, "2026-10-01"))
	require.NoError(t, err)
}
