package microvmapi

import (
	"context"
	"time"
)

// API is what the source asks of the service. Its methods and the fields of what they take and give are those of the
// SDK's service/lambdamicrovms, as far as they are used; a client of the SDK takes the place of [Client] through an
// adapter of a line per method. The SDK's own module cannot be had from the module proxy yet.
type API interface {
	ListMicrovms(context.Context, *ListMicrovmsInput) (*ListMicrovmsOutput, error)
	GetMicrovm(context.Context, *GetMicrovmInput) (*GetMicrovmOutput, error)
	ListMicrovmImages(context.Context, *ListMicrovmImagesInput) (*ListMicrovmImagesOutput, error)
	ListMicrovmImageVersions(context.Context, *ListMicrovmImageVersionsInput) (*ListMicrovmImageVersionsOutput, error)
	GetMicrovmImageVersion(context.Context, *GetMicrovmImageVersionInput) (*GetMicrovmImageVersionOutput, error)
	ListMicrovmImageBuilds(context.Context, *ListMicrovmImageBuildsInput) (*ListMicrovmImageBuildsOutput, error)
	GetMicrovmImageBuild(context.Context, *GetMicrovmImageBuildInput) (*GetMicrovmImageBuildOutput, error)
}

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
	switch s {
	case StatePending, StateRunning, StateSuspending, StateSuspended, StateTerminating, StateTerminated:
		return true
	}
	return false
}

// MaxResults is the most items of a page of any listing.
const MaxResults = 50

// ListMicrovmsInput asks for a page of the MicroVMs, TERMINATED ones of about the last day included.
type ListMicrovmsInput struct {
	ImageIdentifier *string
	ImageVersion    *string
	MaxResults      *int32
	NextToken       *string
}

// ListMicrovmsOutput is a page.
type ListMicrovmsOutput struct {
	Items      []MicrovmItem
	NextToken  *string
	ServerTime time.Time // of the answer, by the service's clock, to the second; zero where the answer has none
}

// MicrovmItem is a MicroVM in a listing.
type MicrovmItem struct {
	ImageArn     *string
	ImageVersion *string
	MicrovmId    *string
	StartedAt    *time.Time
	State        MicrovmState
}

// GetMicrovmInput asks for one MicroVM.
type GetMicrovmInput struct{ MicrovmIdentifier *string }

// GetMicrovmOutput is one MicroVM.
type GetMicrovmOutput struct {
	ExecutionRoleArn         *string
	ImageArn                 *string
	ImageVersion             *string
	MaximumDurationInSeconds *int32
	MicrovmId                *string
	StartedAt                *time.Time
	State                    MicrovmState
	StateReason              *string
	TerminatedAt             *time.Time
}

// ListMicrovmImagesInput asks for a page of the images.
type ListMicrovmImagesInput struct {
	MaxResults *int32
	NextToken  *string
}

// ListMicrovmImagesOutput is a page.
type ListMicrovmImagesOutput struct {
	Items     []MicrovmImageSummary
	NextToken *string
}

// MicrovmImageSummary is an image in a listing.
type MicrovmImageSummary struct {
	CreatedAt *time.Time
	ImageArn  *string
	Name      *string
	State     string
}

// ListMicrovmImageVersionsInput asks for a page of an image's versions.
type ListMicrovmImageVersionsInput struct {
	ImageIdentifier *string
	MaxResults      *int32
	NextToken       *string
}

// ListMicrovmImageVersionsOutput is a page.
type ListMicrovmImageVersionsOutput struct {
	Items     []MicrovmImageVersionSummary
	NextToken *string
}

// MicrovmImageVersionSummary is a version in a listing.
type MicrovmImageVersionSummary struct {
	CreatedAt    *time.Time
	ImageArn     *string
	ImageVersion *string
	Resources    []Resources
	State        string // PENDING, IN_PROGRESS, SUCCESSFUL, FAILED, DELETING, DELETED, DELETE_FAILED
	Status       string // ACTIVE, INACTIVE
}

// Resources are what a MicroVM of a version has at least: its baseline.
type Resources struct{ MinimumMemoryInMiB *int32 }

// GetMicrovmImageVersionInput asks for one version.
type GetMicrovmImageVersionInput struct{ ImageIdentifier, ImageVersion *string }

// GetMicrovmImageVersionOutput is one version.
type GetMicrovmImageVersionOutput struct {
	CreatedAt    *time.Time
	ImageArn     *string
	ImageVersion *string
	Resources    []Resources
	State        string
	Status       string
}

// ListMicrovmImageBuildsInput asks for a page of a version's builds, one for each generation of processors.
type ListMicrovmImageBuildsInput struct {
	ImageIdentifier *string
	ImageVersion    *string
	MaxResults      *int32
	NextToken       *string
}

// ListMicrovmImageBuildsOutput is a page.
type ListMicrovmImageBuildsOutput struct {
	Items     []MicrovmImageBuildSummary
	NextToken *string
}

// MicrovmImageBuildSummary is a build in a listing.
type MicrovmImageBuildSummary struct {
	BuildId           *string
	BuildState        string // PENDING, IN_PROGRESS, SUCCESSFUL, FAILED
	ChipsetGeneration *string
}

// GetMicrovmImageBuildInput asks for one build.
type GetMicrovmImageBuildInput struct{ ImageIdentifier, ImageVersion, BuildId *string }

// GetMicrovmImageBuildOutput is one build.
type GetMicrovmImageBuildOutput struct {
	BuildId       *string
	BuildState    string
	SnapshotBuild *SnapshotBuild
}

// SnapshotBuild are the sizes of what a build made.
type SnapshotBuild struct {
	CodeInstallSizeInBytes    *int64
	DiskSnapshotSizeInBytes   *int64
	MemorySnapshotSizeInBytes *int64
}
