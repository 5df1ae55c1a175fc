package prices

import (
	"encoding/json"
	"io/fs"
	"strings"

	"microspend/pricing/pricelist"
)

// regionState is what a store remembers of the files that a region's rates were taken from, so that the same file is
// not read again.
type regionState struct {
	Schema  string                `json:"schema"`
	Sold    bool                  `json:"microvms"` // whether the region's Price List had any
	Offers  map[string]offerState `json:"offers"`
	Plans   *offerState           `json:"savings_plans,omitempty"`
	Through string                `json:"history_through,omitempty"` // the last version that was walked

	changed bool
}

type offerState struct {
	Validators
	Version  string                  `json:"version"`
	Services map[string]serviceState `json:"services,omitempty"`
}

// serviceState is what was taken, and by which data file.
type serviceState struct {
	Digest string   `json:"digest"`
	Files  []string `json:"files"`
}

const stateSchema = "microspend.fetched/v1"

func statePath(region string) string { return "fetched/" + region + ".json" }

// loadState reads what a store remembers. What cannot be read is as good as forgotten: the files are read again.
func loadState(store fs.FS, region string) *regionState {
	state := &regionState{}
	text, err := fs.ReadFile(store, statePath(region))
	if err != nil || json.Unmarshal(text, state) != nil || state.Schema != stateSchema {
		state = &regionState{}
	}
	if state.Offers == nil {
		state.Offers = map[string]offerState{}
	}
	state.Schema = stateSchema
	return state
}

func (s *regionState) encode() ([]byte, error) {
	text, err := json.MarshalIndent(s, "", "  ")
	return append(text, '\n'), err
}

// known describes the file that an offer's services were taken from, if all of them were, by the data files that there
// are now, and what was taken is still in the store.
func (s *regionState) known(store fs.FS, group offerGroup) Validators {
	of := s.Offers[group.offer]
	for _, service := range group.services {
		taken, ok := of.Services[service.Name]
		if !ok || taken.Digest != service.Digest {
			return Validators{}
		}
		for _, file := range taken.Files {
			if !exists(store, file) {
				return Validators{}
			}
		}
	}
	return of.Validators
}

// remember notes what was taken of an offer file. Services that were not looked at this time were taken of another
// file.
func (s *regionState) remember(offer string, is offerState) {
	before := s.Offers[offer]
	if before.Validators == is.Validators && before.Validators != (Validators{}) {
		for name, taken := range before.Services {
			if _, again := is.Services[name]; !again {
				is.Services[name] = taken
			}
		}
	}
	s.Offers[offer] = is
	s.changed = true
}

// placeText is the place of a price in words: ec2 hourly t4g.medium.
func placeText(p pricelist.Priced) string { return p.Table + " " + strings.Join(p.At, " ") }
