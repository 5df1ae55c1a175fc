package fakecloudwatch

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"net/http"
	"slices"
	"sort"
	"strings"
	"time"

	"microspend/internal/arn"
)

// FilterRequest is what FilterLogEvents takes.
type FilterRequest struct {
	EndTime             *int64   `json:"endTime,omitempty"`
	FilterPattern       *string  `json:"filterPattern,omitempty"`
	Interleaved         *bool    `json:"interleaved,omitempty"`
	Limit               *int32   `json:"limit,omitempty"`
	LogGroupIdentifier  *string  `json:"logGroupIdentifier,omitempty"`
	LogGroupName        *string  `json:"logGroupName,omitempty"`
	LogStreamNamePrefix *string  `json:"logStreamNamePrefix,omitempty"`
	LogStreamNames      []string `json:"logStreamNames,omitempty"`
	NextToken           *string  `json:"nextToken,omitempty"`
	StartFromHead       *bool    `json:"startFromHead,omitempty"`
	StartTime           *int64   `json:"startTime,omitempty"`
	Unmask              *bool    `json:"unmask,omitempty"`
}

type filterAnswer struct {
	Events             []filteredEvent  `json:"events"`
	NextToken          string           `json:"nextToken,omitempty"`
	SearchedLogStreams []searchedStream `json:"searchedLogStreams"`
}

type filteredEvent struct {
	EventID       string `json:"eventId"`
	IngestionTime int64  `json:"ingestionTime"`
	LogStreamName string `json:"logStreamName"`
	Message       string `json:"message"`
	Timestamp     int64  `json:"timestamp"`
}

type searchedStream struct {
	LogStreamName      string `json:"logStreamName"`
	SearchedCompletely bool   `json:"searchedCompletely"`
}

// logsToken says where a page begins, and of which request it is. No two are the same.
type logsToken struct {
	At      int    `json:"at"`
	Request uint64 `json:"request"`
	Serial  int    `json:"serial"`
}

func (r FilterRequest) fingerprint() uint64 {
	r.NextToken = nil
	text, _ := json.Marshal(r)
	hash := fnv.New64a()
	_, _ = hash.Write(text)
	return hash.Sum64()
}

func (r *FilterRequest) check() error {
	switch {
	case (r.LogGroupName == nil) == (r.LogGroupIdentifier == nil):
		return invalidParameter("exactly one of logGroupName and logGroupIdentifier must be given")
	case r.Limit != nil && (*r.Limit < 1 || *r.Limit > MaxEvents):
		return invalidParameter("limit is not from 1 to %d", MaxEvents)
	case r.StartTime != nil && r.EndTime != nil && *r.EndTime < *r.StartTime:
		return invalidParameter("endTime is before startTime")
	case len(r.LogStreamNames) > 0 && r.LogStreamNamePrefix != nil:
		return invalidParameter("logStreamNames and logStreamNamePrefix exclude each other")
	}
	return nil
}

func (l *Logs) filter(place Place, in *FilterRequest, fault LogsFault) (any, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	matches := func(string) bool { return true }
	if in.FilterPattern != nil {
		var err error
		if matches, err = parsePattern(*in.FilterPattern); err != nil {
			return nil, err
		}
	}
	name := in.LogGroupIdentifier
	if in.LogGroupName != nil {
		name = in.LogGroupName
	}
	g := l.find(place, *name)
	if g == nil {
		return nil, &failure{http.StatusBadRequest, "ResourceNotFoundException", "The specified log group does not exist."}
	}
	at := 0
	events := l.readable(g, in)
	if in.NextToken != nil && fault.Token == "" {
		t, err := parseToken(*in.NextToken, in.fingerprint())
		if err != nil {
			return nil, err
		}
		at = min(t.At, len(events))
	}
	next := func(at int) string {
		if fault.Token != "" {
			return fault.Token
		}
		text, _ := json.Marshal(logsToken{at, in.fingerprint(), len(l.calls)})
		return base64.StdEncoding.EncodeToString(text)
	}
	answer := filterAnswer{Events: []filteredEvent{}, SearchedLogStreams: []searchedStream{}}
	if fault.Empty {
		answer.NextToken = next(at)
		return answer, nil
	}
	limit := l.options.PageEvents
	if in.Limit != nil {
		limit = min(limit, int(*in.Limit))
	}
	bytes, scanned, start := 0, 0, at
	for ; at < len(events) && scanned < l.options.Scan; at++ {
		e := events[at]
		scanned++
		if !matches(e.message) || !in.wants(e.stream) {
			continue
		}
		if len(answer.Events) == limit || bytes+len(e.message) > maxPageBytes && bytes > 0 {
			break
		}
		bytes += len(e.message)
		answer.Events = append(answer.Events, filteredEvent{
			EventID: fmt.Sprintf("%056d", e.number), IngestionTime: e.arrives, LogStreamName: e.stream, Message: e.message,
			Timestamp: e.at,
		})
	}
	if at < len(events) || fault.Token != "" {
		if fault.Twice && at-start > 1 {
			at--
		}
		answer.NextToken = next(at)
	}
	return answer, nil
}

func parseToken(text string, request uint64) (logsToken, error) {
	var t logsToken
	decoded, err := base64.StdEncoding.DecodeString(text)
	if err == nil {
		err = json.Unmarshal(decoded, &t)
	}
	if err != nil || t.Request != request || t.At < 0 {
		return t, invalidParameter("The specified nextToken is invalid.")
	}
	return t, nil
}

func (r *FilterRequest) wants(stream string) bool {
	switch {
	case len(r.LogStreamNames) > 0:
		return slices.Contains(r.LogStreamNames, stream)
	case r.LogStreamNamePrefix != nil:
		return strings.HasPrefix(stream, *r.LogStreamNamePrefix)
	}
	return true
}

// readable are the events of the request's time, both ends included, that have arrived and are not forgotten yet.
func (l *Logs) readable(g *logGroup, in *FilterRequest) []logEvent {
	now := l.options.Now()
	from, to := int64(0), now.Add(24*time.Hour).UnixMilli()
	if in.StartTime != nil {
		from = *in.StartTime
	}
	if in.EndTime != nil {
		to = *in.EndTime
	}
	if g.RetentionDays > 0 {
		from = max(from, now.AddDate(0, 0, -g.RetentionDays).UnixMilli())
	}
	events := g.order()
	first := sort.Search(len(events), func(i int) bool { return events[i].at >= from })
	last := sort.Search(len(events), func(i int) bool { return events[i].at > to })
	if first >= last {
		return nil
	}
	events = events[first:last]
	if !slices.ContainsFunc(events, func(e logEvent) bool { return e.arrives > now.UnixMilli() }) {
		return events
	}
	return slices.DeleteFunc(slices.Clone(events), func(e logEvent) bool { return e.arrives > now.UnixMilli() })
}

// GroupsRequest is what DescribeLogGroups takes.
type GroupsRequest struct {
	AccountIdentifiers    []string `json:"accountIdentifiers,omitempty"`
	IncludeLinkedAccounts *bool    `json:"includeLinkedAccounts,omitempty"`
	Limit                 *int32   `json:"limit,omitempty"`
	LogGroupClass         *string  `json:"logGroupClass,omitempty"`
	LogGroupIdentifiers   []string `json:"logGroupIdentifiers,omitempty"`
	LogGroupNamePattern   *string  `json:"logGroupNamePattern,omitempty"`
	LogGroupNamePrefix    *string  `json:"logGroupNamePrefix,omitempty"`
	NextToken             *string  `json:"nextToken,omitempty"`
}

type groupsAnswer struct {
	LogGroups []describedGroup `json:"logGroups"`
	NextToken string           `json:"nextToken,omitempty"`
}

type describedGroup struct {
	Arn             string `json:"arn"`
	CreationTime    int64  `json:"creationTime,omitempty"`
	LogGroupArn     string `json:"logGroupArn"`
	LogGroupClass   string `json:"logGroupClass"`
	LogGroupName    string `json:"logGroupName"`
	RetentionInDays int    `json:"retentionInDays,omitempty"`
	StoredBytes     int64  `json:"storedBytes"`
}

func (l *Logs) describe(place Place, in *GroupsRequest, fault LogsFault) (any, error) {
	limit := maxGroups
	if in.Limit != nil {
		if *in.Limit < 1 || *in.Limit > maxGroups {
			return nil, invalidParameter("limit is not from 1 to %d", maxGroups)
		}
		limit = int(*in.Limit)
	}
	after := ""
	if in.NextToken != nil {
		after = *in.NextToken
	}
	answer := groupsAnswer{LogGroups: []describedGroup{}}
	for _, g := range l.groups[place] {
		if in.LogGroupNamePrefix != nil && !strings.HasPrefix(g.Name, *in.LogGroupNamePrefix) || g.Name <= after {
			continue
		}
		if len(answer.LogGroups) == limit {
			answer.NextToken = answer.LogGroups[limit-1].LogGroupName
			break
		}
		name := arn.ARN{
			Partition: arn.PartitionOf(place.Region).ID, Service: "logs", Region: place.Region, Account: place.Account,
			Resource: "log-group:" + g.Name,
		}.String()
		described := describedGroup{
			Arn: name + ":*", LogGroupArn: name, LogGroupClass: g.Class, LogGroupName: g.Name,
			RetentionInDays: g.RetentionDays, StoredBytes: g.StoredBytes,
		}
		if g.Class == "" {
			described.LogGroupClass = "STANDARD"
		}
		if !g.Created.IsZero() {
			described.CreationTime = g.Created.UnixMilli()
		}
		answer.LogGroups = append(answer.LogGroups, described)
	}
	if fault.Token != "" {
		answer.NextToken = fault.Token
	}
	return answer, nil
}
