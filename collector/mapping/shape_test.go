package mapping

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestKeepsKeys(t *testing.T) {
	meter := Default()
	perMicroVM := Default()
	perMicroVM.Dimensions.MicroVM = "MicrovmId"
	acme := Mapping{Namespace: "acme/sandboxes", Dimensions: Dimensions{Tenant: "Customer"}}
	odd := Mapping{Namespace: `acme"; "x`, Dimensions: Dimensions{Tenant: "T"}, Match: []Dimension{{"Stage", `["b"; "c"]`}}}
	split := acme
	split.Metrics = []Metric{{Namespace: "acme/memory"}}
	for _, test := range []struct {
		name     string
		had, has []Mapping
		want     bool
	}{
		{"the same", []Mapping{meter, acme}, []Mapping{acme, meter}, true},
		{"a namespace more", []Mapping{meter}, []Mapping{acme, meter}, true},
		{"a namespace less", []Mapping{meter, acme}, []Mapping{meter}, true},
		{"another namespace", []Mapping{meter}, []Mapping{acme}, true},
		{"other dimensions", []Mapping{meter}, []Mapping{perMicroVM}, false},
		{"further dimensions of a namespace", []Mapping{meter}, []Mapping{meter, perMicroVM}, false},
		{"one of the namespaces was there", []Mapping{acme}, []Mapping{split}, false},
		{"names with what stands between names", []Mapping{odd, acme}, []Mapping{acme, odd, meter}, true},
		{"names with what stands between names, changed", []Mapping{odd}, []Mapping{
			{Namespace: odd.Namespace, Dimensions: odd.Dimensions},
		}, false},
	} {
		assert.Equal(t, test.want, KeepsKeys(test.has, Shape(test.had)), test.name)
	}
	assert.True(t, KeepsKeys([]Mapping{meter}, ""), "nothing was ever read")
	assert.Equal(t, `["microspend"] {"Tenant" "Image" "" ""} []`, Shape([]Mapping{meter}),
		"checkpoints have it: where it changes, nothing that was read is read again")
}

func TestIDsTellMappingsApart(t *testing.T) {
	other := Default()
	other.Namespace = "acme"
	metrics := Default()
	metrics.Metrics = metrics.Metrics[:2]
	ids := IDs([]Mapping{Default(), other, metrics})
	assert.NotEqual(t, ids[0], ids[1])
	assert.Equal(t, ids[0]+"-2", ids[2], "of the same shape")
	assert.Equal(t, ids[1], IDs([]Mapping{other, Default()})[0], "wherever it stands")
	assert.Equal(t, ids[0], IDs([]Mapping{metrics})[0], "whatever its metrics")
}

func TestFromMeter(t *testing.T) {
	assert.True(t, Default().FromMeter())
	renamed := Default()
	renamed.Namespace = "acme/metered"
	assert.True(t, renamed.FromMeter(), "the meter can publish to another namespace")
	renamed.Dimensions.MicroVM = "MicrovmId"
	assert.True(t, renamed.FromMeter())
	renamed.Dimensions.MicroVM = "VmId"
	assert.False(t, renamed.FromMeter())
	foreign := Default()
	foreign.Metrics[0].Name = "CPUSeconds"
	assert.False(t, foreign.FromMeter())
}
