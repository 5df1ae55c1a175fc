package advise

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"microspend/ledger"
	"microspend/ledger/audit"
)

// Dismissal is somebody's no to a piece of advice.
type Dismissal struct {
	ID      string          `json:"id"`
	Kind    Kind            `json:"kind"`
	Subject string          `json:"subject"`
	Saving  decimal.Decimal `json:"saving_month"` // when it was said
	Reason  string          `json:"reason"`
	By      string          `json:"by"`
	At      time.Time       `json:"at"`
}

// Dismissals are all of them, by the id of the advice.
type Dismissals map[string]Dismissal

// DocumentName is what they are kept under in a ledger's documents, so that all who read it share them.
const DocumentName = "advise/dismissed.json"

const dismissedSchema = "microspend.dismissed/v1"

type dismissedFile struct {
	Schema    string      `json:"schema"`
	Dismissed []Dismissal `json:"dismissed"`
}

// MaxReason is the longest reason, in bytes.
const MaxReason = 500

// ReadDismissals reads what somebody has said no to; none is no error.
func ReadDismissals(ctx context.Context, l ledger.Documents) (Dismissals, error) {
	text, err := l.Document(ctx, DocumentName)
	if errors.Is(err, fs.ErrNotExist) {
		return Dismissals{}, nil
	}
	if err != nil {
		return nil, err
	}
	return parseDismissals(text)
}

func parseDismissals(text []byte) (Dismissals, error) {
	all := Dismissals{}
	if len(text) == 0 {
		return all, nil
	}
	var file dismissedFile
	if err := json.Unmarshal(text, &file); err != nil {
		return nil, fmt.Errorf("%s: %w", DocumentName, err)
	}
	if file.Schema != dismissedSchema {
		return nil, fmt.Errorf("%s has schema %.40q; this version of microspend reads %s", DocumentName, file.Schema,
			dismissedSchema)
	}
	for _, d := range file.Dismissed {
		all[d.ID] = d
	}
	return all, nil
}

// Dismiss says no to a piece of advice. Saying it again replaces the reason.
func Dismiss(ctx context.Context, l ledger.Store, d Dismissal) error {
	switch d.Reason = strings.TrimSpace(d.Reason); {
	case d.Reason == "":
		return errors.New("give a reason: who reads the list next will ask for it")
	case len(d.Reason) > MaxReason:
		return fmt.Errorf("the reason has %d bytes; %d are the most", len(d.Reason), MaxReason)
	}
	d.At = d.At.UTC().Truncate(time.Second)
	return change(ctx, l, audit.Entry{Action: "dismiss", Note: d.ID + ": " + d.Reason}, func(all Dismissals) error {
		all[d.ID] = d
		return nil
	})
}

// NotDismissedError says that there is nothing to restore.
type NotDismissedError struct{ ID string }

func (e *NotDismissedError) Error() string {
	return fmt.Sprintf("%.80q is not dismissed; advise --dismissed lists what is", e.ID)
}

// Restore takes a no back.
func Restore(ctx context.Context, l ledger.Store, id string) error {
	return change(ctx, l, audit.Entry{Action: "restore", Note: id}, func(all Dismissals) error {
		if _, found := all[id]; !found {
			return &NotDismissedError{id}
		}
		delete(all, id)
		return nil
	})
}

// change changes what is kept, with an entry in the audit log. Where somebody else does at the same time, both count.
func change(ctx context.Context, l ledger.Store, entry audit.Entry, edit func(Dismissals) error) error {
	const tries = 20 // others would have to write without a pause
	for try := 1; ; try++ {
		before, err := l.Document(ctx, DocumentName)
		if errors.Is(err, fs.ErrNotExist) {
			before, err = nil, nil
		}
		if err != nil {
			return err
		}
		all, err := parseDismissals(before)
		if err != nil {
			return err
		}
		if err := edit(all); err != nil {
			return err
		}
		after, err := encode(all)
		if err != nil {
			return err
		}
		changed := audit.Change{Path: DocumentName, After: audit.Sum(after)}
		if before != nil {
			changed.Before = audit.Sum(before)
		}
		entry.Changes = []audit.Change{changed}
		err = l.Audit(entry, func() error { return l.SwapDocument(ctx, DocumentName, before, after) })
		if _, conflict := errors.AsType[*ledger.ConflictError](err); !conflict || try == tries {
			return err
		}
	}
}

func encode(all Dismissals) ([]byte, error) {
	file := dismissedFile{Schema: dismissedSchema, Dismissed: []Dismissal{}}
	for _, d := range all {
		file.Dismissed = append(file.Dismissed, d)
	}
	slices.SortFunc(file.Dismissed, func(a, b Dismissal) int { return strings.Compare(a.ID, b.ID) })
	text, err := json.MarshalIndent(file, "", " ")
	return append(text, '\n'), err
}

// part sets dismissed advice aside. What would save twice as much by now comes back: whoever said no to a dollar has
// not said no to ten.
func (r *Report) part(dismissals Dismissals) {
	kept := r.Advice[:0:0]
	for _, a := range r.Advice {
		d, found := dismissals[a.ID]
		switch {
		case !found:
			kept = append(kept, a)
		case a.Saving.GreaterThanOrEqual(d.Saving.Add(d.Saving)):
			a.Returned = &d
			kept = append(kept, a)
		default:
			a.Dismissed = &d
			r.Dismissed = append(r.Dismissed, a)
		}
	}
	r.Advice = kept
}
