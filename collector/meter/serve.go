package meter

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"time"

	"microspend/internal/emf"
)

// Bounds of the server: hooks are few and small, and memory is to stay small whoever calls.
const (
	headerPatience = 5 * time.Second
	idlePatience   = 5 * time.Second
	maxHeaderBytes = 16 << 10
	maxStreams     = 8 // of an HTTP/2 connection at once
)

const (
	// listenPatience is how long the application waits for the hooks to be served. A port is had at once or not at all; a
	// name that has to be looked up may take its time.
	listenPatience = 500 * time.Millisecond
	listenRetry    = time.Second
)

// newServer makes a server of HTTP/1 and, for clients that know it beforehand, HTTP/2. There is no deadline for a whole
// request: hooks has one for bodies, and an application's own hook may take its time.
func newServer(h http.Handler) *http.Server {
	protocols := &http.Protocols{}
	protocols.SetHTTP1(true)
	protocols.SetUnencryptedHTTP2(true)
	return &http.Server{
		Handler: h, ReadHeaderTimeout: headerPatience, IdleTimeout: idlePatience, MaxHeaderBytes: maxHeaderBytes,
		Protocols: protocols, HTTP2: &http.HTTP2Config{
			MaxConcurrentStreams: maxStreams, MaxReadFrameSize: 16 << 10, MaxReceiveBufferPerConnection: 64 << 10,
			MaxReceiveBufferPerStream: 64 << 10, MaxDecoderHeaderTableSize: 4 << 10, MaxEncoderHeaderTableSize: 4 << 10,
		},
		ConnContext: inContext,
		ErrorLog:    log.New(io.Discard, "", 0), // quiet about clients that hang up
	}
}

func (m *meter) listen(ctx context.Context) (net.Listener, error) {
	ctx, cancel := context.WithTimeout(ctx, listenPatience)
	defer cancel()
	var listening net.ListenConfig
	listener, err := listening.Listen(ctx, "tcp", m.options.Address)
	if err != nil {
		return nil, fmt.Errorf("listening for hooks: %w", err)
	}
	return listener, nil
}

// serve serves the hooks until the meter has ended. While the port cannot be had, it is tried again: whoever has it may
// go. Until then the clock has to tell of launches and suspends.
func (m *meter) serve(ctx context.Context, hooks net.Listener) {
	for {
		for hooks == nil {
			if !m.pause(listenRetry) {
				return
			}
			if found, err := m.listen(ctx); err == nil {
				m.served(found)
				hooks = found
			}
		}
		fault := m.server.Serve(listener{hooks, &connections{}})
		if errors.Is(fault, http.ErrServerClosed) {
			return
		}
		m.unserved(fault)
		hooks = nil
	}
}

func (m *meter) unserved(fault error) {
	m.hooks.say(
		"%v: trying again; until then launches and suspends are told by the clock, and the usage counts as unknown (%s)",
		fault,
		emf.NoteHooksUnserved,
	)
	m.hooks.look(func(r *Recorder, at Instant, load Load) {
		r.Observe(at, load)
		r.stand(emf.NoteHooksUnserved)
		r.AtJump = true
	})
}

func (m *meter) served(hooks net.Listener) {
	m.hooks.say("serving the lifecycle hooks on port %d from now on", hooks.Addr().(*net.TCPAddr).Port)
	m.hooks.look(func(r *Recorder, at Instant, load Load) {
		r.Observe(at, load)
		r.drop(emf.NoteHooksUnserved)
		r.AtJump = m.options.Start == StartAtJump
	})
}
