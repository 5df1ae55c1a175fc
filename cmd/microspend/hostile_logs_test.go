package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"microspend/internal/emf"
	"microspend/internal/fakecloudwatch"
	"microspend/internal/tenantproof"
	"microspend/pricing"
	"microspend/usage"
)

// hostileAttack is something that a tenant does with what its own MicroVM may do.
type hostileAttack struct {
	name     string
	sentence string // of docs/security.md, which it tests
	play     func(w *hostileWorld, own string)
	exit     int    // of collect
	names    string // whom standard error must name: the stream, the group; {own} is the attacker's stream
	says     string // what collect prints about it

	// What it does to the honest tenants' bills where the guest's word is taken, and where only proofs are. Nothing,
	// unless the figure itself says why.
	guest, proven bills
	// kept says that what was collected before the attack stays as it was.
	kept bool
}

func (a *hostileAttack) effect(trust tenantproof.Trust) bills {
	if trust == tenantproof.TrustProven {
		return a.proven
	}
	return a.guest
}

// asAcme is a line of another as the attacker forges it: with acme's names and sixteen times its vCPU.
func asAcme(l *emf.Line) {
	l.MicroVMID, l.Tenant, l.Image = "mvm-acme", "acme", "acme-app"
	l.Amounts[pricing.VCPU] *= 16
}

// forged are another's lines, changed.
func forged(lines []printedLine, change func(*emf.Line)) []printedLine {
	all := make([]printedLine, len(lines))
	for i, l := range lines {
		change(&l.Line)
		all[i] = l
	}
	return all
}

// later are a MicroVM's lines an hour later, of another life.
func later(lines []printedLine, tenant string) []printedLine {
	for i := range lines {
		l := &lines[i]
		l.at = l.at.Add(time.Hour)
		l.Life, l.Tenant, l.TenantProof = fmt.Sprintf("%032x", 7), tenant, ""
		l.PeriodStart, l.PeriodEnd = l.PeriodStart+3_600_000, l.PeriodEnd+3_600_000
	}
	return lines
}

// someLine is one in the middle of the attacker's life.
func (w *hostileWorld) someLine(own string) printedLine { return w.evil(own, nil)[20] }

const (
	refusesElsewhere = "A line that names others is refused, named and counted against its stream."
	refusesMicroVM   = "a line that names another MicroVM is refused"
	conflictsOfTwo   = "A MicroVM that two groups have is a conflict: the one that had it first, by the time at which " +
		"CloudWatch Logs took in its lines, keeps its amounts with the coverage `unknown`, both groups are named, and the audit " +
		"log has an entry."
	costsItself    = "An attack may spoil the attacker's own figures."
	neverSilent    = "contradict those, and the period is `unknown`, never silently another figure"
	takesGuestWord = "Without a key the guest's word is taken, under the assumption `tenant-asserted`; with a key, " +
		"`trust: proven` shows it as `(unverified) acme`, and no tenant is billed for it."
)

// The attacks over logs.
var hostileLogs = []hostileAttack{
	{
		name: "a line for another account", sentence: refusesElsewhere, exit: exitOutside, names: "stream {own}",
		says: "lines that name another account or region than they were read in",
		play: func(w *hostileWorld, own string) {
			w.print(sharedGroup, own, w.evil(own, func(l *emf.Line) { l.Account = "210987654321" }))
		},
	},
	{
		name: "a line in one region for another", sentence: refusesElsewhere, exit: exitOutside, names: "stream {own}",
		says: "lines that name another account or region than they were read in",
		play: func(w *hostileWorld, own string) {
			for _, l := range w.evil(own, func(l *emf.Line) { asAcme(l); l.Region = "eu-west-1" }) {
				w.logs.Put(fakecloudwatch.Place{Account: hostilePlace.Account, Region: "us-east-1"}, ownGroup, own,
					fakecloudwatch.LogEvent{At: l.at, Message: string(l.AppendTo(nil))})
			}
		},
	},
	{
		name: "another's MicroVM, sixteen times", sentence: refusesMicroVM, exit: exitOutside, names: "stream {own}",
		says: "lines that name another MicroVM than their log stream is of",
		play: func(w *hostileWorld, own string) { w.print(sharedGroup, own, w.evil(own, asAcme)) },
	},
	{
		name: "another's very lines, and nothing in them", sentence: refusesMicroVM, exit: exitOutside, names: "stream {own}",
		play: func(w *hostileWorld, own string) {
			w.print(sharedGroup, own, forged(w.acme, func(l *emf.Line) { l.Amounts = usage.Amounts{} }))
		},
	},
	{
		name: "two hundred MicroVMs from one stream", sentence: refusesMicroVM, exit: exitOutside, names: "stream {own}",
		play: func(w *hostileWorld, own string) {
			n := 0
			w.print(sharedGroup, own, w.evil(own, func(l *emf.Line) {
				n++
				l.MicroVMID, l.Tenant = fmt.Sprintf("mvm-of-acme-%d", n%200), "acme"
			}))
		},
	},
	{
		name: "a MicroVM that poses as a fleet or as an image", sentence: refusesMicroVM, exit: exitOutside, names: "stream {own}",
		play: func(w *hostileWorld, own string) {
			w.print(sharedGroup, own, w.evil(own, func(l *emf.Line) { l.MicroVMID = "(fleet) acme/acme-app" }))
			w.print(sharedGroup, own, w.evil(own, func(l *emf.Line) { l.MicroVMID = "(image) acme-app" })[1:3])
		},
	},
	{
		name: "an image that is another's", sentence: "**Image.** It is the group's", exit: exitOutside, names: "stream {own}",
		says: "lines that name another image than their log group is of",
		play: func(w *hostileWorld, own string) {
			w.print(sharedGroup, own, w.evil(own, func(l *emf.Line) { l.Image = "acme-app" }))
		},
	},
	{
		name: "another's MicroVM in a group of one's own", sentence: conflictsOfTwo, exit: exitOutside, names: "mvm-acme",
		says: "both have usage of it",
		play: func(w *hostileWorld, _ string) { w.print(ownGroup, "mvm-acme", forged(w.acme, asAcme)) },
		// acme's own amounts stand. Of its 13 periods the 8 in which it ran are contested.
		guest:  bills{"acme": {"0.0833942576", "0.3846153846", "at-least"}},
		proven: bills{"acme": {"0.0833942576", "0.3846153846", "at-least"}},
	},
	{
		name: "another's MicroVM in a group of one's own, when it had ended", sentence: conflictsOfTwo, exit: exitOutside,
		names: "mvm-acme", says: "both have usage of it",
		play: func(w *hostileWorld, _ string) {
			w.print(ownGroup, "mvm-acme", later(w.evil("mvm-acme", nil), "acme"))
		},
		// Without a key it is acme's by the guest's word, and none of its 13 periods is certain; with one it is nobody's.
		guest: bills{"acme": {"0.121505204", "0.5", "at-least"}}, proven: bills{"(unverified) acme": {hostileBill, "0", "at-least"}},
	},
	{
		name: "another's MicroVM in a group of one's own, from before it was launched", sentence: conflictsOfTwo, exit: exitOutside,
		names: "mvm-acme", says: "both have usage of it",
		play: func(w *hostileWorld, _ string) {
			lines := w.life("mvm-acme", "mallory", "evil", "0.5GB", scriptDay.Add(-4*time.Hour), runs(2*time.Hour))
			for _, l := range forged(lines, func(l *emf.Line) { l.Life = fmt.Sprintf("%032x", 8) }) {
				w.logs.Put(hostilePlace, ownGroup, "mvm-acme", fakecloudwatch.LogEvent{
					At: l.at, Message: string(l.AppendTo(nil)), Arrives: scriptDay.Add(-150 * time.Minute),
				})
			}
		},
		// The attacker says when its lines are of; CloudWatch Logs says when it had them, which is after acme's first. They
		// contradict all of acme's 13 periods.
		guest:  bills{"acme": {"0.0833942576", "0", "at-least"}},
		proven: bills{"acme": {"0.0833942576", "0", "at-least"}},
	},
	{
		name: "another's name", sentence: takesGuestWord,
		play: func(w *hostileWorld, own string) {
			w.print(sharedGroup, own, w.evil(own, func(l *emf.Line) { l.Tenant, l.TenantProof = "acme", "" }))
		},
		guest:  bills{"acme": {"0.121505204", "1", "exact"}}, // 0.0833942576 + 0.0381109464
		proven: bills{"(unverified) acme": {hostileBill, "1", "exact"}},
	},
	{
		name: "another's name and one's own proof", sentence: takesGuestWord,
		play: func(w *hostileWorld, own string) {
			w.print(sharedGroup, own, w.evil(own, func(l *emf.Line) { l.Tenant = "bravo" }))
		},
		guest:  bills{"bravo": {"0.2421719928", "1", "exact"}}, // 0.2040610464 + 0.0381109464
		proven: bills{"(unverified) bravo": {hostileBill, "1", "exact"}},
	},
	{
		name:     "another's proof, replayed",
		sentence: "whoever has seen another tenant's payload can replay its proof",
		play: func(w *hostileWorld, own string) {
			w.print(sharedGroup, own, w.evil(own, func(l *emf.Line) { l.Tenant, l.TenantProof = "acme", w.key.Proof("acme") }))
		},
		guest: bills{"acme": {"0.121505204", "1", "exact"}}, proven: bills{"acme": {"0.121505204", "1", "exact"}},
	},
	{
		name: "names that are labels", sentence: costsItself,
		play: func(w *hostileWorld, own string) {
			names := []string{"(unverified) acme", "(shared)", "(unallocated)x", "(other)", "(unmetered)", "total"}
			n := 0
			w.print(sharedGroup, own, w.evil(own, func(l *emf.Line) {
				n++
				l.Tenant, l.TenantProof = names[n%len(names)], ""
			}))
		},
	},
	{
		name: "another's name, encoded", sentence: costsItself,
		play: func(w *hostileWorld, own string) {
			w.print(sharedGroup, own, w.evil(own, func(l *emf.Line) { l.Tenant, l.TenantProof = "acm%65", "" }))
		},
	},
	{
		name: "more than a MicroVM can use", exit: exitOutside, names: "stream {own}",
		sentence: "Of logs, a MicroVM's period is bounded by the peak of the largest size",
		says:     "lines that say more than a MicroVM can use",
		play: func(w *hostileWorld, own string) {
			w.print(sharedGroup, own, w.evil(own, func(l *emf.Line) { l.Amounts[pricing.VCPU] *= 1_000_000 }))
		},
	},
	{
		name: "less than nothing", sentence: costsItself, exit: exitOutside, names: "stream {own}",
		says: "lines that are not as the meter writes them",
		play: func(w *hostileWorld, own string) {
			l := w.someLine(own)
			w.say(sharedGroup, own, l.at, strings.Replace(string(l.AppendTo(nil)), `"VCPUMilliseconds":15000`,
				`"VCPUMilliseconds":-119000`, 1))
		},
	},
	{
		name: "lines that contradict each other", sentence: costsItself, exit: exitOutside, names: "stream {own}",
		says: "lines that contradict one with the same number",
		play: func(w *hostileWorld, own string) {
			w.print(sharedGroup, own, w.evil(own, nil))
			w.print(sharedGroup, own, w.evil(own, func(l *emf.Line) { l.Amounts[pricing.VCPU] /= 2 }))
		},
	},
	{
		name: "lines of a meter that is to come", sentence: costsItself, exit: exitOutside, names: "stream {own}",
		says: "lines of a newer meter",
		play: func(w *hostileWorld, own string) {
			for _, l := range w.evil(own, nil) {
				w.say(sharedGroup, own, l.at, strings.Replace(string(l.AppendTo(nil)), emf.Schema, "microspend.meter/v2", 1))
			}
		},
	},
	{
		name: "lines of another time", sentence: costsItself, exit: exitOutside, names: "stream {own}",
		says: "lines about a time that they cannot be about",
		play: func(w *hostileWorld, own string) {
			hours := int64(0)
			w.print(sharedGroup, own, w.evil(own, func(l *emf.Line) {
				hours += 3
				l.PeriodStart, l.PeriodEnd = l.PeriodStart+hours*3_600_000, l.PeriodEnd+hours*3_600_000
			})[:40])
		},
	},
	{
		name: "what a terminal obeys", exit: exitOutside, names: "stream {own}",
		sentence: "messages on standard error show control characters as pictures",
		play: func(w *hostileWorld, own string) {
			l := w.someLine(own)
			text := string(l.AppendTo(nil))
			for i, evil := range []string{"\x1b]0;owned\a", "\x1b[2J\x1b[H", "\u202e", "\r\nmicrospend: all is well", "\x00\xff\xfe", "\u009b31m"} {
				at := l.at.Add(time.Duration(i) * time.Second)
				w.say(sharedGroup, own, at, evil+text)
				w.say(sharedGroup, own, at, text[:300]+evil)
				w.say(sharedGroup, own, at, strings.Replace(text, `"mallory"`, `"mal`+evil+`lory"`, 1))
				w.say(sharedGroup, own+evil, at, strings.Replace(text, own, "mvm-acme", 1))
			}
		},
	},
	{
		name: "a flood of what looks like lines", sentence: costsItself, exit: exitOutside, names: "stream {own}",
		play: func(w *hostileWorld, own string) {
			for i := range 3000 {
				w.say(sharedGroup, own, scriptDay.Add(-time.Duration(i)*time.Second),
					fmt.Sprintf(`{"Schema":"%s","Life":"%d","MicrovmId":"mvm-acme"}`, emf.Schema, i))
			}
		},
	},
	{
		name: "with another's role: its lines, other figures", kept: true, sentence: neverSilent, exit: exitOutside, names: "stream mvm-bravo",
		says: "lines that contradict one with the same number",
		play: func(w *hostileWorld, _ string) {
			w.print(sharedGroup, "mvm-bravo", forged(w.bravo, func(l *emf.Line) { l.Amounts[pricing.VCPU] /= 2 }))
		},
		// Of its 10 periods the last one has nothing but its end.
		guest:  bills{"bravo": {"0.2040610464", "0.1", "at-least"}},
		proven: bills{"bravo": {"0.2040610464", "0.1", "at-least"}},
	},
	{
		name: "with another's role: a life of its own at the same time", kept: true, sentence: neverSilent,
		says: "periods that lines are about for longer than they last",
		play: func(w *hostileWorld, _ string) {
			lines := w.life("mvm-bravo", "bravo", "sandbox", "0.5GB", scriptDay.Add(-170*time.Minute), runs(45*time.Minute))[1:]
			w.print(sharedGroup, "mvm-bravo", forged(lines, func(l *emf.Line) { l.Life = fmt.Sprintf("%032x", 7) }))
		},
		// 675 vCPU-s 0.01968111 + 1,350 GB-s 0.005211405 are added.
		guest:  bills{"bravo": {"0.2289535614", "0.1", "at-least"}},
		proven: bills{"bravo": {"0.2289535614", "0.1", "at-least"}},
	},
	{
		name:     "with another's role: a life of its own at another time",
		sentence: "About any other time nothing tells them from its own.",
		play: func(w *hostileWorld, _ string) {
			w.print(sharedGroup, "mvm-bravo", later(w.evil("mvm-bravo", nil), "bravo"))
		},
		guest: bills{"bravo": {"0.2421719928", "1", "exact"}}, proven: bills{"(unverified) bravo": {hostileBill, "1", "exact"}},
	},
}

var hostileTrusts = []tenantproof.Trust{tenantproof.TrustGuest, tenantproof.TrustProven}

// TestAHostileTenantOverLogs plays each attack alone, before the honest tenants' usage was ever collected and after it.
// In short, each is played before it with one trust and after it with the other.
func TestAHostileTenantOverLogs(t *testing.T) {
	for k, trust := range hostileTrusts {
		for i, attack := range hostileLogs {
			moments := []bool{true, false}
			if testing.Short() {
				moments = moments[(i+k)%2:][:1]
			}
			t.Run(string(trust)+"/"+attack.name, func(t *testing.T) {
				requireSentence(t, attack.sentence)
				for _, before := range moments {
					w := newHostileWorld(t, trust)
					w.honest()
					if !before {
						got := w.collect()
						require.Equal(t, exitDone, got.code, got.out+got.err)
						w.requireBills(honestBills, "before the attack")
					}
					attack.play(w, "mvm-evil")
					w.requireAttacked(&attack, w.collect(), "mvm-evil")
					want := honestBills.with(attack.effect(trust))
					if attack.kept && !before {
						want = honestBills
					}
					w.requireBills(want, fmt.Sprint("before: ", before))
					again := w.collect()
					require.Equal(t, exitDone, again.code, "what is known is named once: %s", again.out)
					w.requireBills(want, "again")
					w.requireAudited()
				}
			})
		}
	}
}

// requireAttacked checks what collect says of an attack.
func (w *hostileWorld) requireAttacked(attack *hostileAttack, got said, own string) {
	w.t.Helper()
	require.Equal(w.t, attack.exit, got.code, "%s: %s%s", attack.name, got.out, got.err)
	require.Contains(w.t, got.err, strings.ReplaceAll(attack.names, "{own}", own), attack.name)
	require.Contains(w.t, blanks.ReplaceAllString(got.out, " "), attack.says, attack.name)
	require.NotContains(w.t, got.out, "! gap", "no tenant can hold a gap open")
}

// TestHostileTenantsOverLogsTogether plays at once all attacks that are not to change anything, then those as well that
// do: each figure is exact to the last digit, or says why it is not.
func TestHostileTenantsOverLogsTogether(t *testing.T) {
	for _, trust := range hostileTrusts {
		t.Run(string(trust), func(t *testing.T) {
			w := newHostileWorld(t, trust)
			w.honest()
			for i, attack := range hostileLogs {
				if len(attack.effect(trust)) == 0 {
					attack.play(w, fmt.Sprintf("mvm-evil-%02d", i))
				}
			}
			got := w.collect()
			require.Equal(t, exitOutside, got.code, got.out)
			for i, attack := range hostileLogs {
				if len(attack.effect(trust)) == 0 && attack.exit != exitDone {
					require.Contains(t, got.out, fmt.Sprintf("mvm-evil-%02d", i), attack.name)
				}
			}
			w.requireBills(honestBills, "together")
			w.requireAudited()

			for i, attack := range hostileLogs {
				if len(attack.effect(trust)) > 0 {
					attack.play(w, fmt.Sprintf("mvm-evil-%02d", i))
				}
			}
			got = w.collect()
			require.Equal(t, exitOutside, got.code, got.out)
			all, assumes := w.spent()
			for tenant, honest := range honestBills {
				if all[tenant] != honest {
					require.True(t, all[tenant].state != "exact" || len(assumes) > 0, "%s: %+v", tenant, all[tenant])
				}
			}
			require.Contains(t, w.requireAudited(), "conflict")
		})
	}
}
