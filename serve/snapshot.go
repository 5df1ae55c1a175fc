package serve

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"io/fs"
	"os"
	"path/filepath"

	"microspend/ledger"
	"microspend/spend"
	"microspend/spend/anomaly"
	"microspend/spend/budget"
)

// Inputs are what answers are built from.
type Inputs struct {
	Source      spend.Source
	Budgets     budget.Set
	AnomalyRule anomaly.Rule
	Ledger      *ledger.Ledger
	// Files are what else the answers depend on: the configuration, the tenants file, rate cards. The inputs are reloaded
	// when one of them changes, appears or disappears.
	Files []string
}

// snapshot is the inputs as loaded at one time, and the version of the files then.
type snapshot struct {
	Inputs
	version string
}

// fingerprint distinguishes states of the ledger and the files by names, sizes and modification times. A day's
// manifest is replaced whenever anything in the day changes.
func (in Inputs) fingerprint() string {
	hash := sha256.New()
	add := func(path string) {
		info, err := os.Stat(path)
		if err != nil {
			hash.Write([]byte(path + "\x00absent\x00"))
			return
		}
		hash.Write([]byte(path + "\x00"))
		var numbers [16]byte
		binary.LittleEndian.PutUint64(numbers[:], uint64(info.Size()))
		binary.LittleEndian.PutUint64(numbers[8:], uint64(info.ModTime().UnixNano()))
		hash.Write(numbers[:])
	}
	for _, file := range in.Files {
		add(file)
	}
	days, _ := fs.Glob(os.DirFS(in.Ledger.Dir()), "usage/dt=*")
	for _, day := range days {
		add(filepath.Join(in.Ledger.Dir(), day, "_manifest.json"))
	}
	return hex.EncodeToString(hash.Sum(nil)[:12])
}
