package scenarios

import (
	"microspend/internal/scalar"
	"microspend/internal/strictyaml"
)

// scenarioFile is a workload as it is written. Its types are the schema: the decoder, the checks and the JSON Schema
// for editors are all made from them.
type scenarioFile struct {
	Name       string          `yaml:"name" jsonschema_description:"Short name of the workload. Default: the file's name."`
	Title      string          `yaml:"title" jsonschema_description:"One line that says what the workload is."`
	Region     string          `yaml:"region,required" jsonschema_description:"AWS region, such as eu-west-1."`
	Rates      *ratesFile      `yaml:"rates" jsonschema_description:"Where the rates come from. Default: AWS's list prices for the region."`
	MicroVM    microVMFile     `yaml:"microvm,required" jsonschema_description:"The MicroVM's size."`
	Image      imageFile       `yaml:"image" jsonschema_description:"The image that launches read and that is stored."`
	State      stateFile       `yaml:"state" jsonschema_description:"The state that a suspend writes and a resume reads."`
	Workload   workloadFile    `yaml:"workload,required" jsonschema_description:"What runs in a month."`
	Traits     []Trait         `yaml:"traits" jsonschema_description:"What the workload needs, for the rule-of-thumb verdict."`
	Compare    []compareFile   `yaml:"compare" jsonschema_description:"What to compare with. Default: alternatives of the same size."`
	Documented *DocumentedFile `yaml:"documented" jsonschema_description:"Figures that a source prints, checked against the exact ones."`
}

// ratesFile chooses the rates. A figure given here wins over the card's.
type ratesFile struct {
	Card         string `yaml:"card" jsonschema_description:"Rate card to start from: aws-list." jsonschema:"enum=aws-list"`
	scalar.Rates `yaml:",inline"`
}

// microVMFile is the size; vCPU follows from it (GB / 2). A plain value is the memory. AWS's API calls the architecture
// by the longer word, which whoever copies from an image's description writes.
type microVMFile struct {
	Memory *scalar.MicroVMSize `yaml:"memory,required,shorthand" jsonschema_description:"Baseline memory: 0.5GB, 1GB, 2GB, 4GB or 8GB. vCPU is half the number of GB."`
	Arch   *microVMArch        `yaml:"arch,also=architecture" jsonschema_description:"Architecture of the image: arm64 (the default) or x86_64, which has rates of its own for compute."`
}

// imageFile is the image; a plain value is its size.
type imageFile struct {
	Size  *scalar.GB       `yaml:"size,shorthand" jsonschema_description:"Of one image version, read by each launch. Default: the baseline memory."`
	Count *scalar.Count    `yaml:"count" jsonschema_description:"Image versions stored, active or not. Default: 1; 0 stores none."`
	Hours *scalar.Duration `yaml:"hours" jsonschema_description:"How long each is stored in the month. Default: the whole month of 720 hours; a week at least is billed."`
}

// stateFile is the suspended state; a plain value is its size.
type stateFile struct {
	Size *scalar.GB `yaml:"size,shorthand" jsonschema_description:"Written by a suspend, read by a resume, held while suspended. Default: the baseline memory."`
}

// workloadFile is what runs: users with active days, or jobs, or a trace of requests.
type workloadFile struct {
	Users     *scalar.Count   `yaml:"users" jsonschema_description:"Distinct users or tenants."`
	Days      *scalar.Count   `yaml:"days" jsonschema_description:"Active days a month of each user, up to 31."`
	Jobs      *scalar.Count   `yaml:"jobs" jsonschema_description:"Jobs a month, in place of users and days."`
	Running   *periodDuration `yaml:"running" jsonschema_description:"Running time per active day or per job; or 1600s/month, 8s/job."`
	Work      *workFile       `yaml:"work" jsonschema_description:"CPU-bound work in place of running, from which the running time follows by size: 3600 vcpu-seconds, or times measured by size."`
	Burst     *burstFile      `yaml:"burst" jsonschema_description:"The share of running time that is billed at a peak."`
	Suspended *periodDuration `yaml:"suspended" jsonschema_description:"Suspended time per active day or per job. Default: none."`
	Launches  *periodCount    `yaml:"launches" jsonschema_description:"Starts per active day or per job, each reading the image. Default: 1."`
	Cycles    *periodCount    `yaml:"cycles" jsonschema_description:"Suspends, each followed by a resume, per active day or per job. Default: 0."`

	Trace             string           `yaml:"trace" jsonschema_description:"File of request times, gaps or invocations a minute, in place of running, suspended, launches and cycles, which are found by playing it; relative to this file."`
	IdleTimeout       *scalar.Duration `yaml:"idle_timeout" jsonschema_description:"With a trace: maxIdleDurationSeconds, 60s at least. Default: 1800s."`
	SuspendedDuration *scalar.Duration `yaml:"suspended_duration" jsonschema_description:"With a trace: suspendedDurationSeconds; 0 terminates in place of suspending. Default: 8h."`
	TracePeriod       *scalar.Duration `yaml:"trace_period" jsonschema_description:"With a trace: the time that it covers, which is scaled to a month of 30 days. Default: what it says itself."`
}

// burstFile is the peak.
type burstFile struct {
	Share  *scalar.Percent `yaml:"share,required" jsonschema_description:"Part of the running time at the peak."`
	Memory *scalar.GB      `yaml:"memory" jsonschema_description:"Memory at the peak, from the baseline to 4 times it. Default: 4 times."`
	VCPU   *scalar.Count   `yaml:"vcpu" jsonschema_description:"vCPU at the peak, from the baseline to 4 times it. Default: 4 times."`
}

// DocumentedFile is what a source prints about the workload. In the worked examples each figure also states the exact
// one and whether the two agree.
type DocumentedFile struct {
	Source  string                           `yaml:"source" jsonschema_description:"Where the figures are printed."`
	Verdict string                           `yaml:"verdict" jsonschema_description:"What to conclude, in a sentence or two."`
	Figures strictyaml.Map[DocumentedFigure] `yaml:"figures,required" jsonschema_description:"Figure id to what is printed."`
}

// DocumentedFigure is one printed figure. A plain value is the printed figure alone; a figure that the source does not
// print, but that follows from what it says, has the exact one alone.
type DocumentedFigure struct {
	Printed *Printed `yaml:"printed,shorthand" jsonschema_description:"As printed: 16.79, ~22 or 5..7."`
	Exact   string   `yaml:"exact" jsonschema_description:"The exact figure, to be held to." jsonschema:"oneof_type=number;string"`
	Verdict *Verdict `yaml:"verdict" jsonschema_description:"follows or differs, to be held to."`
	Because string   `yaml:"because" jsonschema_description:"Why it differs, in a sentence."`
}
