package collector

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/url"
	"path"
	"path/filepath"

	"microspend/ledger"
	"microspend/ledger/stores"
)

// Ledger is what is collected into, and where this machine keeps what has been read and is not in it yet. Runs open it
// anew each, so that no connection and no lock outlasts one.
//
// All that a run has to know of earlier ones lies among the ledger's documents, so that the next run can be made
// anywhere. The journal does not: it has what has not got there.
type Ledger struct {
	Open           func(context.Context, ledger.Options) (ledger.Reader, error)
	OpenForWriting func(context.Context, ledger.Options) (ledger.Store, error)
	// Folder is the ledger's own, in which the journal lies beside the documents; "" for a ledger that is in none.
	Folder string
	// State is a folder of this machine below which the journal of a ledger that is in no folder lies, apart from those of
	// other ledgers.
	State string
}

// In is the ledger of a name, as package stores opens it.
func In(name, state string) Ledger {
	l := Ledger{
		Open: func(ctx context.Context, o ledger.Options) (ledger.Reader, error) { return stores.Open(ctx, name, o) },
		OpenForWriting: func(ctx context.Context, o ledger.Options) (ledger.Store, error) {
			return stores.OpenForWriting(ctx, name, o)
		},
		State: state,
	}
	if stores.IsFolder(name) {
		l.Folder = name
	}
	return l
}

// local is the folder that the journal lies in, of a ledger that is called so in front of people: a name without
// credentials, which may change.
func (l Ledger) local(name string) (string, error) {
	switch {
	case l.Folder != "":
		return filepath.Join(l.Folder, collectFolder), nil
	case l.State == "":
		return "", errors.New("there is no home directory to keep the journal in; set HOME or XDG_STATE_HOME")
	}
	sum := sha256.Sum256([]byte(name))
	return filepath.Join(l.State, hex.EncodeToString(sum[:8]), collectFolder), nil
}

// collectFolder is where what collectors keep lies among a ledger's documents, by source.
const collectFolder = ".collect"

// documentOf is the name of what is kept of a source.
func documentOf(source, name string) string { return path.Join(collectFolder, source, name) }

// checkpointName is the document of a target's checkpoint.
func checkpointName(source string, target Target) string {
	account := target.Account
	if account == "" {
		account = unknownAccount
	}
	return documentOf(source, url.PathEscape(account)+"_"+url.PathEscape(target.Region)+".json")
}

// SourceState is what a source remembered of a target when it was last collected into a ledger; nil where it never was.
func SourceState(ctx context.Context, l ledger.Reader, source string, target Target) (json.RawMessage, error) {
	s, err := loadCheckpoint(ctx, l, source, target)
	if err != nil {
		return nil, err
	}
	return s.Source, nil
}
