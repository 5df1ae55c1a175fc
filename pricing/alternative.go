package pricing

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"microspend/internal/figures"
	"microspend/internal/lazyregexp"
	"microspend/internal/nearest"
	"microspend/pricing/assumption"
)

// Note is an assumption or a warning as it is printed.
type Note = assumption.Note

// Kind is the family that an alternative belongs to; each has its own billing rule.
type Kind string

// The kinds of alternatives, by their key in a scenario's compare list.
const (
	KindEC2       Kind = "ec2"
	KindFargate   Kind = "fargate"
	KindFunction  Kind = "function"
	KindLightsail Kind = "lightsail"
	KindCI        Kind = "ci"
	KindSandbox   Kind = "sandbox"
	KindFixed     Kind = "fixed"
	KindMicroVM   Kind = "microvm" // on another architecture; offered without being listed
)

// Demand is what a workload asks of whatever runs it, for one month.
type Demand struct {
	Region    string
	Size      Size            // the MicroVM's, whose baseline an alternative matches unless told otherwise
	Users     decimal.Decimal // distinct users; 1 where the workload is counted in jobs
	Jobs      decimal.Decimal // 0 where it is counted in users
	Running   decimal.Decimal // seconds, all together
	Stretches decimal.Decimal // times that something starts to run: jobs, or launches and resumes
	Peak      Burst           // of bursts; the zero value where there are none
	OwnKernel bool            // it runs untrusted code, which may not share a kernel
}

// Candidate is something that could run the workload instead.
type Candidate interface {
	// Price says what the candidate costs for a demand. A price that is not known is not an error but an Alternative
	// whose Unknown says what to do.
	Price(PriceBook, Demand) Alternative
}

// Alternative is a candidate with its cost.
type Alternative struct {
	Kind    Kind
	Name    string
	Curve   Curve   // cost by running time
	Formula string  // of the month's cost at the demand's running time
	Sources []Price // what the cost rests on
	GivesUp string  // against a MicroVM, in a short clause
	Notes   []Note  // assumptions made for it
	Err     error   // why it has no price and what to do about it, an [UnpricedError] where only a price is missing

	// Offers is what one of its machines, tasks or requests has; AtOnce of the users or jobs share it, one where that
	// is zero. Runs is how many runs the running time is split into, the demand's stretches where it is zero.
	Offers       Capacity
	AtOnce, Runs decimal.Decimal
	// Needs is what the workload needs of each, and Cannot why it cannot do the job, in clauses: see
	// [Alternative.Judged].
	Needs  Capacity
	Cannot []string

	// PerInstance is the monthly cost of one instance where users can share instances, zero elsewhere.
	PerInstance decimal.Decimal
}

// Unknown is why it has no price and what to do about it; "" where it has one.
func (a Alternative) Unknown() string {
	if a.Err == nil {
		return ""
	}
	return a.Err.Error()
}

// ErrUnpriced is what every [UnpricedError] is, for errors.Is.
var ErrUnpriced = errors.New("an alternative has no price")

// UnpricedError says that the price of an alternative is not known.
type UnpricedError struct {
	// Unlisted says that nothing of that name or size is known in any region: it is misspelt, or newer than the prices.
	Unlisted bool
	Likely   string // what may have been meant; "" where nothing is near
	reason   string
}

func (e *UnpricedError) Error() string {
	if e.Likely != "" {
		return e.reason + " (did you mean " + e.Likely + "?)"
	}
	return e.reason
}

// Is reports whether the target is [ErrUnpriced].
func (e *UnpricedError) Is(target error) bool { return target == ErrUnpriced }

// failed is the alternative that cannot be priced, and why.
func (a Alternative) failed(err error) Alternative {
	a.Err = err
	return a
}

// unlisted is the alternative of a name or size that is in no list, and what to do about it.
func (a Alternative) unlisted(format string, args ...any) Alternative {
	return a.failed(&UnpricedError{Unlisted: true, reason: fmt.Sprintf(format, args...)})
}

// unknown is the alternative without a price in a region, and what to do about it.
func (a Alternative) unknown(format string, args ...any) Alternative {
	a.Err = &UnpricedError{reason: fmt.Sprintf(format, args...)}
	return a
}

// alwaysOn sets the cost of machines that run all month at so much each, and returns how many it takes: enough for the
// users, or, for jobs, enough hours for their running time, several at a time on each.
func (d Demand) alwaysOn(alt *Alternative, each, perMachine decimal.Decimal) decimal.Decimal {
	if d.Jobs.IsZero() {
		machines := ceilQuo(d.Users, perMachine)
		alt.Curve = Curve{Fixed: machines.Mul(each)}
		return machines
	}
	month := hoursPerInstanceMonth.Mul(secondsPerHour).Mul(perMachine)
	alt.Curve = Curve{Rate: each, Unit: month, Stretches: one, Minimum: month, Step: month}
	alt.Notes = append(alt.Notes, assumption.JobsInTurn.Clause())
	return Divide(alt.Curve.Billed(d.Running), month, 0)
}

func ceilQuo(a, b decimal.Decimal) decimal.Decimal {
	whole, rest := a.QuoRem(b, 0)
	if rest.IsPositive() {
		whole = whole.Add(one)
	}
	return whole
}

// EC2 is instances that run the whole month of 730 hours.
//
// The cost is instances × (730 h × hourly × (1 − discount) + EBS GB × price per GB-month + 730 h × public IPv4), with
// ceil(users / UsersPerInstance) instances. Jobs take as many instances as their running time fills, one at least,
// where UsersPerInstance is how many run on one at a time.
type EC2 struct {
	Type             string
	UsersPerInstance decimal.Decimal  // zero means one
	ActiveAtOnce     decimal.Decimal  // of those who share one; zero means all
	VCPU, GB         decimal.Decimal  // of a type that is not listed; zero means not known
	EBSGB            decimal.Decimal  // gp3, of each instance
	EBSGBMonth       *decimal.Decimal // in place of the listed price
	PublicIPv4       bool             // one address for each instance
	Purchase         string           // "on-demand" or empty; "spot" and "savings-plan" need Hourly or Discount
	Hourly           *decimal.Decimal
	Discount         decimal.Decimal // on the hourly price, 0 to 1
	Name             string          // in place of the one made from the above
}

var hoursPerInstanceMonth = decimal.NewFromInt(HoursPerInstanceMonth)

// Price implements Candidate.
func (e EC2) Price(book PriceBook, d Demand) Alternative {
	perInstance := decimal.Max(e.UsersPerInstance, one)
	alt := Alternative{
		Kind: KindEC2, Name: e.name(perInstance),
		GivesUp: "bills while idle; the OS is yours to patch; users on one instance share a kernel",
	}
	book, err := book.In(d.Region)
	if err != nil {
		return alt.failed(err)
	}
	e.offer(book, &alt, perInstance)
	hourly, found := e.hourly(book, d.Region, &alt)
	if !found {
		return alt
	}
	each := hoursPerInstanceMonth.Mul(hourly)
	terms := []string{fmt.Sprintf("%d h × $%s", HoursPerInstanceMonth, hourly)}
	if e.EBSGB.IsPositive() {
		price, ok := given(e.EBSGBMonth, book.ec2.EBSGBMonth, d.Region)
		if !ok {
			return alt.unknown("the price of EBS gp3 in %s is not known; give it as ebs_gb_month", d.Region)
		}
		alt.Sources = append(alt.Sources, price)
		each = each.Add(e.EBSGB.Mul(price.USD))
		terms = append(terms, fmt.Sprintf("%s GB × $%s", figures.Grouped(e.EBSGB), price.USD))
	}
	if e.PublicIPv4 {
		price, _ := book.ec2.PublicIPv4.in(d.Region)
		alt.Sources = append(alt.Sources, price)
		each = each.Add(hoursPerInstanceMonth.Mul(price.USD))
		terms = append(terms, fmt.Sprintf("%d h × $%s", HoursPerInstanceMonth, price.USD))
	}
	alt.PerInstance = each
	instances := d.alwaysOn(&alt, each, perInstance)
	alt.Formula = terms[0]
	if len(terms) > 1 {
		alt.Formula = "(" + strings.Join(terms, " + ") + ")"
	}
	alt.Formula = fmt.Sprintf("%s × %s", figures.CountOf(instances, "instance"), alt.Formula)
	return alt
}

// offer says what an instance has, and how many share it.
func (e EC2) offer(book PriceBook, alt *Alternative, perInstance decimal.Decimal) {
	vcpu, gb := e.VCPU, e.GB
	if listed, known := book.ec2.Types[e.Type]; known {
		memory, _ := ParseGB(listed.Memory) // one that cannot be read is not known
		vcpu, gb = orElse(vcpu, listed.VCPU.Decimal), orElse(gb, memory)
	}
	alt.Offers = book.limits.of(KindEC2, e.Type).offer(vcpu, gb)
	alt.AtOnce = decimal.Min(orElse(e.ActiveAtOnce, perInstance), perInstance)
	family, _, _ := strings.Cut(e.Type, ".")
	alt.Offers.Burstable = slices.Contains(book.ec2.Burstable, family)
	if perInstance.GreaterThan(one) {
		alt.Offers.Isolation = IsolationShared // by the scenario, whatever is published of a whole instance
		alt.Offers.Limits = slices.DeleteFunc(alt.Offers.Limits, func(l Limit) bool { return l.Of == ofIsolation })
	}
}

func (e EC2) name(perInstance decimal.Decimal) string {
	if e.Name != "" {
		return e.Name
	}
	name := "EC2 " + e.Type
	if e.Purchase != "" && e.Purchase != "on-demand" {
		name += " " + e.Purchase
	}
	if perInstance.GreaterThan(one) {
		name += ", " + perInstance.String() + " users each"
	}
	return name
}

// instanceSize are the sizes of EC2 instances. Families are no closed list, so that one that is not known is likelier
// new than misspelt; sizes are.
var instanceSize = lazyregexp.New(`\.(nano|micro|small|medium|large|[0-9]*xlarge|metal(-[0-9]+xl)?)$`)

// hourly finds the price of an instance-hour and takes the discount off.
func (e EC2) hourly(book PriceBook, region string, alt *Alternative) (decimal.Decimal, bool) {
	onDemand := e.Purchase == "" || e.Purchase == "on-demand"
	if e.Hourly != nil {
		alt.Sources = append(alt.Sources, own(*e.Hourly))
		return net(*e.Hourly, e.Discount), true
	}
	price, listed := book.ec2.Hourly[region][e.Type]
	if !listed {
		unpriced := &UnpricedError{
			reason: fmt.Sprintf("the price of EC2 %s in %s is not known; give it as hourly", e.Type, region),
		}
		if _, listed := book.ec2.Types[e.Type]; listed { // in other regions
			unpriced.reason += ", or refresh the rates"
		} else if unpriced.Unlisted = true; !instanceSize.MatchString(e.Type) {
			unpriced.Likely = nearest.Near(e.Type, book.AllInstanceTypes())
		}
		alt.Err = unpriced
		return decimal.Decimal{}, false
	}
	if !onDemand && e.Discount.IsZero() {
		*alt = alt.unknown("the %s price of EC2 %s is not known; give it as hourly, or as a discount off the "+
			"on-demand price", e.Purchase, e.Type)
		return decimal.Decimal{}, false
	}
	alt.Sources = append(alt.Sources, price)
	return net(price.USD, e.Discount), true
}

// Fixed is a price by the month, or by the minute of running time.
type Fixed struct {
	Name      string
	PerMonth  decimal.Decimal // for the whole workload
	PerMinute decimal.Decimal // of running time, not rounded
}

// Price implements Candidate.
func (f Fixed) Price(_ PriceBook, d Demand) Alternative {
	alt := Alternative{
		Kind: KindFixed, Name: f.Name,
		Curve:   Curve{Fixed: f.PerMonth, Rate: f.PerMinute, Unit: secondsPerMinute},
		Sources: []Price{own(decimal.Max(f.PerMonth, f.PerMinute))},
		GivesUp: "what it gives up is for you to judge: its price is all that is known here",
	}
	switch {
	case f.PerMinute.IsZero():
		alt.Formula = "$" + f.PerMonth.String() + " a month"
	case f.PerMonth.IsZero():
		alt.Formula = fmt.Sprintf("%s s / 60 × $%s", figures.Grouped(d.Running), f.PerMinute)
	default:
		alt.Formula = fmt.Sprintf("$%s a month + %s s / 60 × $%s", f.PerMonth, figures.Grouped(d.Running), f.PerMinute)
	}
	return alt
}

// own is a price that the user gives.
func own(usd decimal.Decimal) Price { return Price{USD: usd, Source: "given in the workload"} }

// given is the price that the user gives, or else the listed one of a region.
func given(usd *decimal.Decimal, listed byRegion, region string) (Price, bool) {
	if usd != nil {
		return own(*usd), true
	}
	return listed.in(region)
}

// Lightsail is one bundle for each user, by the month.
type Lightsail struct {
	GB       decimal.Decimal // of memory; zero means the MicroVM's
	IPv6Only bool
	PerMonth *decimal.Decimal // of one bundle, in place of the listed price
}

// Price implements Candidate.
func (l Lightsail) Price(book PriceBook, d Demand) Alternative {
	gb := orElse(l.GB, d.Size.GB())
	book, err := book.In(d.Region)
	table, suffix := book.lightsail.WithIPv4, ""
	if l.IPv6Only {
		table, suffix = book.lightsail.IPv6Only, ", IPv6 only"
	}
	alt := Alternative{
		Kind: KindLightsail, Name: fmt.Sprintf("Lightsail %s GB%s", gb, suffix),
		GivesUp: "bills while idle; the OS is yours to patch; does not scale by itself",
	}
	if err != nil {
		return alt.failed(err)
	}
	price, listed := given(l.PerMonth, table[gb.String()+"GB"], d.Region)
	if !listed {
		return alt.unlisted("no Lightsail bundle of %s GB is known; bundles are %s; give another's price as per_month",
			gb, bundleSizes(table))
	}
	alt.Sources = []Price{price}
	alt.Offers = book.limits.of(KindLightsail, gb.String()+"GB").offer(decimal.Decimal{}, gb)
	alt.Offers.Burstable = true // every bundle is
	bundles := d.alwaysOn(&alt, price.USD, one)
	alt.PerInstance = price.USD
	alt.Formula = fmt.Sprintf("%s × $%s", figures.CountOf(bundles, "bundle"), price.USD)
	return alt
}

// bundleSizes lists the memory of bundles, as in "0.5, 1 and 2 GB".
func bundleSizes(table map[string]byRegion) string {
	sizes := make([]decimal.Decimal, 0, len(table))
	for name := range table {
		if gb, err := ParseGB(name); err == nil {
			sizes = append(sizes, gb)
		}
	}
	slices.SortFunc(sizes, decimal.Decimal.Cmp)
	texts := make([]string, len(sizes))
	for i, gb := range sizes {
		texts[i] = gb.String()
	}
	last := len(texts) - 1
	if last < 0 {
		return "not known either"
	}
	return strings.Join(texts[:last], ", ") + " and " + texts[last] + " GB"
}

// CI is a hosted CI runner that bills each job by the started minute.
type CI struct {
	Runner    string           // such as github-linux-2-core
	PerMinute *decimal.Decimal // in place of the listed price
	Name      string           // in place of the listed title
}

// Price implements Candidate. Where the workload is counted in users, each stretch of running time is taken as a job.
func (c CI) Price(book PriceBook, d Demand) Alternative {
	alt := Alternative{
		Kind: KindCI, Name: cmp.Or(c.Name, c.Runner),
		GivesUp: "runs CI jobs only; a fresh machine each time, no state; minutes are rounded up",
	}
	listed, known := book.ci.PerMinute[c.Runner]
	price := listed.Price
	switch {
	case c.PerMinute != nil:
		price = own(*c.PerMinute)
	case !known:
		return alt.unlisted("no runner %q is known; runners are %s", c.Runner, strings.Join(book.Runners(), ", "))
	}
	if known {
		alt.Name = cmp.Or(c.Name, listed.Title)
	}
	alt.Offers = book.limits.of(KindCI, c.Runner).offer(decimal.Decimal{}, decimal.Decimal{})
	jobs := d.Stretches
	if d.Jobs.IsZero() {
		alt.Notes = append(alt.Notes, assumption.CIJobs.Clause())
	}
	alt.Sources = []Price{price}
	alt.Curve = Curve{Rate: price.USD, Unit: secondsPerMinute, Stretches: jobs, Step: book.ci.StepSeconds.Decimal}
	minutes := Divide(alt.Curve.Billed(d.Running), secondsPerMinute, AmountPlaces)
	alt.Formula = fmt.Sprintf("%s × $%s", figures.CountOf(minutes, "minute"), price.USD)
	return alt
}

func orElse(value, otherwise decimal.Decimal) decimal.Decimal {
	if value.IsZero() {
		return otherwise
	}
	return value
}
