package microvmapi

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// The types are what the service answers, as far as it is used. Members that are always there are checked, so that an
// answer that is not the service's is refused. The types stand in for those of the SDK's service/lambdamicrovms, whose
// module is not on the module proxy yet.

// MicrovmState is the state of a MicroVM.
type MicrovmState string

// The states. Source: AWS Lambda MicroVMs API reference, MicrovmItem.
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
	NextToken  string    // "" on the last page
	ServerTime time.Time `json:"-"` // of the answer, by the service's clock, to the second; zero where it has none
}

// checked is an answer, or an item of one.
type checked interface{ check() error }

func (p Page[T]) check() error {
	if p.Items == nil {
		return missing(map[string]bool{"items": true})
	}
	for _, item := range p.Items {
		if err := item.check(); err != nil {
			return err
		}
	}
	return nil
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
	StartedAt    epoch
	State        MicrovmState
}

func (m MicrovmItem) check() error {
	return missing(map[string]bool{
		"imageArn": m.ImageARN == "", "imageVersion": m.ImageVersion == "", "microvmId": m.ID == "",
		"startedAt": m.StartedAt.IsZero(), "state": m.State == "",
	})
}

// Microvm is a MicroVM with what a listing does not tell: its role and its end.
type Microvm struct {
	ID           string `json:"microvmId"`
	StartedAt    epoch
	State        MicrovmState
	TerminatedAt *epoch
	Role         string `json:"executionRoleArn"`
}

func (m Microvm) check() error {
	return missing(map[string]bool{
		"microvmId": m.ID == "", "startedAt": m.StartedAt.IsZero(), "state": m.State == "",
	})
}

// Image is an image in a listing.
type Image struct {
	ARN string `json:"imageArn"`
}

func (i Image) check() error { return missing(map[string]bool{"imageArn": i.ARN == ""}) }

// ImageVersion is a version of an image.
type ImageVersion struct {
	Version   string `json:"imageVersion"`
	CreatedAt epoch
	Resources []struct{ MinimumMemoryInMiB int64 } // what a MicroVM has at least: its baseline
	// State is one of PENDING, IN_PROGRESS, SUCCESSFUL, FAILED, DELETING, DELETED, DELETE_FAILED.
	State string
}

func (v ImageVersion) check() error {
	return missing(map[string]bool{"createdAt": v.CreatedAt.IsZero(), "imageVersion": v.Version == ""})
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
