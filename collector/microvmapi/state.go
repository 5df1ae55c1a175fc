package microvmapi

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"microspend/usage"
)

// stateVersion is that of the form in which a target's state is kept between polls.
const stateVersion = 1

// state is what is kept of a target between polls. It takes effect together with the records that were made of it, so
// that a process that is killed loses no more than the time until the next poll.
type state struct {
	Version int     `json:"version"`
	Since   int64   `json:"since"` // Unix milliseconds of the first poll
	At      span    `json:"at"`    // of the last one
	Offset  int64   `json:"offset,omitempty"`
	Cut     periods `json:"cut"`

	Lives    []*life  `json:"lives"`    // by id
	Versions []*image `json:"versions"` // by key
	Images   int64    `json:"images,omitempty"`
}

// life is what is kept of a MicroVM for as long as it is listed.
type life struct {
	ID      string       `json:"id"`
	Image   string       `json:"image"`
	Version string       `json:"ver"`
	Role    string       `json:"role,omitempty"`
	Asked   bool         `json:"asked,omitempty"` // whether its details have been asked for
	Started int64        `json:"started"`
	Whole   bool         `json:"whole,omitempty"` // whether it is known from its start on
	State   MicrovmState `json:"state"`
	Slept   bool         `json:"slept,omitempty"` // whether it was suspended in the last state that is known
	At      span         `json:"at"`              // of the poll that saw it in State
	Ended   int64        `json:"ended,omitempty"`
	Over    bool         `json:"over,omitempty"`
	Open    tallies      `json:"open,omitempty"`
}

// image is a version of an image: its sizes, and its storage as far as it is not written down yet.
type image struct {
	ARN     string     `json:"arn"`
	Version string     `json:"ver"`
	Memory  int64      `json:"mem,omitempty"`     // MiB of the baseline; 0 where not known
	Bytes   int64      `json:"size,omitempty"`    // of its snapshot; 0 where not known
	Checked int64      `json:"checked"`           // when the sizes were last asked for
	Failing int64      `json:"failing,omitempty"` // since when they cannot be; 0 where they could the last time
	Arch    usage.Arch `json:"arch,omitempty"`
	Told    bool       `json:"told,omitempty"` // whether the architecture has been asked for
	Created int64      `json:"created,omitempty"`
	Kept    bool       `json:"kept,omitempty"` // whether it was there when images were last listed
	At      int64      `json:"at,omitempty"`   // up to when its storage is counted
	Open    tallies    `json:"open,omitempty"`
}

func (i *image) key() string { return imageKey(i.ARN, i.Version) }

func imageKey(arn, version string) string { return arn + ":" + version }

func decodeState(text json.RawMessage) (*state, error) {
	s := &state{Version: stateVersion}
	if len(text) == 0 {
		return s, nil
	}
	if err := json.Unmarshal(text, s); err != nil {
		return nil, fmt.Errorf("the state of the last poll cannot be read: %w", err)
	}
	if s.Version != stateVersion {
		return nil, fmt.Errorf("the state of the last poll has version %d; this program supports %d", s.Version,
			stateVersion)
	}
	return s, nil
}

func (s *state) encode() (json.RawMessage, error) { return json.Marshal(s) }

func (s *state) find(id string) (*life, int) {
	i, found := slices.BinarySearchFunc(s.Lives, id, func(l *life, id string) int { return strings.Compare(l.ID, id) })
	if !found {
		return nil, i
	}
	return s.Lives[i], i
}

func (s *state) image(arn, version string) *image {
	key := imageKey(arn, version)
	i, found := slices.BinarySearchFunc(s.Versions, key, func(i *image, key string) int {
		return strings.Compare(i.key(), key)
	})
	if !found {
		s.Versions = slices.Insert(s.Versions, i, &image{ARN: arn, Version: version})
	}
	return s.Versions[i]
}
