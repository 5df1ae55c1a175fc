package move

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"time"

	"microspend/internal/civil"
	"microspend/ledger"
)

// folderOf is where a target keeps what is known of moves from a source: the note, and the source's audit log.
func folderOf(source string) string {
	sum := sha256.Sum256([]byte(source))
	return folder + "/" + hex.EncodeToString(sum[:8])
}

const (
	folder   = "moved"
	noteName = "move.json"
)

// note tells whose earlier part a target is.
type note struct {
	Schema string    `json:"schema"`
	Source string    `json:"from"`
	Begun  time.Time `json:"begun_at"`
	// Ended is when the last run ended, and Fingerprint the target's at that time: whoever has written to it since uses
	// it, and what comes from the source is no longer part of the same move.
	Ended       *time.Time `json:"ended_at,omitempty"`
	Fingerprint string     `json:"fingerprint,omitempty"`
}

const noteSchema = "microspend.move-note/v1"

func noteOf(source string) string { return folderOf(source) + "/" + noteName }

// admit finds out what the target holds, and refuses it if that is something else than an earlier part of the move.
func (m *mover) admit(ctx context.Context) error {
	m.note = note{Schema: noteSchema, Source: m.source.Name(), Begun: m.Now().UTC().Truncate(time.Second)}
	m.has, m.written = map[time.Time]ledger.DayInfo{}, map[time.Time]bool{}
	if m.read == nil {
		return nil
	}
	switch text, err := m.read.Document(ctx, noteOf(m.note.Source)); {
	case err == nil:
		if err := json.Unmarshal(text, &m.note); err != nil || m.note.Schema != noteSchema {
			return fmt.Errorf("%s of the ledger %s is not a move's note", noteOf(m.note.Source), m.read.Name())
		}
		m.result.Resumed = true
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	info, err := m.read.Info(ctx)
	if err != nil {
		return err
	}
	for _, day := range info.Days {
		if day.Rows > 0 {
			m.has[day.Day] = day
		}
	}
	if err := m.refuse(ctx, info); err != nil {
		return err
	}
	return m.write(ctx)
}

func (m *mover) refuse(ctx context.Context, info ledger.Info) error {
	if m.Merge {
		return nil
	}
	refused := &TargetError{Target: m.read.Name()}
	if m.result.Resumed {
		if m.note.Ended == nil {
			return nil
		}
		now, err := m.read.Fingerprint(ctx)
		if err == nil && now != m.note.Fingerprint {
			refused.Reason = "has been written to since the move ended on " + m.note.Ended.Format(time.DateTime)
			return refused
		}
		return err
	}
	documents, err := m.read.ListDocuments(ctx, "")
	switch {
	case err != nil:
		return err
	case len(m.has) > 0:
		refused.Reason = "has usage of " + civil.Covering(info.First, info.Last, time.UTC).Label(time.UTC) + " already"
	case len(info.Damaged) > 0:
		refused.Reason = "has damaged days"
	case len(documents) > 0:
		refused.Reason = "has documents already, such as " + documents[0]
	default:
		return nil
	}
	return refused
}

func (m *mover) write(ctx context.Context) error {
	if m.DryRun {
		return nil
	}
	text, err := json.Marshal(m.note)
	if err != nil {
		return err
	}
	return m.target.PutDocument(ctx, noteOf(m.note.Source), append(text, '\n'))
}

func (m *mover) ended(ctx context.Context) (err error) {
	now := m.Now().UTC().Truncate(time.Second)
	m.note.Ended = &now
	if m.note.Fingerprint, err = m.target.Fingerprint(ctx); err != nil {
		return err
	}
	return m.write(ctx)
}

// moved reports whether a document is moved on: notes are about the ledger that has them.
func moved(name string) bool {
	return !strings.HasPrefix(name, folder+"/") || path.Base(name) != noteName
}
