package serve

import (
	"context"
	"fmt"
	"hash/fnv"
	"os"

	"microspend/ledger"
	"microspend/spend"
	"microspend/spend/advise"
	"microspend/spend/anomaly"
	"microspend/spend/budget"
	"microspend/spend/closing"
)

// Inputs are what answers are built from.
type Inputs struct {
	Source      spend.Source
	Budgets     budget.Set
	AnomalyRule anomaly.Rule
	Ledger      ledger.Reader
	Advice      *advise.Inputs // nil where pages have no advice
	// Files are what else the answers depend on: the configuration, the tenants file, rate cards. The inputs are reloaded
	// when one of them changes, appears or disappears.
	Files []string
}

// snapshot is the inputs as loaded at one time, and the version of the files then.
type snapshot struct {
	Inputs
	version string
}

// fingerprint distinguishes states of the ledger and of the files, the latter by name, size and modification time. A
// ledger that cannot be read is a state, too: what is built from it reports why.
func (in Inputs) fingerprint(ctx context.Context) string {
	hash := fnv.New128a()
	state, err := in.Ledger.Fingerprint(ctx)
	fmt.Fprintf(hash, "%s %v\n", state, err)
	closed, err := in.Ledger.ListDocuments(ctx, closing.Folder) // reopening a month leaves a document with another name
	fmt.Fprintf(hash, "%q %v\n", closed, err)
	if in.Advice != nil {
		dismissed, err := in.Ledger.Document(ctx, advise.DocumentName)
		fmt.Fprintf(hash, "%q %t\n", dismissed, err != nil)
	}
	for _, file := range in.Files {
		if info, err := os.Stat(file); err != nil {
			fmt.Fprintf(hash, "%q absent\n", file)
		} else {
			fmt.Fprintf(hash, "%q %d %d\n", file, info.Size(), info.ModTime().UnixNano())
		}
	}
	return fmt.Sprintf("%x", hash.Sum(nil))
}
