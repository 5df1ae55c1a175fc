package main

import (
	"os"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/require"

	"microspend/internal/fakepricelist"
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

// TestScratchMirror is for looking at what a person sees: it writes a mirror where it is told to.
func TestScratchMirror(t *testing.T) {
	folder := os.Getenv("RATES_SCRATCH")
	if folder == "" {
		t.Skip("only by hand")
	}
	require.NoError(t, fakepricelist.Standard("us-east-1", "us-west-2", "eu-west-3").WriteTo(folder))
}
