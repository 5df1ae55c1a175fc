package prices

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"microspend/pricing"
)

const (
	offersPath  = "offers/v1.0/aws/"
	savingsPath = "savingsPlan/v1.0/aws/AWSComputeSavingsPlan/current/region_index.json"
)

// currentFile is the offer file of a region.
func currentFile(offer, region string) string {
	return offersPath + offer + "/current/" + region + "/index.json"
}

// offerPaths are where index.json says that what belongs to an offer is.
type offerPaths struct {
	VersionIndex string `json:"versionIndexUrl"`
	RegionIndex  string `json:"currentRegionIndexUrl"`
	SavingsIndex string `json:"currentSavingsPlanIndexUrl"`
}

// index reads index.json. A mirror without one has its files where AWS has them.
func (u *Updater) index(ctx context.Context) (map[string]offerPaths, error) {
	var index struct {
		Offers map[string]offerPaths `json:"offers"`
	}
	err := u.readJSON(ctx, offersPath+"index.json", &index)
	if _, missing := errors.AsType[*MissingError](err); missing {
		return nil, nil
	}
	return index.Offers, err
}

// paths are those of an offer, by AWS's layout where the index does not name them.
func paths(index map[string]offerPaths, offer string) (offerPaths, error) {
	found := index[offer]
	var faults []error
	for _, each := range []struct {
		path  *string
		usual string
	}{
		{&found.VersionIndex, offersPath + offer + "/index.json"},
		{&found.RegionIndex, offersPath + offer + "/current/region_index.json"},
		{&found.SavingsIndex, savingsPath},
	} {
		if *each.path == "" {
			*each.path = each.usual
			continue
		}
		var err error
		*each.path, err = within(*each.path)
		faults = append(faults, err)
	}
	return found, errors.Join(faults...)
}

// regionsOf lists the regions for which a mirror has files of an offer, nil where it does not say.
func (u *Updater) regionsOf(ctx context.Context, at offerPaths, offer string) ([]string, error) {
	var index struct {
		Regions map[string]struct {
			Region string `json:"regionCode"`
		} `json:"regions"`
	}
	err := u.readJSON(ctx, at.RegionIndex, &index)
	names := slices.Sorted(maps.Keys(index.Regions))
	if _, missing := errors.AsType[*MissingError](err); missing {
		names, err = u.Mirror.Folders(offersPath+offer+"/current"), nil
	}
	return slices.DeleteFunc(names, func(name string) bool { return !pricing.IsRegionName(name) }), err
}

// version is one that AWS has published of an offer.
type version struct {
	name string
	from pricing.Date // the first day of which it holds
	file string       // of all regions
}

// versions are all that AWS has published of an offer, oldest first.
func (u *Updater) versions(ctx context.Context, at offerPaths) ([]version, error) {
	var index struct {
		Versions map[string]struct {
			From string `json:"versionEffectiveBeginDate"`
			File string `json:"offerVersionUrl"`
		} `json:"versions"`
	}
	if err := u.readJSON(ctx, at.VersionIndex, &index); err != nil {
		return nil, err
	}
	var all []version
	for _, name := range slices.Sorted(maps.Keys(index.Versions)) {
		given := index.Versions[name]
		from, err := time.Parse(time.RFC3339, given.From)
		if err != nil || !plainPath(name) || strings.Contains(name, "/") {
			return nil, fmt.Errorf("%s: version %.40q, which holds from %.40q, is not in the documented form", at.VersionIndex,
				name, given.From)
		}
		file, err := within(given.File)
		if err != nil {
			return nil, fmt.Errorf("%s: version %s: %w", at.VersionIndex, name, err)
		}
		all = append(all, version{name, pricing.DateOf(from), file})
	}
	return all, nil
}

// maxIndexBytes bounds an index: AWS's have some hundred KB.
const maxIndexBytes = 32 << 20

// readJSON reads a small file whole.
func (u *Updater) readJSON(ctx context.Context, path string, into any) error {
	return u.whole(ctx, path, Validators{}, func(file *File) error {
		text, err := io.ReadAll(io.LimitReader(file, maxIndexBytes+1))
		switch {
		case err != nil:
			return err
		case len(text) > maxIndexBytes:
			return fmt.Errorf("more than %d MiB, which no index has", maxIndexBytes>>20)
		}
		return json.Unmarshal(text, into)
	})
}

// maxReadings is how often a file is read from its beginning, where it changed or was cut on the way.
const maxReadings = 3

// whole opens a file and has it read to its end, from the beginning again where it changed meanwhile. Errors name it.
func (u *Updater) whole(ctx context.Context, path string, known Validators, read func(*File) error) error {
	for reading := 1; ; reading++ {
		file, err := u.Mirror.Open(ctx, path, known)
		if err != nil {
			return err
		}
		err = errors.Join(read(file), file.Close())
		if err == nil {
			return nil
		}
		anew := errors.Is(err, ErrChanged) || errors.Is(err, errCut)
		if !anew || reading == maxReadings || ctx.Err() != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
}
