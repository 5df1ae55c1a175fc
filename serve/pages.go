package serve

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"

	"microspend/internal/civil"
	"microspend/report"
	"microspend/report/html"
	"microspend/report/statement"
	"microspend/spend"
	"microspend/spend/tenants"
	"microspend/view"
)

// requestError is the client's fault.
type requestError struct{ error }

// errNoTenant reports that there is nothing about the tenant asked for.
var errNoTenant = errors.New("no such tenant, neither in the ledger in this period nor in the tenants file")

// maxDays is the longest period of a request.
const maxDays = 400

// pageFor answers with the page of a period.
func (s *Server) pageFor(ctx context.Context, at *snapshot, q *query) (*answer, func(), error) {
	asked := q.period()
	chosen, err := tenants.ParsePatterns(q.many("tenant"))
	if err != nil {
		q.fail("tenant: %w", err)
	}
	if groups := q.many("group"); len(groups) > 0 {
		if len(chosen) > 0 {
			q.fail("tenant cannot be combined with group")
		}
		if chosen, err = at.Source.Tenants.InGroups(groups); err != nil {
			q.fail("group: %w", err)
		}
	}
	now := s.options.Now()
	request := statement.Request{
		Tenants: chosen, Now: now, Detailed: 100, Budgets: at.Budgets, AnomalyRule: at.AnomalyRule, Advice: at.Advice,
	}
	if request.From, request.To, request.Location, err = asked.Resolve(at.Source, now, fieldName); err != nil {
		q.fail("%w", err)
	}
	if request.To.Sub(request.From) > maxDays*24*time.Hour {
		q.fail("a page covers at most %d days", maxDays)
	}
	if q.fault != nil {
		return nil, nil, requestError{q.fault}
	}
	return s.answer(ctx, at, "text/html; charset=utf-8", "page "+spanKey(request.From, request.To)+q.canonical(),
		func(ctx context.Context) (body, error) {
			made, err := statement.Build(ctx, at.Source, request)
			if err != nil {
				return body{}, err
			}
			if !made.Whole && len(made.Tenants) == 0 {
				return body{}, errNoTenant
			}
			text, err := html.Page(made, html.Options{Nav: navigation(q, request), TenantURL: tenantAddress(q)})
			return body{text: text}, err
		})
}

// spanKey tells a period that depends on the day that it is asked for from that of another day.
func spanKey(from, to time.Time) string {
	return from.Format(time.RFC3339) + " " + to.Format(time.RFC3339) + " "
}

// body is what an answer says: its text or, where that is large, what writes it and the rows that it holds meanwhile.
type body struct {
	text   []byte
	stream func(io.Writer) error
	rows   int
}

// answer returns what build makes, from the cache if it is there. Work during which the ledger changed is repeated, so
// that its figures show one state; it is kept all the same when the ledger keeps changing.
func (s *Server) answer(ctx context.Context, at *snapshot, kind, key string,
	build func(context.Context) (body, error),
) (*answer, func(), error) {
	return s.cache.get(ctx, key, at.version, func(ctx context.Context) (*answer, error) {
		for try := 0; ; try++ {
			before := at.fingerprint(ctx)
			made, err := build(ctx)
			if err != nil {
				return nil, err
			}
			if try < 2 && at.fingerprint(ctx) != before {
				continue
			}
			if made.stream == nil {
				return newAnswer(kind, made.text, at.version, s.options.Now())
			}
			rows := int64(made.rows)
			if !s.held.TryAcquire(rows) {
				return nil, errBusy
			}
			return &answer{kind: kind, stream: made.stream, release: func() { s.held.Release(rows) }}, nil
		}
	})
}

// tenantAddress returns the URL of a tenant's own page for the same period. A name that contains a * has none, because
// it would be read as a pattern.
func tenantAddress(q *query) func(string) string {
	return func(name string) string {
		if strings.Contains(name, "*") {
			return ""
		}
		return address(q, url.Values{"tenant": {name}})
	}
}

// navigation links to the neighboring months, and from a tenant's page to that of all tenants.
func navigation(q *query, request statement.Request) []html.Link {
	first := civil.DayOf(request.From, request.Location).FirstOfMonth()
	month := func(n int) html.Link {
		first := first.AddMonths(n)
		month := civil.Between(first.Start(request.Location), first.AddMonths(1).Start(request.Location))
		return html.Link{
			URL: address(q, url.Values{"period": {first.Month()}}), Text: month.Label(request.Location),
			Current: month.From.Equal(request.From) && month.To.Equal(request.To),
		}
	}
	links := []html.Link{month(-1), month(0)}
	if !first.AddMonths(1).Start(request.Location).After(request.Now) {
		links = append(links, month(1))
	}
	if len(request.Tenants) > 0 {
		all := url.Values{}
		for _, name := range []string{"period", "from", "to", "tz"} {
			if q.values.Has(name) {
				all[name] = q.values[name]
			}
		}
		links = append(links, html.Link{URL: "/?" + all.Encode(), Text: "All tenants"})
	}
	return links
}

// address is the same URL with some parameters replaced.
func address(q *query, values url.Values) string {
	merged := maps.Clone(q.values)
	if values.Has("tenant") {
		merged.Del("group") // in which the tenant is
	}
	if values.Has("period") {
		merged.Del("from")
		merged.Del("to")
	}
	maps.Copy(merged, values)
	return "/?" + merged.Encode()
}

// spendFor answers with what microspend spend --format json prints.
func (s *Server) spendFor(ctx context.Context, at *snapshot, q *query) (*answer, func(), error) {
	asked := spend.RawRequest{
		RawPeriod: q.period(), By: q.one("by"), Depth: q.number("depth"), Sort: q.one("sort"), Min: q.one("min"),
		Top: q.number("top"), Previous: q.truth("previous"), Counts: q.truth("unit_cost"), Strict: q.truth("strict"),
	}
	for _, d := range spend.NamedDimensions() {
		asked.Names[d] = q.many(d.String())
	}
	if !q.values.Has("by") {
		asked.By = spend.ByTenant.String()
	}
	request, err := asked.Request(at.Source, s.options.Now(), fieldName)
	if err != nil {
		q.fail("%w", err)
	}
	if q.fault != nil {
		return nil, nil, requestError{q.fault}
	}
	return s.answer(ctx, at, "application/json", "spend "+spanKey(request.From, request.To)+q.canonical(),
		func(ctx context.Context) (body, error) {
			request.MostRows, request.Restated = s.options.Rows, true
			if err := at.Source.CheckNames(ctx, request); err != nil {
				if _, isUnknown := errors.AsType[*spend.UnknownNameError](err); isUnknown {
					return body{}, requestError{err}
				}
				return body{}, err
			}
			result, err := at.Source.Report(ctx, request)
			unknown, isUnknown := errors.AsType[*spend.UnknownRatesError](err)
			tooLarge, isTooLarge := errors.AsType[*spend.TooLargeError](err)
			switch {
			case isUnknown:
				return body{}, requestError{unknown}
			case isTooLarge:
				return body{}, requestError{tooLarge}
			case err != nil:
				return body{}, err
			}
			write := func(w io.Writer) error {
				return view.Render(w, view.Options{Format: view.FormatJSON}, report.Spend(result))
			}
			if rows := len(result.Rows) + len(result.Restatements); rows > keptRows {
				return body{stream: write, rows: rows}, nil
			}
			var out bytes.Buffer
			err = write(&out)
			return body{text: out.Bytes()}, err
		})
}

// handler serves the answers that find has for queries, and refuses others in the form of the handler.
func (s *Server) handler(name string, find func(context.Context, *snapshot, *query) (*answer, func(), error),
	refuse func(w http.ResponseWriter, status int, sentence string), parameters ...string,
) http.Handler {
	return s.metrics.observe(name, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a, release, err := find(r.Context(), s.current.Load(), readQuery(r.URL.RawQuery, parameters...))
		fault, isFault := errors.AsType[requestError](err)
		switch {
		case err == nil:
			defer release()
			a.send(w, r)
		case isFault:
			refuse(w, http.StatusBadRequest, view.Visible(fault.Error()))
		case errors.Is(err, errNoTenant):
			refuse(w, http.StatusNotFound, err.Error())
		case errors.Is(err, errBusy):
			w.Header().Set("Retry-After", "5")
			refuse(w, http.StatusServiceUnavailable, err.Error())
		case errors.Is(err, context.Canceled):
			refuse(w, http.StatusServiceUnavailable, "the client closed the request")
		default:
			s.options.Logger.Error("cannot answer a request", "error", err)
			refuse(w, http.StatusInternalServerError, "internal error; see the server's log")
		}
	}))
}

func refuseJSON(w http.ResponseWriter, status int, sentence string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"error": sentence})
}
