package meter

import (
	"cmp"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"microspend/internal/arn"
	"microspend/internal/emf"
	"microspend/pricing"
)

// Identity is who a MicroVM is, and the sizes that its usage is reckoned with.
type Identity struct {
	MicroVMID    string // "" where not known: a name is made of the life's id then
	Tenant       string
	TenantProof  string // what shows who named the tenant, as emf.Line has it
	Image        string
	ImageVersion string
	Region       string
	Account      string
	Role         string
	Arch         pricing.Arch // "" where it is none of MicroVMs'

	Size         pricing.Size // the baseline, by its memory
	SizeInferred bool         // from the peak that the guest sees
	ImageBytes   int64        // what a launch reads; 0 where not known
	StateBytes   int64        // what a suspend writes and a resume reads; 0 means the baseline memory

	Limits Limits

	proofFault bool // the payload's proof was not one
	untold     bool // the run hook did not tell the id
}

// name gives the MicroVM to a tenant. A proof is that of the tenant it came with, and goes with another's.
func (i *Identity) name(tenant string) {
	if tenant != i.Tenant {
		i.Tenant, i.TenantProof = tenant, ""
	}
}

// prove takes over what shows who named the tenant. What is not a proof leaves none, as the one there was may be that
// of another tenant.
func (i *Identity) prove(text string) error {
	proof := strings.ToLower(strings.TrimSpace(text))
	i.TenantProof, i.proofFault = "", proof != "" && !emf.IsProof(proof)
	if i.proofFault {
		return errors.New("not 64 hexadecimal digits") // who reads messages need not see what might be the right one
	}
	i.TenantProof = proof
	return nil
}

// same reports whether two run hooks say the same.
func (i Identity) same(other Identity) bool {
	a, _ := i.inLine()
	b, _ := other.inLine()
	dollars := func(l Limits) string {
		if l.Dollars == nil {
			return ""
		}
		return l.Dollars.String()
	}
	limits := func(l Limits) string { return fmt.Sprint(dollars(l), " ", l.Running, l.Life, l.Faults) }
	alike := limits(a.Limits) == limits(b.Limits) && (a.MicroVMID == b.MicroVMID || a.untold && b.untold)
	a.MicroVMID, a.Limits, b.MicroVMID, b.Limits = "", Limits{}, "", Limits{}
	return alike && reflect.DeepEqual(a, b)
}

func (i Identity) stateBytes() int64 {
	if i.StateBytes > 0 {
		return i.StateBytes
	}
	return i.Size.MiB() << 20
}

// inLine makes names of CloudWatch's form, reads region and account off the image's ARN where nothing else gives
// them, and says what a reader of the lines should know.
func (i Identity) inLine() (Identity, []string) {
	var notes []string
	changed := false
	for _, name := range []*string{&i.MicroVMID, &i.Tenant, &i.Image, &i.ImageVersion, &i.Region, &i.Account, &i.Role} {
		made, different := emf.Name(*name)
		*name, changed = made, changed || different
	}
	if changed {
		notes = append(notes, emf.NoteNameChanged)
	}
	// What stands for a name that is not known cannot be one.
	if i.Tenant == emf.NoTenant {
		i.Tenant = ""
	}
	if i.Image == emf.NoImage {
		i.Image = ""
	}
	if region, account, ok := parseARN(i.Image); ok {
		i.Region, i.Account = cmp.Or(i.Region, region), cmp.Or(i.Account, account)
	}
	if i.Tenant == "" {
		notes = append(notes, emf.NoteTenantMissing)
	}
	if i.proofFault {
		notes = append(notes, emf.NoteProofUnreadable)
	}
	if i.SizeInferred {
		notes = append(notes, emf.NoteBaselineInferred)
	}
	if len(i.Limits.Faults) > 0 {
		notes = append(notes, emf.NoteBudgetUnreadable)
	}
	if i.ImageBytes <= 0 {
		notes = append(notes, emf.NoteImageSizeUnknown)
	}
	return i, notes
}

// parseARN finds region and account in arn:aws:lambda:eu-west-1:123456789012:microvm-image:name, of any partition.
func parseARN(image string) (region, account string, ok bool) {
	parsed, ok := arn.Parse(image)
	return parsed.Region, parsed.Account, ok && parsed.Service == "lambda"
}

// inferSize works the baseline out of the memory that the guest sees, which is a little less than the peak: four
// times the baseline. It is the smallest size whose peak is no less; ok is false for more memory than any MicroVM
// has.
func inferSize(totalKiB int64) (size pricing.Size, ok bool) {
	sizes := pricing.Sizes()
	i := slices.IndexFunc(sizes, func(s pricing.Size) bool { return s.MiB()*pricing.BurstFactor*1024 >= totalKiB })
	if i < 0 {
		return sizes[len(sizes)-1], false
	}
	return sizes[i], true
}
