package fakemicrovms

import (
	"cmp"
	"net/url"
	"strconv"
	"time"

	"microspend/collector/microvmapi"
)

type members = map[string]any

// seconds is a moment as the service writes it.
func seconds(at time.Time) float64 { return float64(at.UnixMilli()) / 1000 }

// paged cuts a page out of a listing. A token is the number of the item that comes next.
func (s *Service) paged(items []any, query url.Values, fault Fault) (any, error) {
	limit, start := s.options.PageItems, 0
	if text := query.Get("maxResults"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > microvmapi.MaxResults {
			return nil, invalid("maxResults is not from 1 to 50")
		}
		limit = min(limit, n)
	}
	if token := query.Get("nextToken"); token != "" {
		n, err := strconv.Atoi(token)
		if err != nil || n < 0 {
			return nil, invalid("nextToken is not one of ours")
		}
		start = min(n, len(items))
	}
	end := min(start+limit, len(items))
	if fault.Empty {
		return members{"items": []any{}, "nextToken": "0" + cmp.Or(query.Get("nextToken"), "0")}, nil // another token
	}
	answer := members{"items": append([]any{}, items[start:end]...)}
	if end < len(items) {
		next := end
		if fault.Repeat && end-start > 1 {
			next--
		}
		answer["nextToken"] = strconv.Itoa(next)
	}
	if fault.Token != "" {
		answer["nextToken"] = fault.Token
	}
	return answer, nil
}

func (s *Service) listMicrovms(query url.Values, fault Fault) (any, error) {
	now := s.options.Now()
	var items []any
	for _, m := range s.microvms {
		state, there := m.state(now.Add(-fault.Lag))
		ended, over := m.terminatedAt(now)
		if !there || m.Unlisted || over && now.Sub(ended) >= s.options.ListedFor {
			continue
		}
		if image := query.Get("imageIdentifier"); image != "" && image != m.Image {
			continue
		}
		if version := query.Get("imageVersion"); version != "" && version != m.Version {
			continue
		}
		items = append(items, amended(m.summary(state), m.Amend))
	}
	return s.paged(items, query, fault)
}

func (s *Service) getMicrovm(id string, fault Fault) (any, error) {
	now := s.options.Now()
	for _, m := range s.microvms {
		state, there := m.state(now.Add(-fault.Lag))
		ended, over := m.terminatedAt(now)
		if m.ID != id || !there || over && now.Sub(ended) >= s.options.ListedFor {
			continue
		}
		answer := m.details(state)
		if over && state == microvmapi.StateTerminated {
			answer["terminatedAt"] = seconds(ended)
		}
		return amended(answer, m.AmendDetails), nil
	}
	return nil, notFound(id, "MicroVM")
}

func (m *MicroVM) summary(state microvmapi.MicrovmState) members {
	return members{
		"microvmId": m.ID, "state": state, "imageArn": m.Image, "imageVersion": m.Version,
		"startedAt": seconds(m.StartedAt),
	}
}

func (m *MicroVM) details(state microvmapi.MicrovmState) members {
	answer := m.summary(state)
	answer["endpoint"] = "https://" + m.ID + ".example"
	if m.Idle != nil {
		answer["idlePolicy"] = *m.Idle
	}
	if m.MaxSeconds > 0 {
		answer["maximumDurationInSeconds"] = m.MaxSeconds
	}
	if m.Role != "" {
		answer["executionRoleArn"] = m.Role
	}
	return answer
}

// there lists the versions that exist.
func (s *Service) there() []*Image {
	now := s.options.Now()
	var images []*Image
	for _, image := range s.images {
		if !image.CreatedAt.After(now) && (image.DeletedAt.IsZero() || image.DeletedAt.After(now)) {
			images = append(images, image)
		}
	}
	return images
}

func (s *Service) listImages(query url.Values, fault Fault) (any, error) {
	seen := map[string]bool{}
	var items []any
	for _, image := range s.there() {
		if !seen[image.ARN] {
			seen[image.ARN] = true
			items = append(items, members{
				"imageArn": image.ARN, "name": image.ARN, "state": "CREATED",
				"createdAt": seconds(image.CreatedAt),
			})
		}
	}
	return s.paged(items, query, fault)
}

func (i *Image) cpu() string { return cmp.Or(i.CPU, "ARM_64") }

func (i *Image) summary() members {
	m := members{
		"imageArn": i.ARN, "imageVersion": i.Version, "createdAt": seconds(i.CreatedAt), "state": "SUCCESSFUL",
		"status": cmp.Or(i.Status, "ACTIVE"), "cpuConfigurations": []any{members{"architecture": i.cpu()}},
	}
	if i.MemoryMiB > 0 {
		m["resources"] = []any{members{"minimumMemoryInMiB": i.MemoryMiB}}
	}
	return m
}

func (s *Service) listVersions(arn string, query url.Values, fault Fault) (any, error) {
	var items []any
	for _, image := range s.there() {
		if image.ARN == arn {
			items = append(items, image.summary())
		}
	}
	if items == nil {
		return nil, notFound(arn, "image")
	}
	return s.paged(items, query, fault)
}

func (s *Service) version(arn, version string) (*Image, error) {
	for _, image := range s.there() {
		if image.ARN == arn && image.Version == version {
			return image, nil
		}
	}
	return nil, notFound(arn+":"+version, "image version")
}

func (s *Service) getVersion(arn, version string) (any, error) {
	image, err := s.version(arn, version)
	if err != nil {
		return nil, err
	}
	return image.summary(), nil
}

func (b Build) state() string {
	if b.State == "" {
		return "SUCCESSFUL"
	}
	return b.State
}

func (s *Service) listBuilds(arn, version string, query url.Values, fault Fault) (any, error) {
	image, err := s.version(arn, version)
	if err != nil {
		return nil, err
	}
	var items []any
	for _, build := range image.Builds {
		items = append(items, image.build(build))
	}
	return s.paged(items, query, fault)
}

func (i *Image) build(b Build) members {
	chipset := "GRAVITON"
	if i.cpu() == "X86_64" {
		chipset = "XEON"
	}
	return members{
		"imageArn": i.ARN, "imageVersion": i.Version, "buildId": b.ID, "buildState": b.state(),
		"architecture": i.cpu(), "chipset": chipset, "chipsetGeneration": "4", "createdAt": seconds(i.CreatedAt),
	}
}

func (s *Service) getBuild(arn, version, id string) (any, error) {
	image, err := s.version(arn, version)
	if err != nil {
		return nil, err
	}
	for _, build := range image.Builds {
		if build.ID != id {
			continue
		}
		answer := image.build(build)
		if build.Memory|build.Disk|build.Code != 0 {
			answer["snapshotBuild"] = members{
				"memorySnapshotSizeInBytes": build.Memory, "diskSnapshotSizeInBytes": build.Disk,
				"codeInstallSizeInBytes": build.Code,
			}
		}
		return answer, nil
	}
	return nil, notFound(id, "build")
}
