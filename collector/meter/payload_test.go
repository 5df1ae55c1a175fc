package meter

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"microspend/internal/emf"
)

func TestPayloads(t *testing.T) {
	keys, err := ParsePayloadKeys("tenant=customer.id, memory = vm.size,image=")
	require.NoError(t, err)
	for _, tc := range []struct {
		name, reason, body string
		form               PayloadForm
		keys               PayloadKeys
		tenant, says       string
	}{
		{"none", "a launch without a payload", `{"microvmId":"m"}`, PayloadAuto, nil, "", ""},
		{"null", "likewise", `{"microvmId":"m","runHookPayload":null}`, PayloadAuto, nil, "", ""},
		{"empty", "likewise", `{"microvmId":"m","runHookPayload":"  "}`, PayloadAuto, nil, "", ""},
		{"text", "plain text is the tenant", `{"microvmId":"m","runHookPayload":" acme\n"}`, PayloadAuto, nil, "acme", ""},
		{
			"object", "JSON names it", `{"microvmId":"m","runHookPayload":"{\"tenant\":\"acme\",\"x\":[1]}"}`, PayloadAuto, nil,
			"acme", "",
		},
		{
			"not quoted", "an object in place of its text", `{"microvmId":"m","runHookPayload":{"tenant":"acme"}}`, PayloadAuto,
			nil, "acme", "",
		},
		{
			"quoted twice", "a JSON string is its text", `{"microvmId":"m","runHookPayload":"\"acme\""}`, PayloadAuto, nil,
			"acme", "",
		},
		{
			"number", "an id keeps all its digits", `{"microvmId":"m","runHookPayload":"{\"tenant\":12345678901234567890}"}`,
			PayloadAuto, nil, "12345678901234567890", "",
		},
		{"digits", "text that happens to be JSON", `{"microvmId":"m","runHookPayload":"4711"}`, PayloadAuto, nil, "4711", ""},
		{
			"keys", "a dot leads into an object",
			`{"microvmId":"m","runHookPayload":"{\"customer\":{\"id\":\"acme\"},\"tenant\":\"no\"}"}`, PayloadAuto, keys, "acme",
			"",
		},
		{
			"dotted key", "or is part of the key", `{"microvmId":"m","runHookPayload":"{\"customer.id\":\"acme\"}"}`,
			PayloadAuto, keys, "acme", "",
		},
		{
			"no such key", "the tenant is missing", `{"microvmId":"m","runHookPayload":"{\"customer\":\"acme\"}"}`, PayloadAuto,
			keys, "", "",
		},
		{
			"object for a tenant", "no name", `{"microvmId":"m","runHookPayload":"{\"tenant\":{\"a\":1}}"}`, PayloadAuto, nil,
			"", "neither a text nor a number",
		},
		{"array", "no name", `{"microvmId":"m","runHookPayload":"[\"acme\"]"}`, PayloadAuto, nil, "", "JSON array"},
		{
			"text form", "the whole is the tenant, whatever it looks like", `{"microvmId":"m","runHookPayload":"{\"a\":1}"}`,
			PayloadText, nil, `{"a":1}`, "",
		},
		{
			"JSON form", "text is a mistake then", `{"microvmId":"m","runHookPayload":"acme"}`, PayloadJSON, nil, "",
			"not a JSON object",
		},
		{
			"none form", "the payload is the application's", `{"microvmId":"m","runHookPayload":"secret"}`, PayloadNone, nil, "",
			"",
		},
		{"too long", "the service would not take it", `{"microvmId":"m","runHookPayload":"` + strings.Repeat("ü", 4097) +
			`"}`, PayloadAuto, nil, "", "4097 characters"},
		{
			"as long as can be", "in characters", `{"microvmId":"m","runHookPayload":"` + strings.Repeat("ü", 4096) + `"}`,
			PayloadAuto, nil, strings.Repeat("ü", 4096), "",
		},
		{
			"bad size", "the tenant is taken nevertheless",
			`{"microvmId":"m","runHookPayload":"{\"tenant\":\"acme\",\"memory\":\"3GB\",\"image-size\":\"x\"}"}`, PayloadAuto,
			nil, "acme", "3GB is not a MicroVM size",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if tc.keys == nil {
				tc.keys = DefaultPayloadKeys()
			}
			id, payload, err := parseRun([]byte(tc.body))
			require.NoError(t, err)
			require.Equal(t, "m", id)
			var identity Identity
			err = identity.apply(payload, tc.form, tc.keys)
			if tc.says == "" {
				require.NoError(t, err, tc.reason)
			} else {
				require.ErrorContains(t, err, tc.says, tc.reason)
			}
			require.Equal(t, tc.tenant, identity.Tenant, tc.reason)
		})
	}
	var identity Identity
	require.NoError(t, identity.apply(`{"memory":"4GB","image-size":"0.63GB","state-size":"512MiB","image":"i","image-version":3,"role":"r"}`, PayloadAuto, DefaultPayloadKeys()))
	require.Equal(t, int64(4096), identity.Size.MiB())
	require.Equal(t, int64(676457349), identity.ImageBytes)
	require.Equal(t, int64(512<<20), identity.stateBytes())
	require.Equal(t, "i 3 r", identity.Image+" "+identity.ImageVersion+" "+identity.Role)
	require.ErrorContains(t, identity.apply(`{"state-size":"9999999GB"}`, PayloadAuto, DefaultPayloadKeys()),
		"more than 1024 GB")
	require.Equal(t, int64(512<<20), identity.stateBytes(), "what cannot be leaves it as it was")

	for _, bad := range []string{"", "{", "[]", `"x"`, `{"microvmId":5}`} {
		_, _, err := parseRun([]byte(bad))
		require.ErrorContains(t, err, "not as documented", bad)
	}
	for _, bad := range []string{"tenant", "x=y", "tenant=a,b"} {
		_, err := ParsePayloadKeys(bad)
		require.Error(t, err, bad)
	}
}

// TestProofs: a proof goes into every line of the life, beside the tenant that it came with and no other.
func TestProofs(t *testing.T) {
	proof, other := strings.Repeat("0f", 32), strings.Repeat("a", 64)
	renamed, err := ParsePayloadKeys("proof=auth.hmac")
	require.NoError(t, err)
	for _, tc := range []struct {
		name, reason   string
		payload        string
		keys           PayloadKeys
		tenant, proved string
		note           string
	}{
		{"both", "the payload's own", `{"tenant":"beta","proof":"` + other + `"}`, nil, "beta", other, ""},
		{
			"upper case", "hexadecimal digits in any case", `{"tenant":"beta","proof":" ` + strings.ToUpper(other) + `"}`, nil,
			"beta", other, "",
		},
		{"renamed", "where --payload-keys says", `{"tenant":"beta","auth":{"hmac":"` + other + `"}}`, renamed, "beta", other, ""},
		{"no payload", "the flags' tenant and its proof", "", nil, "acme", proof, ""},
		{"the flags' tenant again", "it is the same tenant's", `{"tenant":"acme"}`, nil, "acme", proof, ""},
		{"another tenant", "the flags' proof is acme's", `{"tenant":"beta"}`, nil, "beta", "", ""},
		{"another tenant as text", "likewise", `beta`, nil, "beta", "", ""},
		{"proof alone", "of the flags' tenant", `{"proof":"` + other + `"}`, nil, "acme", other, ""},
		{"too short", "not a proof", `{"tenant":"acme","proof":"` + proof[1:] + `"}`, nil, "acme", "", "proof-unreadable"},
		{"too long", "not a proof", `{"tenant":"acme","proof":"` + proof + `0"}`, nil, "acme", "", "proof-unreadable"},
		{"not hexadecimal", "not a proof", `{"tenant":"acme","proof":"` + proof[1:] + `g"}`, nil, "acme", "", "proof-unreadable"},
		{
			"an object", "not a proof, and the tenant is another", `{"tenant":"beta","proof":{"a":1}}`, nil, "beta", "",
			"proof-unreadable",
		},
		{"nothing", "an empty one is none", `{"tenant":"acme","proof":""}`, nil, "acme", "", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t)
			require.NoError(t, w.identity.prove(proof))
			if tc.keys == nil {
				tc.keys = DefaultPayloadKeys()
			}
			err := w.identity.apply(tc.payload, PayloadAuto, tc.keys)
			require.Equal(t, tc.note != "", err != nil, err)
			w.launched().runs(90 * second).terminate()
			require.Len(t, w.lines, 3, "a launch, a minute and the end")
			for _, l := range w.lines {
				require.Equal(t, tc.tenant+" "+tc.proved, l.Tenant+" "+l.TenantProof, tc.reason)
			}
			require.Equal(t, tc.note, w.notes())
		})
	}
}

// TestHostileNames: what comes in from outside is a name that CloudWatch takes, and a different one stays different.
func TestHostileNames(t *testing.T) {
	for _, tc := range []struct{ name, tenant, want, note string }{
		{"line breaks", "a\r\nb", "a%0D%0Ab", emf.NoteNameChanged},
		{"escape sequence", "\x1b]0;x\a", "%1B]0;x%07", emf.NoteNameChanged},
		{"quotes and braces", `"},{"a":"`, `"},{"a":"`, ""},
		{"what stands for none", emf.NoTenant, "", emf.NoteTenantMissing},
		{"blank", "\t ", "", emf.NoteTenantMissing},
		{"formula", "=1+1", "=1+1", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t)
			w.identity.Tenant = tc.tenant
			w.launched().terminate() // its lines are checked as they come
			require.Equal(t, tc.want, w.lines[0].Tenant)
			if tc.note != "" {
				require.Contains(t, w.lines[0].Notes, tc.note)
			} else {
				require.Empty(t, w.lines[0].Notes)
			}
		})
	}
}

func FuzzRun(f *testing.F) {
	f.Add([]byte(`{"microvmId":"m","runHookPayload":"{\"tenant\":\"acme\"}"}`), "tenant=a.b")
	f.Add([]byte(`{"microvmId":"m","runHookPayload":"acme"}`), "")
	f.Fuzz(func(t *testing.T, body []byte, keyText string) {
		keys, err := ParsePayloadKeys(keyText)
		if err != nil {
			keys = DefaultPayloadKeys()
		}
		id, payload, err := parseRun(body)
		if err != nil {
			return
		}
		w := newWorld(t)
		w.identity.MicroVMID = id
		_ = w.identity.apply(payload, PayloadAuto, keys)
		w.launched().terminate()
	})
}
