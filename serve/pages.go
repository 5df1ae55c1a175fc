package serve

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

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

// page serves the page of a period.
func (s *Server) page(w http.ResponseWriter, r *http.Request) {
	a, err := s.pageFor(r.Context(), s.current.Load(), readQuery(r.URL.RawQuery, "from", "to", "tz", "tenant"))
	if err != nil {
		s.fail(w, err, func(sentence string, status int) { refuse(w, status, sentence) })
		return
	}
	a.send(w, r)
}

func (s *Server) pageFor(ctx context.Context, at *snapshot, q *query) (*answer, error) {
	asked := spend.RawPeriod{From: q.one("from"), To: q.one("to"), TimeZone: q.one("tz")}
	chosen, err := tenants.ParsePatterns(q.many("tenant"))
	if err != nil {
		q.fail("tenant: %w", err)
	}
	now := s.options.Now()
	request := statement.Request{
		Tenants: chosen, Now: now, Detailed: 100, Budgets: at.Budgets, AnomalyRule: at.AnomalyRule,
	}
	if request.From, request.To, request.Location, err = asked.Period(at.Source, now, fieldName); err != nil {
		q.fail("%w", err)
	}
	if request.To.Sub(request.From) > maxDays*24*time.Hour {
		q.fail("a page covers at most %d days", maxDays)
	}
	if q.fault != nil {
		return nil, requestError{q.fault}
	}
	return s.cache.get(ctx, "page "+request.From.Format(time.RFC3339)+" "+q.canonical(), at.version,
		func(ctx context.Context) (*answer, error) {
			var made statement.Statement
			err := at.settled(func() (err error) {
				made, err = statement.Build(ctx, at.Source, request)
				return err
			})
			if err != nil {
				return nil, err
			}
			if !made.Whole && len(made.Tenants) == 0 {
				return nil, errNoTenant
			}
			text, err := html.Page(made, html.Options{Nav: navigation(q, request), TenantURL: tenantAddress(q)})
			if err != nil {
				return nil, err
			}
			return newAnswer("text/html; charset=utf-8", text, at.version, s.options.Now())
		})
}

// settled repeats work if the ledger changed meanwhile, so that its figures show one state. It gives up on a ledger
// that keeps changing.
func (at *snapshot) settled(work func() error) error {
	for try := 0; ; try++ {
		before := at.fingerprint()
		if err := work(); err != nil {
			return err
		}
		if try == 2 || at.fingerprint() == before {
			return nil
		}
	}
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
	first := request.From.In(request.Location)
	month := func(n int) html.Link {
		from := time.Date(first.Year(), first.Month()+time.Month(n), 1, 0, 0, 0, 0, request.Location)
		to := time.Date(first.Year(), first.Month()+time.Month(n)+1, 1, 0, 0, 0, 0, request.Location)
		values := url.Values{"from": {from.Format(time.DateOnly)}, "to": {to.Format(time.DateOnly)}}
		return html.Link{
			URL: address(q, values), Text: from.Format("January 2006"), Current: from.Equal(request.From) &&
				to.Equal(request.To),
		}
	}
	links := []html.Link{month(-1), month(0)}
	if next := month(1); !first.AddDate(0, 1, 0).After(request.Now) {
		links = append(links, next)
	}
	if len(request.Tenants) > 0 {
		all := url.Values{}
		for _, name := range []string{"from", "to", "tz"} {
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
	merged := url.Values{}
	for name, value := range q.values {
		merged[name] = value
	}
	for name, value := range values {
		merged[name] = value
	}
	return "/?" + merged.Encode()
}

// maxRows is the most rows of a JSON answer.
const maxRows = 200_000

// spend serves what microspend spend --format json prints.
func (s *Server) spend(w http.ResponseWriter, r *http.Request) {
	a, err := s.spendFor(r.Context(), s.current.Load(), readQuery(r.URL.RawQuery, "from", "to", "tz", "by", "sort", "top",
		"min", "previous",
		"strict", "tenant", "image", "microvm", "region"))
	if err != nil {
		s.fail(w, err, func(sentence string, status int) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(status)
			_ = json.NewEncoder(w).Encode(map[string]string{"error": sentence})
		})
		return
	}
	a.send(w, r)
}

func (s *Server) spendFor(ctx context.Context, at *snapshot, q *query) (*answer, error) {
	asked := spend.RawRequest{
		RawPeriod: spend.RawPeriod{From: q.one("from"), To: q.one("to"), TimeZone: q.one("tz")},
		By:        q.one("by"), Sort: q.one("sort"), Min: q.one("min"), Top: q.number("top"),
		Previous: q.truth("previous"), Strict: q.truth("strict"),
		Tenants: q.many("tenant"), Images: q.many("image"), MicroVMs: q.many("microvm"), Regions: q.many("region"),
	}
	if !q.values.Has("by") {
		asked.By = spend.ByTenant.String()
	}
	request, err := asked.Request(at.Source, s.options.Now(), fieldName)
	if err != nil {
		q.fail("%w", err)
	}
	if q.fault != nil {
		return nil, requestError{q.fault}
	}
	return s.cache.get(ctx, "spend "+request.From.Format(time.RFC3339)+" "+q.canonical(), at.version,
		func(ctx context.Context) (*answer, error) {
			var result spend.Spend
			err := at.settled(func() (err error) {
				result, err = at.Source.Report(ctx, request)
				return err
			})
			var unknown *spend.UnknownRatesError
			switch {
			case errors.As(err, &unknown):
				return nil, requestError{err}
			case err != nil:
				return nil, err
			case len(result.Rows) > maxRows:
				return nil, requestError{fmt.Errorf("the answer has %d rows, more than %d; narrow the request, or use top",
					len(result.Rows), maxRows)}
			}
			var out bytes.Buffer
			if err := view.Render(&out, view.Options{Format: view.FormatJSON}, report.Spend(result)); err != nil {
				return nil, err
			}
			return newAnswer("application/json", out.Bytes(), at.version, s.options.Now())
		})
}

// fail reports an error to the client if it is the client's fault, and otherwise to the log.
func (s *Server) fail(w http.ResponseWriter, err error, answer func(sentence string, status int)) {
	var fault requestError
	switch {
	case errors.As(err, &fault):
		answer(view.Visible(fault.Error()), http.StatusBadRequest)
	case errors.Is(err, errNoTenant):
		answer(err.Error(), http.StatusNotFound)
	case errors.Is(err, errBusy):
		w.Header().Set("Retry-After", "5")
		answer(err.Error(), http.StatusServiceUnavailable)
	case errors.Is(err, context.Canceled):
		answer("the client closed the request", http.StatusServiceUnavailable)
	default:
		s.options.Logger.Error("cannot answer a request", "error", err)
		answer("internal error; see the server's log", http.StatusInternalServerError)
	}
}
