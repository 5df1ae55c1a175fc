package spend

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"microspend/internal/civil"
	"microspend/internal/nearest"
	"microspend/ledger"
	"microspend/spend/tenants"
	"microspend/usage"
)

// UnknownNameError says that a filter names what neither the ledger nor the tenants file has. Without it a typing error
// would look like a tenant that spent nothing.
type UnknownNameError struct {
	Dimension Dimension
	Pattern   tenants.Pattern
	Nearest   string // the name that may have been meant; "" where none is like it
}

func (e *UnknownNameError) Error() string {
	where := "in the ledger"
	if e.Dimension == ByTenant || e.Dimension == ByGroup {
		where = "in the ledger or the tenants file"
	}
	text := fmt.Sprintf("there is no %s %q %s", e.Dimension, e.Pattern, where)
	if e.Nearest != "" {
		text += fmt.Sprintf("; did you mean %q?", e.Nearest)
	}
	return text
}

// CheckNames reports every pattern of a request's filter that matches no name at all, each as an [UnknownNameError].
// What has a name but no usage in the period is no error. Names are looked for in the period first, and in the rest of
// the ledger where some are not there.
func (s Source) CheckNames(ctx context.Context, request Request) error {
	var faults []error
	for _, d := range NamedDimensions() {
		patterns := *request.Filter.Of(d)
		if len(patterns) == 0 {
			continue
		}
		unmatched, err := s.unmatched(ctx, request, d, patterns)
		if err != nil {
			return err
		}
		faults = append(faults, unmatched...)
	}
	return errors.Join(faults...)
}

func (s Source) unmatched(
	ctx context.Context, request Request, d Dimension, patterns []tenants.Pattern,
) (faults []error, err error) {
	known, rest := map[string]bool{}, patterns
	s.listNames(d, known)
	period, loc := civil.Between(request.From, request.To), s.Zone(request.Location)
	for _, whole := range [...]bool{false, true} {
		in := period
		if whole {
			extent, err := s.measured().Extent(ctx)
			if err != nil || extent.First.IsZero() {
				break
			}
			in = civil.Between(civil.DayOf(extent.First, loc).Start(loc), extent.Last.Add(time.Second))
		}
		if err := s.namesIn(ctx, in, loc, d, known); err != nil {
			return nil, err
		}
		rest = slices.DeleteFunc(slices.Clone(rest), func(p tenants.Pattern) bool {
			return anyMatches(p, known)
		})
		if len(rest) == 0 {
			return nil, nil
		}
	}
	for _, p := range rest {
		faults = append(faults, &UnknownNameError{d, p, nearest.Near(p.String(), slices.Collect(maps.Keys(known)))})
	}
	return faults, nil
}

func anyMatches(p tenants.Pattern, names map[string]bool) bool {
	for name := range names {
		if p.Match(name) {
			return true
		}
	}
	return false
}

// listNames adds the names that the tenants file has, and the labels that a report may have.
func (s Source) listNames(d Dimension, to map[string]bool) {
	switch d {
	case ByTenant:
		for _, name := range s.Tenants.Names() {
			to[OwnerName(name, KindTenant)] = true
		}
		to[Unallocated], to[Shared], to[Unmetered] = true, true, true
	case ByGroup:
		for _, name := range s.Tenants.Names() {
			group := s.Tenants.Group(name, 0)
			to[group] = true
			for i := strings.LastIndexByte(group, '/'); i > 0; i = strings.LastIndexByte(group[:i], '/') {
				to[group[:i]] = true
			}
		}
		to[NoGroup], to[Unallocated], to[Shared], to[Unmetered] = true, true, true, true
	}
}

// ListedNames are the names in a dimension that are known without the ledger: those of the tenants file, in alphabetical
// order, and the labels that a report may have in their place.
func (s Source) ListedNames(d Dimension) []string {
	known := map[string]bool{}
	s.listNames(d, known)
	return slices.Sorted(maps.Keys(known))
}

// NamesIn are the same with those of usage in [from, to).
func (s Source) NamesIn(ctx context.Context, d Dimension, from, to time.Time) ([]string, error) {
	known := map[string]bool{}
	s.listNames(d, known)
	err := s.namesIn(ctx, civil.Between(from, to), s.Zone(nil), d, known)
	return slices.Sorted(maps.Keys(known)), err
}

// namesIn adds the names that usage of a span has in a dimension.
func (s Source) namesIn(ctx context.Context, in civil.Span, loc *time.Location, d Dimension, to map[string]bool) error {
	if d == ByTenant || d == ByGroup {
		r := s.run(Request{From: in.From, To: in.To, By: []Dimension{d}, Location: loc})
		cells, err := r.collect(ctx, in, labelsOf)
		if err != nil {
			return err
		}
		for at := range cells.all() {
			to[at.Name(d)] = true
		}
		return nil
	}
	result, err := s.measured().Aggregate(ctx, ledger.Query{
		From: in.From, To: in.To, By: []ledger.Field{dimensions[d].field}, Location: loc, Sums: ledger.SumOf(usage.Running),
	})
	for i := range result.Groups {
		to[dimensions[d].of(&result.Groups[i])] = true
	}
	return err
}
