package prices

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"microspend/internal/cardstore"
	"microspend/internal/fakepricelist"
	"microspend/internal/outbound"
	"microspend/pricing"
	"microspend/pricing/assumption"
	"microspend/pricing/pricelist"
)

func day(t testing.TB, text string) pricing.Date {
	date, err := pricing.ParseDate(text)
	require.NoError(t, err)
	return date
}

// quick is the patience of tests.
var quick = Patience{File: 20 * time.Second, Stall: 300 * time.Millisecond, Pause: time.Millisecond, Longest: 2 * time.Second, Tries: 4}

func web(t testing.TB, url string) Mirror {
	mirror, err := NewWeb(url, quick, time.Now)
	require.NoError(t, err)
	return mirror
}

// store is a store of a test, with what reads it anew.
type store struct{ dir string }

func (s store) cards() pricing.CardSource {
	return pricing.EmbeddedCards().Over(cardstore.In(s.dir).FS())
}

func (s store) prices(t testing.TB) pricing.PriceBook {
	book, err := pricing.EmbeddedPrices()
	require.NoError(t, err)
	for _, fetched := range cardstore.In(s.dir).Prices() {
		book = book.Over(fetched)
	}
	return book
}

func (s store) updater(t testing.TB, mirror Mirror, services ...string) *Updater {
	all, err := pricelist.Services()
	require.NoError(t, err)
	if len(services) > 0 {
		all = slices.DeleteFunc(all, func(s pricelist.Service) bool { return !slices.Contains(services, s.Name) })
		require.Len(t, all, len(services))
	}
	return &Updater{
		Mirror: mirror, Store: cardstore.In(s.dir), Services: all, Cards: s.cards(), Prices: s.prices(t),
		Today: day(t, "2026-11-26"), Warn: func(text string) { t.Log(text) },
	}
}

func (s store) run(t testing.TB, mirror Mirror, request Request, services ...string) Result {
	t.Helper()
	result, err := s.updater(t, mirror, services...).Run(context.Background(), request)
	require.NoError(t, err)
	return result
}

// files are the files of a store by name, with their text.
func (s store) files(t testing.TB) map[string]string {
	found := map[string]string{}
	err := fs.WalkDir(cardstore.In(s.dir).FS(), ".", func(name string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) || err == nil && entry.IsDir() || name == ".lock" {
			return nil
		}
		require.NoError(t, err)
		text, err := fs.ReadFile(cardstore.In(s.dir).FS(), name)
		found[name] = string(text)
		return err
	})
	require.NoError(t, err)
	return found
}

func statuses(result Result) map[string]Status {
	all := map[string]Status{}
	for _, o := range result.Outcomes {
		all[o.Region+" "+o.Service] = o.Status
	}
	return all
}

func (s store) rate(t testing.TB, region, onDay string) string {
	t.Helper()
	series, err := s.cards().Series(region)
	require.NoError(t, err)
	return series.On(day(t, onDay)).Rate(pricing.VCPU).Figure.String()
}

func (s store) listed(t testing.TB, region, table string, at ...string) string {
	t.Helper()
	find, err := s.prices(t).Table(region, table)
	require.NoError(t, err)
	price, ok := find(at)
	if !ok {
		return "unknown"
	}
	return price.USD.String()
}

// TestUpdateFillsTheStore takes everything from a server, by figures typed from the list.
func TestUpdateFillsTheStore(t *testing.T) {
	list := fakepricelist.Standard("us-east-1", "us-west-2", "eu-west-3")
	list.Product("AWSLambda", "us-west-2", "VCPU").Tiers[0].Price = "0.0000280000"
	server := fakepricelist.Serve(t, list)
	s := store{t.TempDir()}
	result := s.run(t, web(t, server.URL), Request{})
	require.NoError(t, result.Stopped)
	got := statuses(result)
	for place, want := range map[string]Status{
		"us-west-2 microvm": Updated, "eu-west-3 ec2": Updated, "eu-west-3 fargate": Updated, "eu-west-3 ebs": Updated,
		"us-east-1 microvm": Unchanged, "us-east-1 ec2": Updated, "us-east-1 lightsail": Unchanged,
		"eu-west-3 microvm": Updated, "eu-west-1 microvm": NotListed,
	} {
		require.Equal(t, want, got[place], place)
	}
	for _, tc := range []struct {
		region, table, want, reason string
		at                          []string
	}{
		{"us-west-2", "ec2", "0.0336", "an instance", []string{"hourly", "us-west-2", "t4g.medium"}},
		{"us-west-2", "ec2", "0.09576", "a flex type of x86", []string{"hourly", "us-west-2", "m7i-flex.large"}},
		{"us-west-2", "ec2", "unknown", "no machine for a MicroVM's work", []string{"hourly", "us-west-2", "p5.48xlarge"}},
		{"us-west-2", "ec2", "0.08", "a volume", []string{"ebs_gb_month", "us-west-2"}},
		{"us-west-2", "fargate", "0.04048", "x86 is neither ARM's nor Windows'", []string{"vcpu_hour", "x86", "us-west-2"}},
		{"us-west-2", "function", "0.0000133334", "the first tier", []string{"gb_second", "arm64", "us-west-2"}},
		{"us-west-2", "function", "0.2", "0.0000002 × 1,000,000", []string{"million_requests", "us-west-2"}},
		{"us-west-2", "lightsail", "7", "0.0094086020 × 744 = 6.999999888, and the month is a multiple of 0.5", []string{"with_ipv4", "1GB", "us-west-2"}},
		{"us-west-2", "lightsail", "12", "Linux, not Windows", []string{"with_ipv4", "2GB", "us-west-2"}},
		{"us-west-2", "cloudwatch", "0.01", "0.00001 × 1,000", []string{"thousand_metrics_requested"}},
		{"us-west-2", "ec2", "0.005", "an address", []string{"public_ipv4_hour", "us-west-2"}},
	} {
		require.Equal(t, tc.want, s.listed(t, tc.region, tc.table, tc.at...), tc.reason)
	}
	// AWS's day on which the price took effect is after the day of the card built in.
	require.Equal(t, "0.0000276944", s.rate(t, "us-west-2", "2026-10-31"))
	require.Equal(t, "0.000028", s.rate(t, "us-west-2", "2026-11-01"))
	card, err := s.cards().Card("eu-west-3")
	require.NoError(t, err, "a region without a card gets one")
	require.Equal(t, "0.0000326557", card.For(pricing.ArchX86).Rate(pricing.VCPU).Figure.String(), "each architecture its own")
	require.Equal(t, "AWS Price List 20261120010101, group AWS-Lambda-MicroVM-vCPU-Second-ARM", card.Rate(pricing.VCPU).Source)
	find, err := s.prices(t).Table("us-west-2", "ec2")
	require.NoError(t, err)
	price, _ := find([]string{"hourly", "us-west-2", "m8g.large"})
	require.Equal(t, "AWS Price List 20261120010101, SKU M8GLARGE", price.Source)
	require.Equal(t, "2026-11-20", price.ReadOn)
	card, err = s.cards().Card("us-east-1")
	require.NoError(t, err)
	require.Equal(t, "2026-11-20", card.ReadOn().String(), "the same figures, read again")
	measuring, err := s.prices(t).Measuring("us-west-2")
	require.NoError(t, err)
	require.Empty(t, measuring.LogIngestGB.Assumption, "what a source gives is no assumption")

	// A second update has nothing to do, and asks for no file that it has.
	before, sent := s.files(t), server.Sent("/current/us-west-2/index.json")
	result = s.run(t, web(t, server.URL), Request{})
	require.Equal(t, NotModified, statuses(result)["us-west-2 ec2"])
	require.Equal(t, before, s.files(t))
	require.Equal(t, sent, server.Sent("/current/us-west-2/index.json"))

	// A file that is gone from the store is read again.
	require.NoError(t, os.Remove(filepath.Join(s.dir, "us-west-2@2026-11-01.yaml")))
	result = s.run(t, web(t, server.URL), Request{Regions: []string{"us-west-2"}})
	require.Equal(t, Updated, statuses(result)["us-west-2 microvm"])
	require.Equal(t, before, s.files(t))
}

// TestUpdateRefusesWhatDoesNotAddUp leaves everything of the region as it was, whichever of its prices is at fault.
func TestUpdateRefusesWhatDoesNotAddUp(t *testing.T) {
	for _, tc := range []struct {
		name, offer, sku, want string
		change                 func(*fakepricelist.Product)
	}{
		{
			"unit", "AmazonEC2", "T4GMEDIUM", "priced per \"Seconds\" where Hr or Hour is expected",
			func(p *fakepricelist.Product) { p.Tiers[0].Unit = "Seconds" },
		},
		{
			"unit of a rate", "AWSLambda", "MEMORY", "priced per \"GB-Hours\" where GB-Seconds is expected",
			func(p *fakepricelist.Product) { p.Tiers[0].Unit = "GB-Hours" },
		},
		{
			"currency", "AmazonECS", "FGB", "no price in USD (currencies given: \"CNY\")",
			func(p *fakepricelist.Product) { p.Currency = "CNY" },
		},
		{
			"gap between tiers", "AWSLambda", "GBSARM", "its tiers are out of order: one begins at 8000000000, where 7500000000",
			func(p *fakepricelist.Product) { p.Tiers[1].Begin = "8000000000" },
		},
		{
			"no last tier", "AmazonCloudWatch", "METRIC", "its tiers are out of order: the tier from 10000 ends at \"250000\"",
			func(p *fakepricelist.Product) { p.Tiers[1].End = "250000" },
		},
		{
			"tiers that were one", "AmazonVPC", "IPV4", "it has 2 prices (tiers), where one is expected",
			func(p *fakepricelist.Product) {
				p.Tiers = []fakepricelist.Tier{{Begin: "0", End: "10", Unit: "Hrs", Price: "0.005"}, {Begin: "10", End: "Inf", Unit: "Hrs", Price: "0.004"}}
			},
		},
		{"zero", "AmazonEC2", "GP3", "its price is zero", func(p *fakepricelist.Product) { p.Tiers[0].Price = "0.0000000000" }},
		{"exponent", "AmazonEC2", "GP3", "not a plain decimal number", func(p *fakepricelist.Product) { p.Tiers[0].Price = "8E-2" }},
		{
			"jump", "AmazonEC2", "T4GMEDIUM", "goes from $0.0336 to $0.1009, more than 3 times",
			func(p *fakepricelist.Product) { p.Tiers[0].Price = "0.1009" },
		},
		{"jump of a rate", "AWSLambda", "VCPUX86", "more than 3 times", func(p *fakepricelist.Product) { p.Tiers[0].Price = "0.0000100000" }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			list := fakepricelist.Standard("us-east-1")
			folder := t.TempDir()
			s := store{t.TempDir()}
			require.NoError(t, list.WriteTo(folder))
			s.run(t, Folder(folder), Request{})
			before := s.files(t)
			list.Version = "20261125010101"
			tc.change(list.Product(tc.offer, "us-east-1", tc.sku))
			list.Product("AWSLambda", "us-east-1", "READ").Tiers[0].Price = "0.0016000000" // right, but of the same region
			require.NoError(t, list.WriteTo(folder))
			result := s.run(t, Folder(folder), Request{})
			require.True(t, result.Any(Refused))
			var reasons []string
			for _, o := range result.Outcomes {
				if o.Err != nil {
					reasons = append(reasons, o.Err.Error())
				}
			}
			require.Len(t, reasons, 1)
			require.Contains(t, reasons[0], tc.want)
			require.Empty(t, result.Files)
			require.Equal(t, before, s.files(t), "all of a region or nothing")
			accepted := s.run(t, Folder(folder), Request{Accept: true})
			require.Equal(t, !strings.HasPrefix(tc.name, "jump"), accepted.Any(Refused), "only a jump can be accepted")
		})
	}
}

// Exactly threefold is taken: the limit is more than that.
func TestThreefoldIsNoJump(t *testing.T) {
	list := fakepricelist.Standard("us-east-1")
	list.Product("AmazonEC2", "us-east-1", "T4GMEDIUM").Tiers[0].Price = "0.1008"
	folder, s := t.TempDir(), store{t.TempDir()}
	require.NoError(t, list.WriteTo(folder))
	require.False(t, s.run(t, Folder(folder), Request{}).Any(Refused))
	require.Equal(t, "0.1008", s.listed(t, "us-east-1", "ec2", "hourly", "us-east-1", "t4g.medium"))
}

// TestMirrorFaults is about files that cannot be read: none of them leaves anything of its region.
func TestMirrorFaults(t *testing.T) {
	const ec2 = "offers/v1.0/aws/AmazonEC2/current/us-east-1/index.json"
	is := func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, ec2) }
	for _, tc := range []struct {
		name, want, reason string
		before             func(s *fakepricelist.Server) func(http.ResponseWriter, *http.Request, int) bool
	}{
		{
			"another host", "is a redirect to \"http://elsewhere.example\", which is not followed", "a mirror is one host",
			func(*fakepricelist.Server) func(http.ResponseWriter, *http.Request, int) bool {
				return func(w http.ResponseWriter, r *http.Request, _ int) bool {
					if is(r) {
						http.Redirect(w, r, "http://elsewhere.example/x", http.StatusFound)
					}
					return is(r)
				}
			},
		},
		{
			"always busy", "answered \"503 Service Unavailable\" (after 4 tries)", "tries have an end",
			func(*fakepricelist.Server) func(http.ResponseWriter, *http.Request, int) bool {
				return func(w http.ResponseWriter, r *http.Request, _ int) bool {
					if is(r) {
						w.WriteHeader(http.StatusServiceUnavailable)
					}
					return is(r)
				}
			},
		},
		{
			"come back tomorrow", "and asks to wait 24h0m0s", "a wait beyond patience is not waited for",
			func(*fakepricelist.Server) func(http.ResponseWriter, *http.Request, int) bool {
				return func(w http.ResponseWriter, r *http.Request, _ int) bool {
					if is(r) {
						w.Header().Set("Retry-After", "86400")
						w.WriteHeader(http.StatusTooManyRequests)
					}
					return is(r)
				}
			},
		},
		{
			"huge", "more than any price list", "a length beyond bounds is not read",
			func(*fakepricelist.Server) func(http.ResponseWriter, *http.Request, int) bool {
				return func(w http.ResponseWriter, r *http.Request, _ int) bool {
					if is(r) {
						w.Header().Set("Content-Length", "9000000000")
						w.WriteHeader(http.StatusOK)
					}
					return is(r)
				}
			},
		},
		{
			"HTML", "HTML or XML, perhaps an error page", "an error page with 200",
			func(*fakepricelist.Server) func(http.ResponseWriter, *http.Request, int) bool {
				return func(w http.ResponseWriter, r *http.Request, _ int) bool {
					if is(r) {
						_, _ = w.Write([]byte("<html>hello</html>"))
					}
					return is(r)
				}
			},
		},
		{
			"another offer", "this is the offer file of \"AWSLambda\"", "a mirror that mixes up files",
			func(s *fakepricelist.Server) func(http.ResponseWriter, *http.Request, int) bool {
				return func(w http.ResponseWriter, r *http.Request, _ int) bool {
					if is(r) {
						s.Send(w, r, s.File("offers/v1.0/aws/AWSLambda/current/us-east-1/index.json"))
					}
					return is(r)
				}
			},
		},
		{
			"truncated at rest", "ends in the middle of the price list", "the mirror's own file is half",
			func(s *fakepricelist.Server) func(http.ResponseWriter, *http.Request, int) bool {
				return func(w http.ResponseWriter, r *http.Request, _ int) bool {
					if is(r) {
						text := s.File(ec2)
						s.Send(w, r, text[:len(text)/2])
					}
					return is(r)
				}
			},
		},
		{
			"silent", "was cut after", "a server that sends nothing more is given up",
			func(s *fakepricelist.Server) func(http.ResponseWriter, *http.Request, int) bool {
				return func(w http.ResponseWriter, r *http.Request, _ int) bool {
					if is(r) {
						w.Header().Set("Content-Length", "1000")
						_, _ = w.Write([]byte("{"))
						w.(http.Flusher).Flush()
						<-r.Context().Done()
					}
					return is(r)
				}
			},
		},
		{
			"always another file", "the file changed while it was being read", "no mixture of two files counts",
			func(s *fakepricelist.Server) func(http.ResponseWriter, *http.Request, int) bool {
				return func(w http.ResponseWriter, r *http.Request, n int) bool {
					if is(r) {
						s.Plain = true
						text := s.File(ec2)
						w.Header().Set("ETag", "\""+strings.Repeat("a", n)+"\"")
						w.Header().Set("Content-Length", "100000000")
						_, _ = w.Write(text[:len(text)/2])
						panic(http.ErrAbortHandler)
					}
					return is(r)
				}
			},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			server := fakepricelist.Serve(t, fakepricelist.Standard("us-east-1"))
			server.Before = tc.before(server)
			s := store{t.TempDir()}
			result := s.run(t, web(t, server.URL), Request{Regions: []string{"us-east-1"}})
			require.True(t, result.Any(Failed), tc.reason)
			i := slices.IndexFunc(result.Outcomes, func(o Outcome) bool { return o.Status == Failed })
			require.ErrorContains(t, result.Outcomes[i].Err, tc.want)
			require.Empty(t, s.files(t), "all of a region or nothing")
		})
	}
}

// TestATroubledWayToTheMirror gets the same prices over connections that are cut, throttled and compressed.
func TestATroubledWayToTheMirror(t *testing.T) {
	list := fakepricelist.Standard("us-east-1")
	quiet := fakepricelist.Serve(t, list)
	want := store{t.TempDir()}
	want.run(t, web(t, quiet.URL), Request{})
	const ec2 = "offers/v1.0/aws/AmazonEC2/current/us-east-1/index.json"
	for name, plain := range map[string]bool{"plain": true, "gzip": false} {
		t.Run(name, func(t *testing.T) {
			server := fakepricelist.Serve(t, list)
			server.Plain = plain
			ranged := 0
			server.Before = func(w http.ResponseWriter, r *http.Request, n int) bool {
				switch {
				case n == 1: // each file is refused at first
					w.Header().Set("Retry-After", "0")
					w.WriteHeader([]int{429, 500, 502, 503}[len(r.URL.Path)%4])
					return true
				case strings.HasSuffix(r.URL.Path, ec2) && n < 5: // and cut three times
					if r.Header.Get("Range") != "" {
						ranged++
					}
					cut := &cutWriter{ResponseWriter: w, left: 700}
					defer func() {
						if cut.left <= 0 {
							panic(http.ErrAbortHandler)
						}
					}()
					server.Send(cut, r, server.File(ec2))
					return true
				}
				return false
			}
			s := store{t.TempDir()}
			result := s.run(t, web(t, server.URL), Request{})
			require.NoError(t, result.Stopped)
			require.Equal(t, 2, ranged, "it is taken up where it was cut")
			for name, text := range want.files(t) {
				if strings.HasPrefix(name, "fetched/") {
					continue // the ETag of what is compressed is another
				}
				require.Equal(t, text, s.files(t)[name], name)
			}
		})
	}
}

// cutWriter ends a connection after a number of bytes.
type cutWriter struct {
	http.ResponseWriter
	left int
}

func (w *cutWriter) Write(p []byte) (int, error) {
	if len(p) >= w.left {
		_, _ = w.ResponseWriter.Write(p[:max(w.left, 0)])
		w.left = 0
		w.ResponseWriter.(http.Flusher).Flush()
		return 0, errors.New("cut")
	}
	w.left -= len(p)
	return w.ResponseWriter.Write(p)
}

// A file that is published anew while it is read is read from its beginning, as a whole.
func TestAFileThatChangesIsReadAnew(t *testing.T) {
	old, next := fakepricelist.Standard("us-east-1"), fakepricelist.Standard("us-east-1")
	next.Product("AmazonEC2", "us-east-1", "T4GMEDIUM").Tiers[0].Price = "0.0400000000"
	server := fakepricelist.Serve(t, old)
	server.Before = func(w http.ResponseWriter, r *http.Request, n int) bool {
		const ec2 = "/offers/v1.0/aws/AmazonEC2/current/us-east-1/index.json"
		if r.URL.Path != ec2 || n > 1 {
			return false
		}
		defer server.Replace(next)
		cut := &cutWriter{ResponseWriter: w, left: 900}
		server.Send(cut, r, server.File(ec2[1:]))
		panic(http.ErrAbortHandler)
	}
	s := store{t.TempDir()}
	result := s.run(t, web(t, server.URL), Request{Regions: []string{"us-east-1"}}, "ec2", "ebs")
	require.NoError(t, result.Stopped)
	require.False(t, result.Any(Failed))
	require.Equal(t, "0.04", s.listed(t, "us-east-1", "ec2", "hourly", "us-east-1", "t4g.medium"))
}

// TestAMirrorOfOneFile is the least that the layout asks for, in a folder and behind a URL.
func TestAMirrorOfOneFile(t *testing.T) {
	whole, folder := fakepricelist.Standard("us-west-2"), t.TempDir()
	const file = "offers/v1.0/aws/AWSLambda/current/us-west-2/index.json"
	require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(folder, file)), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(folder, file), whole.Files()[file], 0o644))
	server := fakepricelist.Serve(t, whole)
	server.Before = func(w http.ResponseWriter, r *http.Request, _ int) bool {
		if r.URL.Path != "/"+file {
			http.NotFound(w, r)
		}
		return r.URL.Path != "/"+file
	}
	for _, mirror := range []Mirror{Folder(folder), web(t, server.URL)} {
		s := store{t.TempDir()}
		got := statuses(s.run(t, mirror, Request{}))
		require.Equal(t, Unchanged, got["us-west-2 microvm"], mirror)
		require.Equal(t, NotListed, got["us-west-2 ec2"], mirror)
		require.Contains(t, s.files(t), "us-west-2@2026-09-19.yaml")
	}
}

// TestPathsStayOnTheMirror refuses an index that sends its reader elsewhere.
func TestPathsStayOnTheMirror(t *testing.T) {
	for _, path := range []string{
		"https://elsewhere.example/x.json", "//elsewhere.example/x.json", "/../secret", "/offers/../../secret", "offers/x", "/", "/a//b", "/a b",
		"/offers/%2e%2e/x",
	} {
		_, err := within(path)
		require.Error(t, err, path)
	}
	inside, err := within("/offers/v1.0/aws/AWSLambda/current/region_index.json")
	require.NoError(t, err)
	require.Equal(t, "offers/v1.0/aws/AWSLambda/current/region_index.json", inside)
	for _, url := range []string{"ftp://a/b", "https://", "https://user:secret@a/", "https://a/?x=1", "/folder"} {
		_, err := NewWeb(url, Patience{}, time.Now)
		require.Error(t, err, url)
		require.NotContains(t, err.Error(), "secret")
	}
}

// TestHistoryGivesPastDaysTheirRates walks the versions, keeps those that changed something, and does not walk them
// twice.
func TestHistoryGivesPastDaysTheirRates(t *testing.T) {
	at := func(vcpu string) map[string][]fakepricelist.Product {
		products := fakepricelist.MicroVMs("us-east-1")
		products[0].Tiers[0].Price = vcpu
		return map[string][]fakepricelist.Product{"us-east-1": products}
	}
	list := fakepricelist.Standard("us-east-1")
	list.Product("AWSLambda", "us-east-1", "VCPU").Tiers[0].Price = "0.0000290000"
	version := func(name, from, vcpu string) fakepricelist.Version {
		return fakepricelist.Version{Name: name, From: from + "T00:00:00Z", Published: from + "T05:00:00Z", Products: at(vcpu)}
	}
	list.Versions = []fakepricelist.Version{
		version("20260601000000", "2026-06-01", "0.0000300000"),
		version("20260701000000", "2026-07-01", "0.0000300000"),
		version("20260801000000", "2026-08-01", "0.0000260000"),
		version("20260901000000", "2026-09-01", "0.0000260000"),
		{Name: "20260915000000", From: "2026-09-15T00:00:00Z"}, // without the region
	}
	server := fakepricelist.Serve(t, list)
	s := store{t.TempDir()}
	result := s.run(t, web(t, server.URL), Request{History: true}, "microvm")
	require.NoError(t, result.Stopped)
	require.Len(t, result.History, 1)
	require.Equal(t, []pricing.Date{day(t, "2026-06-01"), day(t, "2026-08-01"), day(t, "2026-11-01")}, result.History[0].Days)
	for _, tc := range []struct{ day, want, reason string }{
		{"2026-06-22", "0.00003", "the version that held when MicroVMs opened"},
		{"2026-07-31", "0.00003", "a version that changed nothing"},
		{"2026-08-01", "0.000026", "a version that did"},
		{"2026-09-20", "0.000026", "what AWS had, not the card built in"},
		{"2026-11-01", "0.000029", "the current version"},
	} {
		require.Equal(t, tc.want, s.rate(t, "us-east-1", tc.day), tc.reason)
	}
	before, sent := s.files(t), server.Sent("AWSLambda/2026")
	result = s.run(t, web(t, server.URL), Request{History: true}, "microvm")
	require.Equal(t, sent, server.Sent("AWSLambda/2026"), "no version is read twice")
	require.Equal(t, before, s.files(t))
	require.Zero(t, result.History[0].Read)
}

// TestSavingsPlanEndsTheAssumption says what the plan's price list says, either way.
func TestSavingsPlanEndsTheAssumption(t *testing.T) {
	for _, tc := range []struct {
		covers []string
		want   assumption.ID
		text   string
	}{
		{nil, assumption.NoFreeTier, "states none"},
		{[]string{"USE1-Fargate-vCPU-Hours:perCPU"}, assumption.NoFreeTierNoPlan, "no Compute Savings Plan covers them"},
		{
			[]string{"Lambda-MicroVM-vCPU-Second-ARM", "Lambda-GB-Second"},
			assumption.SavingsPlanCovers,
			"a Compute Savings Plan has rates for Lambda-MicroVM-vCPU-Second-ARM (AWS Compute Savings Plan price list 20261120010101, read on 2026-11-20)",
		},
	} {
		list := fakepricelist.Standard("us-east-1")
		if tc.covers != nil {
			list.Savings = map[string][]string{"us-east-1": tc.covers}
		}
		server := fakepricelist.Serve(t, list)
		s := store{t.TempDir()}
		s.run(t, web(t, server.URL), Request{}, "microvm")
		card, err := s.cards().Card("us-east-1")
		require.NoError(t, err)
		require.Equal(t, string(tc.want), card.TermsNote().ID)
		require.Contains(t, card.TermsNote().Text, tc.text)
		sent := server.Sent("savingsPlan")
		s.run(t, web(t, server.URL), Request{}, "microvm")
		require.Equal(t, sent, server.Sent("savingsPlan"), "it is known for a month")
	}
}

// TestTwoUpdatesAtOnce end with the same store as one.
func TestTwoUpdatesAtOnce(t *testing.T) {
	server := fakepricelist.Serve(t, fakepricelist.Standard("us-east-1", "us-west-2"))
	want := store{t.TempDir()}
	want.run(t, web(t, server.URL), Request{})
	s := store{t.TempDir()}
	var both sync.WaitGroup
	for range 2 {
		both.Go(func() {
			release, err := cardstore.In(s.dir).Lock(context.Background(), func() {})
			if err != nil {
				t.Error(err)
				return
			}
			defer release()
			if _, err := s.updater(t, web(t, server.URL)).Run(context.Background(), Request{}); err != nil {
				t.Error(err)
			}
		})
	}
	both.Wait()
	require.Equal(t, want.files(t), s.files(t))
}

// A region in which MicroVMs are not sold is looked at, once, and nothing of it is kept.
func TestARegionWithoutMicroVMs(t *testing.T) {
	list := fakepricelist.Standard("us-east-1", "eu-west-3")
	list.Set("AWSLambda", "eu-west-3", list.Offers["AWSLambda"]["eu-west-3"][7:]) // functions alone
	server := fakepricelist.Serve(t, list)
	s := store{t.TempDir()}
	for range 2 {
		got := statuses(s.run(t, web(t, server.URL), Request{}))
		for _, service := range []string{"microvm", "function", "ec2"} {
			require.Equal(t, NotListed, got["eu-west-3 "+service], service)
		}
	}
	require.Equal(t, 1, server.Sent("AWSLambda/current/eu-west-3/index.json"))
	require.Zero(t, server.Sent("AmazonEC2/current/eu-west-3/index.json"))
	require.NotContains(t, s.files(t), "prices/function/eu-west-3/function.yaml")

	// Whoever asks for the region gets what there is.
	got := statuses(s.run(t, web(t, server.URL), Request{Regions: []string{"eu-west-3"}}))
	require.Equal(t, NotListed, got["eu-west-3 microvm"])
	require.Equal(t, Updated, got["eu-west-3 ec2"])
	require.Contains(t, s.files(t), "prices/function/eu-west-3/function.yaml")

	// The day on which MicroVMs open there, it gets its card.
	list = fakepricelist.Standard("us-east-1", "eu-west-3")
	list.Version = "20261125010101"
	server.Replace(list)
	require.Equal(t, Updated, statuses(s.run(t, web(t, server.URL), Request{}))["eu-west-3 microvm"])
}

// A dry run says what it would store, and stores nothing.
func TestDryRun(t *testing.T) {
	server := fakepricelist.Serve(t, fakepricelist.Standard("us-west-2"))
	s := store{filepath.Join(t.TempDir(), "none")}
	result := s.run(t, web(t, server.URL), Request{DryRun: true})
	require.Contains(t, result.Files, "prices/ec2/us-west-2/ec2.yaml")
	require.NoDirExists(t, s.dir)
}

func TestRedirectIsAnOutboundError(t *testing.T) {
	server := fakepricelist.Serve(t, fakepricelist.Standard("us-east-1"))
	server.Before = func(w http.ResponseWriter, r *http.Request, _ int) bool {
		http.Redirect(w, r, "http://elsewhere.example/", http.StatusMovedPermanently)
		return true
	}
	_, err := store{t.TempDir()}.updater(t, web(t, server.URL)).Run(context.Background(), Request{})
	_, redirected := errors.AsType[*outbound.RedirectError](err)
	require.True(t, redirected, "%v", err)
}
