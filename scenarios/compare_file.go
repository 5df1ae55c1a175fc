package scenarios

import (
	"fmt"
	"strings"

	"github.com/shopspring/decimal"

	"microspend/internal/scalar"
	"microspend/internal/strictyaml"
	"microspend/pricing"
)

// compareFile is one entry of the compare list: exactly one of its keys.
type compareFile struct {
	EC2       *ec2File       `yaml:"ec2" jsonschema_description:"Instances that run all month (730 hours), one per user unless shared."`
	Fargate   *fargateFile   `yaml:"fargate" jsonschema_description:"Fargate tasks, while active or always."`
	Function  *functionFile  `yaml:"function" jsonschema_description:"AWS Lambda functions."`
	Lightsail *lightsailFile `yaml:"lightsail" jsonschema_description:"One Lightsail bundle per user."`
	CI        *ciFile        `yaml:"ci" jsonschema_description:"A hosted CI runner, by the started minute."`
	Sandbox   *sandboxFile   `yaml:"sandbox" jsonschema_description:"Another provider's sandbox."`
	Fixed     *fixedFile     `yaml:"fixed" jsonschema_description:"A price by the month or by the minute."`
}

// ec2File is EC2 instances; a plain value is the type.
type ec2File struct {
	Type             string          `yaml:"type,required,shorthand" jsonschema_description:"Instance type, such as t4g.medium."`
	UsersPerInstance *scalar.Count   `yaml:"users_per_instance" jsonschema_description:"Users who share one instance. Default: 1."`
	ActiveAtOnce     *scalar.Count   `yaml:"active_at_once" jsonschema_description:"Of the users who share an instance, how many are busy at the same time. Default: all."`
	VCPU             *scalar.Count   `yaml:"vcpu" jsonschema_description:"vCPUs of a type that microspend does not list."`
	Memory           *scalar.GB      `yaml:"memory" jsonschema_description:"Memory of a type that microspend does not list."`
	EBSGB            *scalar.Count   `yaml:"ebs_gb" jsonschema_description:"GB of EBS gp3 for each instance. Default: 0."`
	EBSGBMonth       *scalar.Price   `yaml:"ebs_gb_month" jsonschema_description:"Dollars per GB-month of EBS, in place of the listed price."`
	PublicIPv4       bool            `yaml:"public_ipv4" jsonschema_description:"A public IPv4 address for each instance."`
	Purchase         *purchase       `yaml:"purchase" jsonschema_description:"on-demand, spot or savings-plan; the latter two need hourly or discount."`
	Hourly           *scalar.Price   `yaml:"hourly" jsonschema_description:"Dollars per instance-hour, in place of the listed price."`
	Discount         *scalar.Percent `yaml:"discount" jsonschema_description:"Off the hourly price."`
	Name             string          `yaml:"name" jsonschema_description:"Name to show."`
}

// fargateFile is Fargate tasks; a plain value is the hours.
type fargateFile struct {
	Hours  *billedHours  `yaml:"hours,shorthand" jsonschema_description:"active (running time only, the default) or always."`
	Arch   *archName     `yaml:"arch" jsonschema_description:"arm64 (the default) or x86."`
	VCPU   *scalar.Count `yaml:"vcpu" jsonschema_description:"Default: the MicroVM's."`
	Memory *scalar.GB    `yaml:"memory" jsonschema_description:"Default: the MicroVM's."`
	DiskGB *scalar.Count `yaml:"disk_gb" jsonschema_description:"GB of disk; 20 are free."`
	Spot   bool          `yaml:"spot" jsonschema_description:"Fargate Spot; ARM only."`

	VCPUHour *scalar.Price `yaml:"vcpu_hour" jsonschema_description:"Dollars per vCPU-hour, in place of the listed price."`
	GBHour   *scalar.Price `yaml:"gb_hour" jsonschema_description:"Dollars per GB-hour of memory, in place of the listed price."`
}

// functionFile is Lambda functions; a plain value is the memory.
type functionFile struct {
	Memory   *scalar.GB    `yaml:"memory,shorthand" jsonschema_description:"Default: the MicroVM's. At most 10GB."`
	Requests *scalar.Count `yaml:"requests" jsonschema_description:"Requests a month. Default: one per job, launch or resume."`
	Arch     *archName     `yaml:"arch" jsonschema_description:"arm64 (the default) or x86."`
	FreeTier bool          `yaml:"free_tier" jsonschema_description:"Take the account's monthly free tier off."`
}

// lightsailFile is a Lightsail bundle; a plain value is the memory.
type lightsailFile struct {
	Memory   *scalar.GB    `yaml:"memory,shorthand" jsonschema_description:"Memory of the bundle, such as 2GB. Default: the MicroVM's."`
	IPv6Only bool          `yaml:"ipv6_only" jsonschema_description:"The bundle without a public IPv4 address."`
	PerMonth *scalar.Price `yaml:"per_month" jsonschema_description:"Dollars a month of one bundle, in place of the listed price."`
}

// ciFile is a CI runner; a plain value is the runner.
type ciFile struct {
	Runner    string        `yaml:"runner,required,shorthand" jsonschema_description:"Such as github-linux-2-core."`
	PerMinute *scalar.Price `yaml:"per_minute" jsonschema_description:"Dollars per minute, in place of the listed price."`
	Name      string        `yaml:"name" jsonschema_description:"Name to show."`
}

// sandboxFile is a sandbox; a plain value is the provider.
type sandboxFile struct {
	Provider string          `yaml:"provider,required,shorthand" jsonschema_description:"The provider, such as e2b."`
	VCPU     *scalar.Count   `yaml:"vcpu" jsonschema_description:"Default: the MicroVM's."`
	Memory   *scalar.GB      `yaml:"memory" jsonschema_description:"Default: the MicroVM's."`
	DiskGB   *scalar.Count   `yaml:"disk_gb" jsonschema_description:"GB of disk, where the provider charges for it."`
	Active   *scalar.Percent `yaml:"active" jsonschema_description:"Part of running time in which the CPU is busy, for providers that bill only that."`
}

// fixedFile is a price as it is.
type fixedFile struct {
	Name      string        `yaml:"name,required" jsonschema_description:"Name to show."`
	PerMonth  *scalar.Price `yaml:"per_month" jsonschema_description:"Dollars a month for the whole workload."`
	PerMinute *scalar.Price `yaml:"per_minute" jsonschema_description:"Dollars per minute of running time."`
}

// A function has 128 MiB to 10 GB. Source: AWS Lambda documentation, quotas.
var (
	minFunctionGB = decimal.New(125, -3)
	maxFunctionGB = decimal.NewFromInt(10)
)

// candidate checks one entry and makes of it what the pricing engine takes. It returns nil after a fault.
func (c compareFile) candidate(doc *strictyaml.Document, path string) pricing.Candidate {
	var (
		found []string
		made  pricing.Candidate
	)
	if f := c.EC2; f != nil {
		found = append(found, "ec2")
		if n := f.UsersPerInstance; n != nil && (!n.IsPositive() || !n.IsInteger()) {
			doc.Fault(path+".ec2.users_per_instance", "%s is not a whole number of at least 1", n)
		}
		notZero(doc, path+".ec2.vcpu", f.VCPU)
		shared := orFirst(f.UsersPerInstance, scalar.Count{Decimal: decimal.NewFromInt(1)})
		if n := f.ActiveAtOnce; n != nil && (!n.IsPositive() || n.GreaterThan(shared.Decimal)) {
			doc.Fault(path+".ec2.active_at_once", "%s is not above 0 and at most the %s who share an instance", n, shared)
		}
		made = pricing.EC2{
			Type: f.Type, UsersPerInstance: valueOf(f.UsersPerInstance).Decimal, EBSGB: valueOf(f.EBSGB).Decimal,
			ActiveAtOnce: valueOf(f.ActiveAtOnce).Decimal, VCPU: valueOf(f.VCPU).Decimal, GB: valueOf(f.Memory).Decimal,
			EBSGBMonth: f.EBSGBMonth.OrNil(), PublicIPv4: f.PublicIPv4,
			Purchase: string(orFirst(f.Purchase, onDemand)), Hourly: f.Hourly.OrNil(),
			Discount: valueOf(f.Discount).Fraction, Name: f.Name,
		}
	}
	if f := c.Fargate; f != nil {
		found = append(found, "fargate")
		arch := orFirst(f.Arch, archARM64)
		notZero(doc, path+".fargate.vcpu", f.VCPU)
		if f.Spot && arch != archARM64 && (f.VCPUHour == nil || f.GBHour == nil) {
			doc.Fault(path+".fargate.spot", "no price of Fargate Spot on %s is known; use arm64, or give vcpu_hour and gb_hour",
				arch)
		}
		made = pricing.Fargate{
			Arch: string(arch), Spot: f.Spot,
			VCPU: valueOf(f.VCPU).Decimal, GB: valueOf(f.Memory).Decimal, DiskGB: valueOf(f.DiskGB).Decimal,
			Always: orFirst(f.Hours, activeHours) == alwaysHours, VCPUHour: f.VCPUHour.OrNil(), GBHour: f.GBHour.OrNil(),
		}
	}
	if f := c.Function; f != nil {
		found = append(found, "function")
		notZero(doc, path+".function.requests", f.Requests)
		if f.Memory != nil && f.Memory.GreaterThan(maxFunctionGB) {
			doc.Fault(path+".function.memory", "is above the 10 GB that a function can have")
		}
		if f.Memory != nil && f.Memory.LessThan(minFunctionGB) {
			doc.Fault(path+".function.memory", "is below the 128MiB that a function has at least")
		}
		made = pricing.Function{
			Arch: string(orFirst(f.Arch, archARM64)), GB: valueOf(f.Memory).Decimal, Requests: valueOf(f.Requests).Decimal,
			FreeTier: f.FreeTier,
		}
	}
	if f := c.Lightsail; f != nil {
		found = append(found, "lightsail")
		made = pricing.Lightsail{GB: valueOf(f.Memory).Decimal, IPv6Only: f.IPv6Only, PerMonth: f.PerMonth.OrNil()}
	}
	if f := c.CI; f != nil {
		found = append(found, "ci")
		made = pricing.CI{Runner: f.Runner, PerMinute: f.PerMinute.OrNil(), Name: f.Name}
	}
	if f := c.Sandbox; f != nil {
		found = append(found, "sandbox")
		notZero(doc, path+".sandbox.vcpu", f.VCPU)
		if f.Active != nil && f.Active.Fraction.IsZero() {
			doc.Fault(path+".sandbox.active", "must be above 0%%")
		}
		made = pricing.Sandbox{
			Provider: f.Provider,
			VCPU:     valueOf(f.VCPU).Decimal, GB: valueOf(f.Memory).Decimal, DiskGB: valueOf(f.DiskGB).Decimal,
			Active: valueOf(f.Active).Fraction,
		}
	}
	if f := c.Fixed; f != nil {
		found = append(found, "fixed")
		if f.PerMonth == nil && f.PerMinute == nil {
			doc.Fault(path+".fixed", "has no price; give per_month or per_minute")
		}
		made = pricing.Fixed{
			Name: f.Name, PerMonth: valueOf(f.PerMonth).Decimal, PerMinute: valueOf(f.PerMinute).Decimal,
		}
	}
	if len(found) > 1 {
		doc.Fault(path, "names %s; write one alternative per list entry", strings.Join(found, " and "))
	}
	if len(found) == 0 {
		doc.Fault(path, "names no alternative; allowed are ec2, fargate, function, lightsail, ci, sandbox and fixed")
	}
	return made
}

// notZero refuses a zero where leaving the key out is what would give the default.
func notZero(doc *strictyaml.Document, path string, c *scalar.Count) {
	if c != nil && c.IsZero() {
		doc.Fault(path, "must be above zero; leave it out for the default")
	}
}

// valueOf is what is written, and the zero value where nothing is.
func valueOf[T any](written *T) (value T) {
	if written != nil {
		value = *written
	}
	return value
}

func orFirst[T any](p *T, otherwise T) T {
	if p == nil {
		return otherwise
	}
	return *p
}

// indexed writes the path of a list's entry.
func indexed(list string, i int) string { return fmt.Sprintf("%s[%d]", list, i) }
