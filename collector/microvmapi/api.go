package microvmapi

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"microspend/pricing"
	"microspend/usage"
)

// The types are what the service answers, as far as it is used. Members without which there is nothing to say are
// checked, so that an answer that is not the service's is refused; an item of a listing that lacks one costs itself,
// and any other member that cannot be read is not known. The types stand in for those of the SDK's
// service/lambdamicrovms, whose module is not on the module proxy yet.

// MicrovmState is the state of a MicroVM.
type MicrovmState string

// The states that there were when this was written. Another one is kept as it is: time in it counts as neither running
// nor suspended, and its records are partial. Source: AWS Lambda MicroVMs API reference, MicrovmItem.
const (
	StatePending     MicrovmState = "PENDING"
	StateRunning     MicrovmState = "RUNNING"
	StateSuspending  MicrovmState = "SUSPENDING"
	StateSuspended   MicrovmState = "SUSPENDED"
	StateTerminating MicrovmState = "TERMINATING"
	StateTerminated  MicrovmState = "TERMINATED"
)

// known reports whether a state is one that this package was written for.
func (s MicrovmState) known() bool {
	return slices.Contains([]MicrovmState{
		StatePending, StateRunning, StateSuspending, StateSuspended, StateTerminating, StateTerminated,
	}, s)
}

// MaxResults is the most items of a page of any listing.
const MaxResults = 50

// Page is a page of a listing.
type Page[T checked] struct {
	Items      []T
	Bad        []BadItem
	NextToken  string    // "" on the last page
	ServerTime time.Time // of the answer, by the service's clock, to the second; zero where it has none
}

// BadItem is an item of a listing that cannot be understood.
type BadItem struct {
	ID     string // what it names itself, or its place on the page
	Reason string
}

// checked is an answer, or an item of one.
type checked interface{ check() error }

// UnmarshalJSON reads what can be read of a page. An answer without items is none: that a listing is empty is said with
// an empty one.
func (p *Page[T]) UnmarshalJSON(text []byte) error {
	var in struct {
		Items     []json.RawMessage
		NextToken string
	}
	if err := json.Unmarshal(text, &in); err != nil {
		return err
	}
	if in.Items == nil {
		return missing(map[string]bool{"items": true})
	}
	*p = Page[T]{Items: make([]T, 0, len(in.Items)), NextToken: in.NextToken}
	for i, raw := range in.Items {
		var item T
		err := json.Unmarshal(raw, &item)
		if err == nil {
			err = item.check()
		}
		if err != nil {
			p.Bad = append(p.Bad, BadItem{nameOf(raw, i), err.Error()})
			continue
		}
		p.Items = append(p.Items, item)
	}
	return nil
}

func (p Page[T]) check() error {
	if p.Items == nil { // null
		return missing(map[string]bool{"items": true})
	}
	return nil
}

// nameOf is what an item that cannot be understood calls itself.
func nameOf(item json.RawMessage, i int) string {
	var names map[string]any
	_ = json.Unmarshal(item, &names)
	for _, member := range []string{"microvmId", "buildId", "imageVersion", "imageArn"} {
		if name, _ := names[member].(string); name != "" {
			return bounded(name, 120)
		}
	}
	return fmt.Sprintf("item %d of a page", i+1)
}

// bounded cuts a text to a number of bytes, and keeps it valid UTF-8.
func bounded(text string, most int) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	for len(text) > most {
		_, size := utf8.DecodeLastRuneInString(text)
		text = text[:len(text)-size]
	}
	return text
}

// missing is the fault of an answer that lacks some of its members.
func missing(lacks map[string]bool) error {
	maps.DeleteFunc(lacks, func(_ string, missing bool) bool { return !missing })
	if len(lacks) == 0 {
		return nil
	}
	return fmt.Errorf("the answer lacks %s", strings.Join(slices.Sorted(maps.Keys(lacks)), ", "))
}

// MicrovmItem is a MicroVM in a listing.
type MicrovmItem struct {
	ID           string `json:"microvmId"`
	ImageARN     string
	ImageVersion string
	StartedAt    optional[epoch] // zero where it is not told
	State        MicrovmState
}

func (m MicrovmItem) check() error {
	return missing(map[string]bool{"microvmId": m.ID == ""})
}

// Microvm is a MicroVM with what a listing does not tell: its end, its role, and what was asked for when it was
// launched.
type Microvm struct {
	ID           string `json:"microvmId"`
	StartedAt    optional[epoch]
	State        MicrovmState
	TerminatedAt optional[*epoch]
	Role         optional[string]      `json:"executionRoleArn"`
	Idle         optional[*IdlePolicy] `json:"idlePolicy"`
	MaxSeconds   optional[*seconds]    `json:"maximumDurationInSeconds"`
}

func (m Microvm) check() error {
	return missing(map[string]bool{"microvmId": m.ID == "", "state": m.State == ""})
}

// IdlePolicy is what happens to a MicroVM that idles; a member is nil where it is not told.
type IdlePolicy struct {
	MaxIdle    *seconds `json:"maxIdleDurationSeconds"`
	Suspended  *seconds `json:"suspendedDurationSeconds"`
	AutoResume *bool    `json:"autoResumeEnabled"`
}

// Image is an image in a listing.
type Image struct {
	ARN string `json:"imageArn"`
}

func (i Image) check() error { return missing(map[string]bool{"imageArn": i.ARN == ""}) }

// ImageVersion is a version of an image.
type ImageVersion struct {
	Version   string                                         `json:"imageVersion"`
	CreatedAt optional[epoch]                                // zero where it is not told
	Resources optional[[]struct{ MinimumMemoryInMiB int64 }] // what a MicroVM has at least: its baseline
	CPUs      optional[[]struct{ Architecture string }]      `json:"cpuConfigurations"`
	// State is one of PENDING, IN_PROGRESS, SUCCESSFUL, FAILED, DELETING, DELETED, DELETE_FAILED.
	State string
}

func (v ImageVersion) check() error {
	return missing(map[string]bool{"imageVersion": v.Version == ""})
}

// arch is the architecture of the MicroVMs of a version; unknown where it is for several.
func (v ImageVersion) arch() usage.Arch {
	arch := usage.ArchUnknown
	for i, cpu := range v.CPUs.V {
		one := pricing.ArchOfAPI(cpu.Architecture)
		if i > 0 && one != arch {
			return usage.ArchUnknown
		}
		arch = one
	}
	return arch
}

// Build is a build of a version, one for each generation of processors. A listing does not have its sizes.
type Build struct {
	ID            string `json:"buildId"`
	State         string `json:"buildState"` // PENDING, IN_PROGRESS, SUCCESSFUL, FAILED
	SnapshotBuild struct {
		MemorySnapshotSizeInBytes                       *size
		DiskSnapshotSizeInBytes, CodeInstallSizeInBytes size
	}
}

func (b Build) check() error { return missing(map[string]bool{"buildId": b.ID == ""}) }

// ListMicrovms lists a page of MicroVMs, TERMINATED ones of about the last day included.
func (c *Client) ListMicrovms(ctx context.Context, token string) (Page[MicrovmItem], error) {
	return list[MicrovmItem](ctx, c, "ListMicrovms", token, "microvms")
}

// GetMicrovm gets one MicroVM.
func (c *Client) GetMicrovm(ctx context.Context, id string) (Microvm, error) {
	m, _, err := get[Microvm](ctx, c, "GetMicrovm", nil, "microvms", id)
	return m, err
}

const (
	imagesPath   = "microvm-images"
	versionsPath = "versions"
	buildsPath   = "builds"
)

// ListImages lists a page of images.
func (c *Client) ListImages(ctx context.Context, token string) (Page[Image], error) {
	return list[Image](ctx, c, "ListMicrovmImages", token, imagesPath)
}

// ListVersions lists a page of an image's versions.
func (c *Client) ListVersions(ctx context.Context, image, token string) (Page[ImageVersion], error) {
	return list[ImageVersion](ctx, c, "ListMicrovmImageVersions", token, imagesPath, image, versionsPath)
}

// GetVersion gets one version.
func (c *Client) GetVersion(ctx context.Context, image, version string) (ImageVersion, error) {
	v, _, err := get[ImageVersion](ctx, c, "GetMicrovmImageVersion", nil, imagesPath, image, versionsPath, version)
	return v, err
}

// ListBuilds lists a page of a version's builds.
func (c *Client) ListBuilds(ctx context.Context, image, version, token string) (Page[Build], error) {
	path := []string{imagesPath, image, versionsPath, version, buildsPath}
	return list[Build](ctx, c, "ListMicrovmImageBuilds", token, path...)
}

// GetBuild gets one build.
func (c *Client) GetBuild(ctx context.Context, image, version, id string) (Build, error) {
	path := []string{imagesPath, image, versionsPath, version, buildsPath, id}
	b, _, err := get[Build](ctx, c, "GetMicrovmImageBuild", nil, path...)
	return b, err
}
