package bucket

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"time"
)

// markName is the object in which a ledger notes what was found out about its server.
const markName = "ledger.json"

// mark is what it says.
type mark struct {
	// Conditions is the server, with the bucket, that was found to keep the conditions of writes. A copy of the ledger
	// on another server is asked anew.
	Conditions string    `json:"conditions,omitempty"`
	Tidied     time.Time `json:"tidied,omitzero"`

	etag string
}

// server is what tells one server from another.
func (c *client) server() string { return c.Endpoint + " " + c.Bucket }

// readMark is the zero value where there is none, or one that cannot be read.
func (c *client) readMark(ctx context.Context) (m mark, err error) {
	text, of, err := c.read(ctx, markName)
	if errors.Is(err, fs.ErrNotExist) {
		return mark{}, nil
	}
	if err == nil && json.Unmarshal(text, &m) != nil {
		m = mark{}
	}
	m.etag = of.etag
	return m, err
}

// write writes the mark unless somebody else has: what others found out is as good.
func (m *mark) write(ctx context.Context, c *client) error {
	text, err := json.Marshal(m)
	if err != nil {
		return err
	}
	etag, err := c.putBytes(ctx, markName, append(text, '\n'), condition{etag: m.etag, absent: m.etag == ""})
	if errors.Is(err, errChanged) {
		return nil
	}
	m.etag = etag
	return err
}

// UnconditionalError says that a server does not keep the conditions of writes, so that writers would lose each other's
// records.
type UnconditionalError struct{ Ledger, Found string }

func (e *UnconditionalError) Error() string {
	return fmt.Sprintf("%s cannot be written to: its server does not keep the conditions of writes (%s), so that two writers "+
		"would lose each other's records; Amazon S3 does, and so do current versions of MinIO, Ceph and versitygw; "+
		"microspend reads it, and writes to a folder", e.Ledger, e.Found)
}

const (
	probeRounds    = 4
	probeWriters   = 8
	probeName      = "probe"
	probeTimeLimit = time.Minute
)

// probe finds out whether the server keeps conditions, one after the other and at once. It takes some forty requests,
// once for each ledger.
func (c *client) probe(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, probeTimeLimit)
	defer cancel()
	name := probeName + "-" + rand.Text()
	refused := func(found string, args ...any) error {
		return &UnconditionalError{c.Address.String(), fmt.Sprintf(found, args...)}
	}
	etag, err := c.putBytes(ctx, name, []byte("1"), condition{absent: true})
	if err != nil {
		return fmt.Errorf("trying whether the server keeps the conditions of writes: %w", err)
	}
	defer func() { _ = c.remove(context.WithoutCancel(ctx), name) }()
	kept := func(when condition) (bool, error) {
		_, err := c.putBytes(ctx, name, []byte("2"), when)
		if errors.Is(err, errChanged) || errors.Is(err, fs.ErrNotExist) {
			return true, nil
		}
		return false, err
	}
	if ok, err := kept(condition{absent: true}); err != nil || !ok {
		return errors.Join(err, cond(err == nil, refused("If-None-Match is ignored")))
	}
	if ok, err := kept(condition{etag: `"00000000000000000000000000000000"`}); err != nil || !ok {
		return errors.Join(err, cond(err == nil, refused("If-Match is ignored")))
	}
	for round := range probeRounds {
		var wait sync.WaitGroup
		etags, errs := [probeWriters]string{}, [probeWriters]error{}
		for i := range probeWriters {
			wait.Go(func() {
				etags[i], errs[i] = c.putBytes(ctx, name, fmt.Appendf(nil, "%d %d", round, i), condition{etag: etag})
			})
		}
		wait.Wait()
		won, next := 0, ""
		for i, err := range errs {
			switch {
			case err == nil:
				won, next = won+1, etags[i]
			case !errors.Is(err, errChanged):
				return err
			}
		}
		if won != 1 {
			return refused("of %d writers at once %d were told that theirs was the one", probeWriters, won)
		}
		etag = next
	}
	return nil
}

func cond(is bool, err error) error {
	if is {
		return err
	}
	return nil
}
