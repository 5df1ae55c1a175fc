package emf

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"microspend/internal/emftest"
)

// FuzzDecode: no text is taken for a line that is not JSON, breaks the rules or would be written otherwise.
func FuzzDecode(f *testing.F) {
	proof := strings.Repeat("0f", 32)
	for _, l := range []Line{
		sample(nil),
		sample(func(l *Line) {
			l.Metrics = AllMetrics
			l.PerMicroVM = true
			l.Notes = []string{NoteTenantMissing}
			l.Tenant = ""
		}),
		sample(func(l *Line) {
			l.Metrics = NoMetrics
			l.DroppedLines = 3
			l.ImageVersion = `3"\`
			l.Role = "r"
			l.TenantProof = proof
		}),
	} {
		text := l.AppendTo(nil)
		f.Add(text)
		f.Add(append(text, text...))
		f.Add(text[:len(text)/2])
		f.Add(text[len(text)/2:])
		f.Add(bytes.ToLower(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		l, err := Decode(text)
		if err != nil {
			var fault *Error
			if !errors.As(err, &fault) || fault.Kind == "" || fault.Reason == "" {
				t.Fatalf("an error without kind or reason: %v", err)
			}
			return
		}
		if !json.Valid(text) {
			t.Fatalf("not JSON: %q", text)
		}
		written := l.AppendTo(nil)
		if err := emftest.CheckRules(written); err != nil {
			t.Fatal(err)
		}
		again, err := Decode(written)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(written, again.AppendTo(nil)) {
			t.Fatalf("%s\nis not written again as it was", written)
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	l := sample(nil)
	text := l.AppendTo(nil)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Decode(text); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppend(b *testing.B) {
	l := sample(nil)
	var text []byte
	b.ReportAllocs()
	for b.Loop() {
		text = l.AppendTo(text[:0])
	}
}
