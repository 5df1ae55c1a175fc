package fakemicrovms

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"

	"microspend/collector/microvmapi"
)

// run starts a MicroVM, as RunMicrovm's body asks for it. It stays PENDING until it is told otherwise.
func (s *Service) run(body []byte) (any, error) {
	var in struct {
		Image      string      `json:"imageIdentifier"`
		Version    string      `json:"imageVersion"`
		Role       string      `json:"executionRoleArn"`
		Idle       *IdlePolicy `json:"idlePolicy"`
		MaxSeconds int64       `json:"maximumDurationInSeconds"`
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, &failure{status: http.StatusBadRequest, code: "SerializationException", message: err.Error()}
	}
	if in.Image == "" {
		return nil, invalid("imageIdentifier is required")
	}
	m := &MicroVM{
		ID: fmt.Sprintf("mvm-run-%d", len(s.microvms)+1), Image: in.Image, Version: in.Version, Role: in.Role,
		StartedAt: s.options.Now(), Idle: in.Idle, MaxSeconds: in.MaxSeconds,
	}
	s.microvms = append(s.microvms, m)
	return m.details(microvmapi.StatePending), nil
}

func (s *Service) suspend(id string) error {
	return s.act(id, microvmapi.StateSuspended, microvmapi.StateRunning)
}

func (s *Service) resume(id string) error {
	return s.act(id, microvmapi.StateRunning, microvmapi.StateSuspended)
}

func (s *Service) terminate(id string) error {
	return s.act(id, microvmapi.StateTerminated, microvmapi.StatePending, microvmapi.StateRunning,
		microvmapi.StateSuspending, microvmapi.StateSuspended)
}

// act changes a MicroVM's state from now on, if it is in one that the action is for. What its script has later does
// not happen.
func (s *Service) act(id string, to microvmapi.MicrovmState, from ...microvmapi.MicrovmState) error {
	now := s.options.Now()
	for _, m := range s.microvms {
		state, there := m.state(now)
		if m.ID != id || !there {
			continue
		}
		if !slices.Contains(from, state) {
			return &failure{
				status: http.StatusConflict, code: "ConflictException",
				message: fmt.Sprintf("MicroVM %s is %s", id, state),
			}
		}
		m.Changes = slices.DeleteFunc(slices.Clone(m.Changes), func(c Change) bool { return c.At.After(now) })
		m.Changes = append(m.Changes, Change{At: now.Truncate(time.Millisecond), State: to})
		return nil
	}
	return notFound(id, "MicroVM")
}
