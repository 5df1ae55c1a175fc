package advise

import (
	"fmt"
	"strings"

	"microspend/internal/nearest"
	"microspend/spend/whatif"
)

// Kind is a kind of advice, by the word used in flags, files and ids.
type Kind string

// The kinds.
const (
	IdleTimeout  Kind = "idle-timeout"
	NeverResumed Kind = "never-resumed"
	FreshLaunch  Kind = "fresh-launch"
	Reuse        Kind = "reuse"
	Size         Kind = "size"
	Architecture Kind = "architecture"
	Region       Kind = "region"
	UnusedImage  Kind = "unused-image"
	LifeCap      Kind = "life-cap"
	Platform     Kind = "platform"
)

// found is advice before it is priced.
type found struct {
	Advice
	key    []string // what it is about, for its id
	edits  []edit
	range_ []bound // what it would come to under other readings of what is assumed
}

// bound is another reading.
type bound struct {
	edits   []edit
	instead *whatif.Alternative
}

// touch is what of a cell a kind of advice changes. Two pieces with a touch in common, on the same cell, do not add up.
type touch uint8

const (
	touchPauses   touch = 1 << iota // when MicroVMs are suspended, and what becomes of them then
	touchLaunches                   // whether work begins with a launch
	touchArch
	touchRegion
	touchStorage
	touchAll touch = 1<<8 - 1
)

// kinds has every kind of advice: a new one is a file and a row.
var kinds = [...]struct {
	kind   Kind
	title  string // as people call it
	touch  touch
	find   func(*fleet) []found
	moves  bool   // work leaves its region, or MicroVMs: one decision for all who are there
	change string // what it is, for help texts
}{
	{IdleTimeout, "idle timeout", touchPauses, (*fleet).idleTimeouts, false, "suspend idle MicroVMs sooner or later"},
	{NeverResumed, "never resumed", touchPauses, (*fleet).neverResumed, false, "end MicroVMs that stay suspended"},
	{
		FreshLaunch, "end, not pause", touchPauses, (*fleet).freshLaunches, false,
		"end MicroVMs where a resume costs more than a launch",
	},
	{Reuse, "reuse", touchLaunches, (*fleet).reuses, false, "resume a MicroVM where a launch costs more"},
	{Size, "size", touchAll, (*fleet).sizes, false, "take a smaller baseline"},
	{Architecture, "architecture", touchArch, (*fleet).architectures, false, "build images for ARM64"},
	{Region, "region", touchRegion, (*fleet).moves, true, "run in another region"},
	{
		UnusedImage, "unused image", touchStorage, (*fleet).unusedImages, false,
		"delete image versions that nothing runs from",
	},
	{LifeCap, "8-hour cap", touchAll, (*fleet).lifeCaps, true, "run what never stops on EC2"},
	{Platform, "platform", touchAll, (*fleet).platforms, true, "run on EC2 or Fargate"},
}

// Kinds returns all kinds, in the order in which they are explained.
func Kinds() []Kind {
	all := make([]Kind, len(kinds))
	for i := range kinds {
		all[i] = kinds[i].kind
	}
	return all
}

// Title is what people call a kind.
func (k Kind) Title() string {
	for i := range kinds {
		if kinds[i].kind == k {
			return kinds[i].title
		}
	}
	return string(k)
}

func (k Kind) touches() touch {
	for i := range kinds {
		if kinds[i].kind == k {
			return kinds[i].touch
		}
	}
	return touchAll
}

// Moves reports whether a kind takes work out of its region, or off MicroVMs, which is decided for all that is there at
// once. All other kinds are a setting that a team changes by itself.
func (k Kind) Moves() bool {
	for i := range kinds {
		if kinds[i].kind == k {
			return kinds[i].moves
		}
	}
	return false
}

// ParseKind reads the word used in flags.
func ParseKind(word string) (Kind, error) {
	var words []string
	for _, kind := range Kinds() {
		if string(kind) == word {
			return kind, nil
		}
		words = append(words, string(kind))
	}
	return "", fmt.Errorf("unknown kind %.40q; valid kinds: %s%s", word, strings.Join(words, ", "),
		nearest.Meant(word, words))
}
