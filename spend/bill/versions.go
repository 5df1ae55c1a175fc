package bill

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"microspend/internal/civil"
	"microspend/internal/lazyregexp"
)

// digest identifies a row.
type digest [16]byte

func digestOf(texts []string) (d digest) {
	whole := sha256.Sum256([]byte(strings.Join(texts, "\x00")))
	copy(d[:], whole[:])
	return d
}

// origin is what tells versions of a report apart, and a version from a further file of the same delivery.
type origin struct {
	accounts map[string]bool // whose usage it is
	ids      map[digest]bool // of rows, by their own ids
	contents map[digest]bool // of rows, without what differs between versions where nothing has changed
	reach    time.Time       // end of the latest usage of whatever service
	usage    int             // rows of usage of MicroVMs
	invoiced int             // of them, with an invoice, which rows have from when they are final
}

func (o *origin) final() bool { return o.usage > 0 && o.invoiced == o.usage }

// overlaps reports whether two files have the same rows: files of one delivery have none in common. AWS gives a row
// another id in each delivery, so that rows are also compared by what they say; as rows may be alike by chance, most
// of the smaller file must be in the other.
func (o *origin) overlaps(other *origin) bool {
	if o.size() > other.size() {
		o, other = other, o
	}
	for id := range o.ids {
		if other.ids[id] {
			return true
		}
	}
	same := 0
	for content := range o.contents {
		if other.contents[content] {
			same++
		}
	}
	return 2*same > len(o.contents)
}

func (o *origin) size() int { return len(o.ids) + len(o.contents) }

// Replaced says that a file is an older version of a report than another, and is not counted.
type Replaced struct {
	File, By string
	Period   string // the billing period, as 2026-09
	Rows     int    // of the older file in that period
	Why      string // what makes the other the newer one
}

// Join makes one bill of the files of a report, or of replies for different days. Of several versions of a report, as
// AWS delivers one each day with everything since the month began, the newest counts for a billing period: the one
// whose rows are invoiced, whose folder has the later time, whose usage reaches further, or that was given last.
// Replies of Cost Explorer for the same day are refused, as nothing says which is newer. The digest is that of the
// files' digests, one after the other.
func Join(files []Bill) (Bill, error) {
	switch len(files) {
	case 0:
		return Bill{}, errors.New("no bill given")
	case 1:
		return files[0], nil
	}
	out := newBill(files[0].Format)
	digests := make([]string, len(files))
	for i, file := range files {
		digests[i] = file.SHA256
		out.Metric = cmp.Or(out.Metric, file.Metric)
		if file.Format != out.Format || (file.Metric != "" && file.Metric != out.Metric) {
			return Bill{}, fmt.Errorf(
				"%s is %s and %s is %s: files of one bill are of one kind, so compare them one by one", name(files, 0),
				files[0].inWords(), name(files, i), file.inWords())
		}
		if file.Format == CostExplorer {
			for j, before := range files[:i] {
				if shared := common(before.days, file.days); len(shared) > 0 {
					return Bill{}, fmt.Errorf("%s and %s both cover %s, which would be counted twice; give one reply for each day",
						name(files, j), name(files, i), daysInWords(shared))
				}
			}
		}
		maps.Copy(out.estimated, file.estimated)
	}
	used := make([]bool, len(files))
	for _, key := range partKeys(files) {
		newest, replaced := newestOf(files, key)
		out.Replaced = append(out.Replaced, replaced...)
		for _, i := range newest {
			used[i] = true
			if out.parts[key] == nil {
				out.parts[key] = newPart()
			}
			out.parts[key].merge(files[i].parts[key])
		}
	}
	for i, file := range files {
		if used[i] {
			maps.Copy(out.days, file.days)
		}
	}
	sum := sha256.Sum256([]byte(strings.Join(digests, "")))
	out.SHA256 = hex.EncodeToString(sum[:])
	return out.finish(), nil
}

func (b Bill) inWords() string {
	if b.Metric == "" {
		return string(b.Format)
	}
	return fmt.Sprintf("%s (%s)", b.Format, b.Metric)
}

// name is what a file is called in messages.
func name(files []Bill, i int) string {
	if files[i].Path == "" {
		return fmt.Sprintf("file %d", i+1)
	}
	return files[i].Path
}

func common(a, b map[int64]bool) map[int64]bool {
	shared := map[int64]bool{}
	for at := range a {
		if b[at] {
			shared[at] = true
		}
	}
	return shared
}

func daysInWords(days map[int64]bool) string {
	from, to, _ := spans(days)
	return Span{from, to}.String()
}

// String names the days as a heading does: 1–5 October 2026, or 1 October 2026 alone.
func (s Span) String() string { return civil.Between(s.From, s.To).Label(time.UTC) }

func partKeys(files []Bill) []partKey {
	all := map[partKey]bool{}
	for _, file := range files {
		for key := range file.parts {
			all[key] = true
		}
	}
	return slices.SortedFunc(maps.Keys(all), func(a, b partKey) int {
		return cmp.Or(cmp.Compare(a.period, b.period), cmp.Compare(a.payer, b.payer))
	})
}

// delivery is the files of one version of a report, as far as they have a billing period.
type delivery struct {
	folder string
	files  []int
}

// newestOf are the files that count for a billing period, and those that do not.
func newestOf(files []Bill, key partKey) (newest []int, replaced []Replaced) {
	for left := deliveriesOf(files, key); len(left) > 0; {
		report, others := []delivery{left[0]}, []delivery(nil)
		for _, d := range left[1:] {
			if slices.ContainsFunc(report, func(have delivery) bool { return versions(files, key, have, d) }) {
				report = append(report, d)
			} else {
				others = append(others, d)
			}
		}
		best := 0
		for i := range report {
			if later, _ := newer(files, key, report[best], report[i]); i > 0 && later {
				best = i
			}
		}
		newest = append(newest, report[best].files...)
		for i, d := range report {
			if i == best {
				continue
			}
			_, why := newer(files, key, d, report[best])
			for _, at := range d.files {
				replaced = append(replaced, Replaced{
					File: name(files, at), By: name(files, report[best].files[0]), Period: key.period,
					Rows: files[at].parts[key].rows, Why: why,
				})
			}
		}
		left = others
	}
	slices.Sort(newest)
	return newest, replaced
}

// deliveriesOf puts files into one delivery that lie in one folder and have no rows in common.
func deliveriesOf(files []Bill, key partKey) (all []delivery) {
next:
	for i, file := range files {
		p := file.parts[key]
		if p == nil {
			continue
		}
		folder := filepath.Dir(file.Path)
		for d := range all {
			if all[d].folder == folder && !slices.ContainsFunc(all[d].files, func(j int) bool {
				return p.overlaps(&files[j].parts[key].origin) || file.SHA256 == files[j].SHA256
			}) {
				all[d].files = append(all[d].files, i)
				continue next
			}
		}
		all = append(all, delivery{folder, []int{i}})
	}
	return all
}

// versions reports whether two deliveries are of one report: they have rows in common, or files of one name for the
// same accounts, as reports of different accounts may be called alike.
func versions(files []Bill, key partKey, a, b delivery) bool {
	for _, i := range a.files {
		for _, j := range b.files {
			p, q := files[i].parts[key], files[j].parts[key]
			sameName := files[i].Path != "" && filepath.Base(files[i].Path) == filepath.Base(files[j].Path) &&
				slices.ContainsFunc(slices.Collect(maps.Keys(p.accounts)), func(a string) bool { return q.accounts[a] })
			if sameName || p.overlaps(&q.origin) || files[i].SHA256 == files[j].SHA256 {
				return true
			}
		}
	}
	return false
}

// moment is a time as AWS has it in the folder of a delivery.
var moment = lazyregexp.New(`\d{4}-?\d{2}-?\d{2}T\d{2}[:-]?\d{2}[:-]?\d{2}`)

// newer reports whether b is a newer version than a, and what says so of the newer of them.
func newer(files []Bill, key partKey, a, b delivery) (bool, string) {
	final := func(d delivery) bool {
		return !slices.ContainsFunc(d.files, func(i int) bool {
			p := files[i].parts[key]
			return p.usage > 0 && !p.final()
		}) && slices.ContainsFunc(d.files, func(i int) bool { return files[i].parts[key].final() })
	}
	if x, y := final(a), final(b); x != y {
		return y, "its rows are invoiced"
	}
	stamp := func(d delivery) string {
		found := moment.FindAllString(d.folder, -1)
		if len(found) == 0 {
			return ""
		}
		return strings.NewReplacer("-", "", ":", "").Replace(found[len(found)-1])
	}
	if x, y := stamp(a), stamp(b); x != y && x != "" && y != "" {
		return x < y, "it was delivered later, as its folder says"
	}
	reach := func(d delivery) (latest time.Time) {
		for _, i := range d.files {
			if at := files[i].parts[key].reach; at.After(latest) {
				latest = at
			}
		}
		return latest
	}
	if x, y := reach(a), reach(b); !x.Equal(y) {
		later := x
		if y.After(x) {
			later = y
		}
		return x.Before(y), "its usage reaches further, to " + later.Add(-time.Nanosecond).Format(time.DateOnly)
	}
	if files[a.files[0]].SHA256 == files[b.files[0]].SHA256 {
		return true, "they are the same"
	}
	return true, "it was given last, and nothing else says which is newer"
}
