package audit

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"
)

// readsAtATime is how many chains are asked for at a time: each is a request where the log lies in a bucket.
const readsAtATime = 16

// VerifyShared reads the whole log of a ledger that several writers write to, checks that each chain holds, that those
// that another one follows are there as that one found them, and that what the log follows is what its entries say.
//
// State has the SHA-256 of all that the log follows, by path, as [Change] names it; nil compares nothing. Several
// writers replace a file one after the other, whichever chain says so first: what a file must be now is what the
// entries about it that have taken effect lead to, from one content to the next. An entry that failed, or whose writer
// is at work or was killed, may have taken effect or not.
func VerifyShared(ctx context.Context, docs Documents, state map[string]string, o Options) (Result, error) {
	chains, err := readChains(ctx, docs)
	if err != nil {
		return Result{}, err
	}
	v := &sharedVerifier{chains: chains, acknowledged: map[string]bool{}}
	heads, text, err := readHeads(ctx, docs)
	if err != nil {
		return Result{}, err
	}
	if heads == nil && text != nil {
		v.fault(headsName, "it is not readable")
	}
	if heads == nil && text == nil && slices.ContainsFunc(slices.Collect(maps.Values(chains)), follows) {
		v.fault(headsName, "it is missing")
	}
	for _, name := range slices.Sorted(maps.Keys(heads)) {
		v.follow(headsName, name, heads[name])
	}
	expected := o.Expect == ""
	var last *Entry
	for _, name := range slices.Sorted(maps.Keys(chains)) {
		c := chains[name]
		v.result.Faults = append(v.result.Faults, c.faults...)
		for i, e := range c.entries {
			if i == 0 {
				for _, of := range slices.Sorted(maps.Keys(e.Heads)) {
					v.follow(name+":1", of, e.Heads[of])
				}
			}
			for _, f := range e.Faults {
				v.acknowledged[f] = true
			}
			expected = expected || e.Hash == o.Expect
			if last == nil || !e.At.Before(last.At) {
				last = e
			}
			v.result.Count++
			if o.Keep == nil || o.Keep(e) {
				v.result.Entries = append(v.result.Entries, *e)
			}
		}
	}
	if last != nil {
		v.result.Head = last.Hash
	}
	if !expected {
		v.fault(Folder, "no entry has the expected hash %s", o.Expect)
	}
	if state != nil {
		v.compare(state)
	}
	slices.SortStableFunc(v.result.Entries, func(a, b Entry) int { return a.At.Compare(b.At) })
	for i := range v.result.Faults {
		f := &v.result.Faults[i]
		f.Acknowledged = v.acknowledged[f.String()]
	}
	return v.result, nil
}

func follows(c chain) bool { return len(c.entries) > 0 && len(c.entries[0].Heads) > 0 }

func readChains(ctx context.Context, docs Documents) (map[string]chain, error) {
	names, err := docs.ListDocuments(ctx, Folder)
	if err != nil {
		return nil, fmt.Errorf("reading the audit log: %w", err)
	}
	var mu sync.Mutex
	chains := map[string]chain{}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(readsAtATime)
	for _, name := range ofLog(names) {
		group.Go(func() error {
			text, err := docs.Document(ctx, name)
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			if err != nil {
				return fmt.Errorf("reading the audit log: %w", err)
			}
			c := readChain(name, text)
			mu.Lock()
			defer mu.Unlock()
			chains[name] = c
			return nil
		})
	}
	return chains, group.Wait()
}

type sharedVerifier struct {
	chains       map[string]chain
	result       Result
	acknowledged map[string]bool
}

func (v *sharedVerifier) fault(where, format string, args ...any) {
	v.result.Faults = append(v.result.Faults, Fault{Where: where, Reason: fmt.Sprintf(format, args...)})
}

// follow checks that a chain that another one follows still has the entry that it ended with.
func (v *sharedVerifier) follow(where, name, hash string) {
	c, there := v.chains[name]
	switch {
	case !there:
		v.fault(where, "%s, which this follows, was removed", name)
	case !slices.ContainsFunc(c.entries, func(e *Entry) bool { return e.Hash == hash }):
		v.fault(where, "%s, which this follows, no longer has the entry %s that it ended with", name, hash)
	}
}

// compare holds what there is against what the entries lead to.
func (v *sharedVerifier) compare(state map[string]string) {
	ends := map[string]map[string]int{}  // by path and hash: how often it was reached, less how often it was left
	open := map[string]map[string]bool{} // what entries that may not have taken effect lead to, or from
	for _, c := range v.chains {
		for _, e := range c.entries {
			done := e.Seq <= c.effect.Done && !slices.Contains(c.effect.Not, e.Seq)
			for _, change := range e.Changes {
				if ends[change.Path] == nil {
					ends[change.Path], open[change.Path] = map[string]int{}, map[string]bool{}
				}
				if !done {
					open[change.Path][change.Before], open[change.Path][change.After] = true, true
					continue
				}
				ends[change.Path][change.After]++
				ends[change.Path][change.Before]--
			}
		}
	}
	for _, path := range slices.Sorted(maps.Keys(state)) {
		if ends[path] == nil {
			v.fault(path, "no entry is about it: something other than a writer of the ledger added it")
		}
	}
	for _, path := range slices.Sorted(maps.Keys(ends)) {
		now := state[path]
		switch {
		case ends[path][now] > 0, now == "" && !reached(ends[path]):
		case open[path][now]:
			v.result.Unfinished = append(v.result.Unfinished, path)
		case now == "":
			v.fault(path, "it is missing, and no entry says that it was removed")
		default:
			v.fault(path, "it is not what the entries about it lead to: its SHA-256 is %s", now)
		}
	}
}

// reached reports whether entries lead to some content, rather than to none.
func reached(ends map[string]int) bool {
	for hash, n := range ends {
		if hash != "" && n > 0 {
			return true
		}
	}
	return false
}
