package emf

import (
	"strings"
	"time"

	"pgregory.net/rapid"

	"microspend/pricing"
	"microspend/usage"
)

// sample is a usual line; change alters it.
func sample(change func(*Line)) Line {
	start := time.Date(2026, time.November, 23, 12, 0, 0, 0, time.UTC).UnixMilli()
	l := Line{
		Life: "00112233445566778899aabbccddeeff", Sequence: 7, Event: Interval,
		MicroVMID: "microvm-0a1b2c3d", Tenant: "acme", Image: "arn:aws:lambda:eu-west-1:123456789012:microvm-image:sandbox",
		Region: "eu-west-1", Account: "123456789012",
		PeriodStart: start, PeriodEnd: start + 60_000,
		Amounts:     usage.Amounts{pricing.VCPU: 60_000, pricing.Memory: 2048 * 60_000, usage.Running: 60_000},
		Publication: Publication{Namespace: DefaultNamespace},
	}
	if change != nil {
		change(&l)
	}
	return l
}

// lines draws any line that Check finds nothing wrong with.
func lines() *rapid.Generator[Line] {
	return rapid.Custom(func(t *rapid.T) Line {
		name := func(label string, required bool) string {
			least := 0
			if required {
				least = 1
			}
			text := rapid.OneOf(
				rapid.StringMatching(`[!-~]{1,20}`), rapid.StringMatching(`[!-~][ -~]{0,30}[!-~]`),
				rapid.SampledFrom([]string{
					`"`, `\`, `{"Schema":"microspend.meter/`, "</script>", strings.Repeat("x", MaxName),
					"=1+1",
				}),
			).Draw(t, label)
			if least == 0 && rapid.Bool().Draw(t, label+" absent") {
				return ""
			}
			return text
		}
		number := func(label string) int64 { return rapid.Int64Range(0, MaxValue).Draw(t, label) }
		l := Line{
			Life:         rapid.StringMatching(`[0-9a-f]{32}`).Draw(t, "life"),
			Sequence:     rapid.Int64Range(1, maxSequence).Draw(t, "sequence"),
			Event:        rapid.SampledFrom(events).Draw(t, "event"),
			MicroVMID:    name("id", true),
			Tenant:       name("tenant", false),
			Image:        name("image", false),
			ImageVersion: name("version", false),
			Region:       name("region", false),
			Account:      name("account", false),
			Role:         name("role", false),
			Arch:         rapid.SampledFrom(append(pricing.Archs(), pricing.ArchUnknown)).Draw(t, "arch"),
			TenantProof:  rapid.StringMatching(`([0-9a-f]{64})?`).Draw(t, "proof"),
			DroppedLines: rapid.SampledFrom([]int64{0, 0, 1, MaxValue}).Draw(t, "dropped"),
			Notes:        rapid.SliceOfN(rapid.StringMatching(`[a-z-]{1,40}`), 1, maxNotes).Draw(t, "notes"),
		}
		if rapid.Bool().Draw(t, "no notes") {
			l.Notes = nil
		}
		for i := range l.Amounts {
			l.Amounts[i] = number(metrics[i].Name)
		}
		grain := l.Event.Grain()
		begin := rapid.Int64Range(earliest/grain, latest/grain-2).Draw(t, "begin") * grain
		l.PeriodStart = begin + rapid.Int64Range(0, grain-1).Draw(t, "start")
		l.PeriodEnd = rapid.Int64Range(l.PeriodStart, begin+grain).Draw(t, "end")
		l.Metrics = MetricSet(rapid.IntRange(0, int(NoMetrics)).Draw(t, "set"))
		l.Namespace = DefaultNamespace
		if l.Metrics != NoMetrics {
			l.PerMicroVM = rapid.Bool().Draw(t, "per microvm")
			l.Namespace = rapid.StringMatching(`[A-Za-z][A-Za-z0-9/_.#-]{0,40}`).Draw(t, "namespace")
		}
		return l
	})
}
