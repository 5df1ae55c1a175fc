package usage

import (
	"fmt"
	"strings"

	"microspend/internal/figures"
	"microspend/pricing"
)

// Resource is what a record is about. Its zero value is no resource; one without a kind is a MicroVM.
type Resource struct {
	Kind ResourceKind
	// of a MicroVM; an image's name or ARN with its version, "" for images in general; a fleet's tenant and image
	ID string
}

// ResourceKind tells apart what can use something.
type ResourceKind uint8

// The kinds of resources.
const (
	KindMicroVM ResourceKind = iota
	KindImage                // the storage of an image's version, which outlives every MicroVM that starts from it
	KindFleet                // all MicroVMs of a tenant and an image together, where a source does not tell them apart
)

var kindNames = [...]string{KindMicroVM: "microvm", KindImage: "image", KindFleet: "fleet"}

// String is the word used in files: microvm, image or fleet.
func (k ResourceKind) String() string { return figures.Word("kind", kindNames[:], k) }

// ParseKind reads the word used in files.
func ParseKind(word string) (ResourceKind, error) {
	for k, name := range kindNames {
		if word == name {
			return ResourceKind(k), nil
		}
	}
	return 0, fmt.Errorf("unknown kind of resource %.40q; kinds are microvm, image and fleet", word)
}

// marks begin the one name under which a resource of another kind than MicroVM appears where there is a single column
// for all, as in CSV files and in reports. AWS makes the ids of MicroVMs, and begins them with a letter.
var marks = [...]string{KindImage: "(image)", KindFleet: "(fleet)"}

// String is the resource's name in CSV files and reports: a MicroVM's id as it is, others behind their kind, as in
// "(image) base". [ParseResource] is its inverse.
func (r Resource) String() string {
	if r.Kind == KindMicroVM {
		return r.ID
	}
	mark := marks[r.Kind]
	if r.ID == "" || strings.HasPrefix(r.ID, mark) {
		return mark + strings.TrimPrefix(r.ID, mark)
	}
	return mark + " " + r.ID
}

// ParseResource reads the name of a resource. Different names are different resources, so that rows that had keys of
// their own keep them: of a mark that no space and id follow, such as "(image)base", the id is all of the name.
func ParseResource(name string) Resource {
	for kind, mark := range marks {
		id, marked := strings.CutPrefix(name, mark)
		if mark == "" || !marked {
			continue
		}
		if plain, spaced := strings.CutPrefix(id, " "); spaced && plain != "" && !strings.HasPrefix(plain, mark) {
			id = plain
		} else if id != "" {
			id = name
		}
		return Resource{ResourceKind(kind), id}
	}
	return Resource{ID: name}
}

// Compare orders resources by their names. It is not the order of kinds and ids: days that were written when names
// were all there was are sorted this way, and are merged as they lie.
func (r Resource) Compare(other Resource) int {
	if r.Kind == KindMicroVM && other.Kind == KindMicroVM {
		return strings.Compare(r.ID, other.ID)
	}
	return strings.Compare(r.String(), other.String())
}

// Arch is the architecture of a MicroVM's processor; the zero value is for sources that do not tell.
type Arch = pricing.Arch

// The architectures.
const (
	ArchUnknown = pricing.ArchUnknown
	ArchARM64   = pricing.ArchARM64
	ArchX86     = pricing.ArchX86
)
