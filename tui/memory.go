package tui

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"sync"

	"microspend/internal/ownfile"
)

// memory is what is remembered from one session to the next.
type memory struct {
	Version int                   `json:"version"`
	Period  string                `json:"period,omitempty"` // month, today or week
	Views   map[string]viewMemory `json:"views"`
	Filters map[string]string     `json:"filters,omitempty"` // saved by name
}

type viewMemory struct {
	Group  string   `json:"group"` // what its rows are
	Sort   string   `json:"sort"`
	Down   bool     `json:"down"`
	Filter string   `json:"filter,omitempty"`
	Hidden []string `json:"hidden,omitempty"` // columns
}

const (
	memoryVersion = 1
	maxMemory     = 512 << 10 // bytes
)

// memoryStore keeps the memory in a file that several dashboards may write. What one changes is therefore written as a
// change to what the file has by then, under a lock, and not as the whole of what that dashboard knows. Without a path
// it is kept for the session alone.
type memoryStore struct {
	path string

	logging sync.Mutex
	changes []func(*memory) // all of this session

	writing sync.Mutex
	written int // changes that are in the file
}

// change notes a change, which flush writes.
func (s *memoryStore) change(change func(*memory)) {
	s.logging.Lock()
	defer s.logging.Unlock()
	s.changes = append(s.changes, change)
}

func (s *memoryStore) log() []func(*memory) {
	s.logging.Lock()
	defer s.logging.Unlock()
	return s.changes
}

// current is what the file has, with the changes of this session.
func (s *memoryStore) current() memory {
	was, _ := s.read()
	for _, change := range s.log() { // those that are in the file already make no difference
		change(&was)
	}
	return was
}

// read is what the file has. A file that is not there has nothing; one that is damaged or of another version is an
// error.
func (s *memoryStore) read() (memory, error) {
	empty := memory{Version: memoryVersion, Views: map[string]viewMemory{}, Filters: map[string]string{}}
	if s.path == "" {
		return empty, nil
	}
	file, err := ownfile.Open(s.path)
	if errors.Is(err, fs.ErrNotExist) {
		return empty, nil
	}
	if err != nil {
		return empty, err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxMemory+1))
	was := memory{Views: map[string]viewMemory{}, Filters: map[string]string{}}
	switch {
	case err != nil || len(text) == 0:
		return empty, err
	case len(text) > maxMemory:
		return empty, fmt.Errorf("larger than %d kB", maxMemory>>10)
	}
	if err := json.Unmarshal(text, &was); err != nil {
		return empty, err
	}
	if was.Version != memoryVersion {
		return empty, fmt.Errorf("version %d", was.Version)
	}
	if was.Views == nil || was.Filters == nil { // null
		return empty, errors.New("it has no views")
	}
	return was, nil
}

// flush writes the changes that the file does not have yet. A file that cannot be understood is kept beside the new
// one, as filters that were saved in it may be dear to somebody; kept is its path.
func (s *memoryStore) flush() (kept string, err error) {
	s.writing.Lock()
	defer s.writing.Unlock()
	changes := s.log()
	if s.path == "" || s.written == len(changes) {
		return "", nil
	}
	place := ownfile.Place(filepath.Dir(s.path))
	if err := place.Folder(filepath.Dir(s.path)); err != nil {
		return "", err
	}
	unlock, err := lockFile(place, s.path+".lock")
	if err != nil {
		return "", err
	}
	defer unlock()
	now, fault := s.read()
	if fault != nil {
		kept = s.path + ".damaged"
		if err := place.Rename(s.path, kept); err != nil {
			return "", err
		}
	}
	for _, change := range changes[s.written:] {
		change(&now)
	}
	text, err := json.MarshalIndent(now, "", "  ")
	if err != nil {
		return kept, err
	}
	if len(text) >= maxMemory {
		return kept, fmt.Errorf("%d saved filters are more than %d kB", len(now.Filters), maxMemory>>10)
	}
	err = place.Export(s.path, 0o600, func(w io.Writer) error { _, err := w.Write(append(text, '\n')); return err })
	if err == nil {
		s.written = len(changes)
	}
	return kept, err
}
