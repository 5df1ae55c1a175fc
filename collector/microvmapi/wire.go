package microvmapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// epoch is a moment as restJson has it: a number of seconds, with or without a fraction.
type epoch struct{ time.Time }

// UnmarshalJSON reads it exactly; what is finer than a nanosecond is cut off.
func (e *epoch) UnmarshalJSON(text []byte) error {
	if len(text) > 40 {
		return errors.New("a time is longer than 40 characters")
	}
	if !bytes.ContainsAny(text[:1], "-0123456789") {
		return fmt.Errorf("%s is not a number of seconds", text)
	}
	if exponent := bytes.IndexAny(text, "eE"); exponent >= 0 { // bounded, so that no huge number is worked out
		if n, err := strconv.Atoi(string(text[exponent+1:])); err != nil || n < -30 || n > 30 {
			return fmt.Errorf("%s is not a number of seconds", text)
		}
	}
	seconds, ok := new(big.Rat).SetString(string(text))
	if !ok {
		return fmt.Errorf("%s is not a number of seconds", text)
	}
	nanos := new(big.Int).Quo(new(big.Int).Mul(seconds.Num(), big.NewInt(1e9)), seconds.Denom())
	if !nanos.IsInt64() {
		return fmt.Errorf("%s seconds are out of range", text)
	}
	e.Time = time.Unix(0, nanos.Int64()).UTC()
	return nil
}

func (e *epoch) time() *time.Time {
	if e == nil {
		return nil
	}
	return &e.Time
}

// missing says which members of an answer that are always there are not: an answer that is not the service's.
func missing(members map[string]bool) error {
	var names []string
	for name, there := range members {
		if !there {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	if names == nil {
		return nil
	}
	return fmt.Errorf("the answer lacks %s", strings.Join(names, ", "))
}

// items reads a page of a listing.
func items[T any](body []byte) (page []T, next *string, err error) {
	var in struct {
		Items     *[]T
		NextToken *string
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, nil, err
	}
	if in.Items == nil {
		return nil, nil, errors.New("the answer lacks items")
	}
	return *in.Items, in.NextToken, nil
}

func decodeMicrovms(body []byte) ([]MicrovmItem, *string, error) {
	listed, next, err := items[struct {
		ImageArn, ImageVersion, MicrovmId *string
		StartedAt                         *epoch
		State                             MicrovmState
	}](body)
	found := make([]MicrovmItem, 0, len(listed))
	for _, item := range listed {
		err := missing(map[string]bool{
			"imageArn": item.ImageArn != nil, "imageVersion": item.ImageVersion != nil, "microvmId": item.MicrovmId != nil,
			"startedAt": item.StartedAt != nil, "state": item.State != "",
		})
		if err != nil {
			return nil, nil, err
		}
		found = append(found, MicrovmItem{
			item.ImageArn, item.ImageVersion, item.MicrovmId, item.StartedAt.time(),
			item.State,
		})
	}
	return found, next, err
}

func decodeMicrovm(body []byte) (*GetMicrovmOutput, error) {
	var in struct {
		ExecutionRoleArn, ImageArn, ImageVersion, MicrovmId, StateReason *string
		MaximumDurationInSeconds                                         *int32
		StartedAt, TerminatedAt                                          *epoch
		State                                                            MicrovmState
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, err
	}
	err := missing(map[string]bool{
		"microvmId": in.MicrovmId != nil, "startedAt": in.StartedAt != nil,
		"state": in.State != "",
	})
	return &GetMicrovmOutput{
		ExecutionRoleArn: in.ExecutionRoleArn, ImageArn: in.ImageArn, ImageVersion: in.ImageVersion, MicrovmId: in.MicrovmId,
		MaximumDurationInSeconds: in.MaximumDurationInSeconds, StartedAt: in.StartedAt.time(),
		TerminatedAt: in.TerminatedAt.time(),
		State:        in.State, StateReason: in.StateReason,
	}, err
}

func decodeImages(body []byte) (*ListMicrovmImagesOutput, error) {
	listed, next, err := items[struct {
		ImageArn, Name *string
		CreatedAt      *epoch
		State          string
	}](body)
	out := &ListMicrovmImagesOutput{NextToken: next}
	for _, item := range listed {
		if item.ImageArn == nil {
			return nil, errors.New("the answer lacks imageArn")
		}
		out.Items = append(out.Items, MicrovmImageSummary{item.CreatedAt.time(), item.ImageArn, item.Name, item.State})
	}
	return out, err
}

// wireVersion is a version, alone or in a listing.
type wireVersion struct {
	ImageArn, ImageVersion *string
	CreatedAt              *epoch
	Resources              []Resources
	State, Status          string
}

func (v *wireVersion) check() error {
	return missing(map[string]bool{"imageVersion": v.ImageVersion != nil, "createdAt": v.CreatedAt != nil})
}

func decodeVersions(body []byte) (*ListMicrovmImageVersionsOutput, error) {
	listed, next, err := items[wireVersion](body)
	out := &ListMicrovmImageVersionsOutput{NextToken: next}
	for _, item := range listed {
		if err := item.check(); err != nil {
			return nil, err
		}
		out.Items = append(out.Items, MicrovmImageVersionSummary{
			item.CreatedAt.time(), item.ImageArn, item.ImageVersion, item.Resources, item.State, item.Status,
		})
	}
	return out, err
}

func decodeVersion(body []byte) (*GetMicrovmImageVersionOutput, error) {
	var in wireVersion
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, err
	}
	return &GetMicrovmImageVersionOutput{
		in.CreatedAt.time(), in.ImageArn, in.ImageVersion, in.Resources, in.State, in.Status,
	}, in.check()
}

func decodeBuilds(body []byte) (*ListMicrovmImageBuildsOutput, error) {
	listed, next, err := items[struct {
		BuildId, ChipsetGeneration *string
		BuildState                 string
	}](body)
	out := &ListMicrovmImageBuildsOutput{NextToken: next}
	for _, item := range listed {
		if item.BuildId == nil {
			return nil, errors.New("the answer lacks buildId")
		}
		out.Items = append(out.Items, MicrovmImageBuildSummary{item.BuildId, item.BuildState, item.ChipsetGeneration})
	}
	return out, err
}

func decodeBuild(body []byte) (*GetMicrovmImageBuildOutput, error) {
	var in struct {
		BuildId       *string
		BuildState    string
		SnapshotBuild *struct {
			CodeInstallSizeInBytes, DiskSnapshotSizeInBytes, MemorySnapshotSizeInBytes *size
		}
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, err
	}
	out := &GetMicrovmImageBuildOutput{BuildId: in.BuildId, BuildState: in.BuildState}
	if b := in.SnapshotBuild; b != nil {
		out.SnapshotBuild = &SnapshotBuild{
			CodeInstallSizeInBytes:    (*int64)(b.CodeInstallSizeInBytes),
			DiskSnapshotSizeInBytes:   (*int64)(b.DiskSnapshotSizeInBytes),
			MemorySnapshotSizeInBytes: (*int64)(b.MemorySnapshotSizeInBytes),
		}
	}
	return out, missing(map[string]bool{"buildId": in.BuildId != nil})
}

// size is a whole number of bytes, not below zero. Some descriptions of the API have it as a float, so 1024.0 is one
// too.
type size int64

// maxSize is 64 TiB, far above what a MicroVM can have.
const maxSize = 64 << 40

// UnmarshalJSON refuses what is not a size.
func (s *size) UnmarshalJSON(text []byte) error {
	number := string(text)
	if whole, fraction, found := strings.Cut(number, "."); found && strings.Trim(fraction, "0") == "" {
		number = whole
	}
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n < 0 || n > maxSize {
		return fmt.Errorf("%.40s is not a size in bytes", text)
	}
	*s = size(n)
	return nil
}

// refusal is the error of an answer other than 200, as the SDK's clients have it: the code from the header
// X-Amzn-Errortype, else from the body. Where the service asks for a wait in the body, it is put where the retryer
// looks.
func refusal(response *http.Response, body []byte) error {
	var in struct {
		Code, Message     string
		Type              string `json:"__type"`
		RetryAfterSeconds int
	}
	_ = json.Unmarshal(body, &in) // a proxy may have answered; the status says enough
	code := firstOf(response.Header.Get("X-Amzn-Errortype"), in.Type, in.Code)
	code, _, _ = strings.Cut(code, ":")
	if i := strings.LastIndexByte(code, '#'); i >= 0 {
		code = code[i+1:]
	}
	if code == "" {
		code = "UnknownError"
	}
	if in.RetryAfterSeconds > 0 && response.Header.Get("Retry-After") == "" {
		response.Header.Set("Retry-After", strconv.Itoa(in.RetryAfterSeconds))
	}
	fault := smithy.FaultClient
	if response.StatusCode >= http.StatusInternalServerError {
		fault = smithy.FaultServer
	}
	message := in.Message
	if message == "" {
		message = http.StatusText(response.StatusCode)
	}
	return &smithyhttp.ResponseError{
		Response: &smithyhttp.Response{Response: response},
		Err:      &smithy.GenericAPIError{Code: code, Message: message, Fault: fault},
	}
}

func firstOf(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}
