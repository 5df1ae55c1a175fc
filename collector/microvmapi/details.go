package microvmapi

import (
	"cmp"
	"context"
	"time"

	"microspend/collector"
	"microspend/ledger/lifecycle"
)

// keepDetails writes down what MicroVMs were launched with, as far as this poll was told. That does not have to take
// effect together with the poll's records: a poll that is lost asks again, and is told the same.
func (p *poll) keepDetails(ctx context.Context) {
	store := collector.LedgerOf(ctx)
	if store == nil || len(p.told) == 0 {
		return
	}
	var microvms []lifecycle.MicroVM
	for l, out := range p.told {
		microvms = append(microvms, p.launchOf(l, out))
	}
	if err := lifecycle.Write(ctx, store, microvms); err != nil {
		p.gap("what MicroVMs were launched with", err)
		for l := range p.told {
			l.Asked = false
		}
		return
	}
	p.counts["MicroVMs whose launch settings were read"] += int64(len(microvms))
}

func (p *poll) launchOf(l *life, out Microvm) lifecycle.MicroVM {
	m := lifecycle.MicroVM{
		ID: l.ID, Region: p.target.Region, Account: p.target.Account, Image: l.Image, ImageVersion: l.Version,
		Arch: p.state.image(l.Image, l.Version).Arch, Role: l.Role, MaxLife: (*int64)(out.MaxSeconds.V),
		StartedAt: time.UnixMilli(cmp.Or(l.Started, l.At.To, p.now)).UTC(), ReadAt: time.UnixMilli(p.now).UTC(),
	}
	if idle := out.Idle.V; idle != nil {
		m.MaxIdle, m.Suspended, m.AutoResume = (*int64)(idle.MaxIdle), (*int64)(idle.Suspended), idle.AutoResume
	}
	return m
}
