package bucket

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"microspend/internal/civil"
	"microspend/internal/ledgertest"
	"microspend/ledger"
	"microspend/usage"
)

// manifestText is a day's manifest as it lies in the bucket.
func manifestText(t *testing.T, w *Writer, day civil.Day) []byte {
	t.Helper()
	text, _, err := w.files.Manifest(t.Context(), day)
	require.NoError(t, err)
	return text
}

func overwrite(t *testing.T, w *Writer, day civil.Day, text []byte) {
	t.Helper()
	_, err := w.files.putBytes(t.Context(), manifestOf(day), text, condition{})
	require.NoError(t, err)
}

// flipped has one bit of a text changed, right after where it first says something.
func flipped(text []byte, after string) []byte {
	out := bytes.Clone(text)
	out[bytes.Index(text, []byte(after))+len(after)] ^= 1
	return out
}

// A damaged manifest is put back to the byte, whatever is left of it, though parts of several versions lie side by
// side.
func TestDamagedManifestIsRestored(t *testing.T) {
	first := civil.DayOf(firstDay, time.UTC)
	for _, test := range []struct {
		name, reason string
		damage       func(text []byte) []byte
	}{
		{"a bit", "all objects are still named", func(text []byte) []byte { return flipped(text, `"covered_`) }},
		{"a bit of an object's name", "the name is none that the bucket has", func(text []byte) []byte {
			return flipped(text, `"object":"`)
		}},
		{"cut off", "the log alone tells the parts", func(text []byte) []byte { return text[:60] }},
		{"empty", "the log alone tells the parts", func([]byte) []byte { return []byte{} }},
		{"something else", "the log alone tells the parts", func([]byte) []byte { return []byte("<html>502</html>") }},
	} {
		t.Run(test.name, func(t *testing.T) {
			name := address(newFake(t).URL, "ledger")
			fleet := ledgertest.Fleet{MicroVMs: 48, Tenants: 1, Days: 2, Periods: 96}.All() // enough for a rollup
			for n := range int64(3) {
				writeTo(t, name, append(fleet, at("a", 0, n), at("a", 1440, n))...)
			}
			before := contentOf(t, name)
			w, err := OpenForWriting(t.Context(), name, ledger.Options{})
			require.NoError(t, err)
			text := manifestText(t, w, first)
			require.Contains(t, string(text), `"rollup":{"name":"_rollup"`)
			overwrite(t, w, first, test.damage(text))
			_, err = w.Upsert(t.Context(), ledgertest.Batches([]usage.Record{at("a", 0, 9)}, 1))
			require.ErrorContains(t, err, "run microspend ledger check --repair")
			checked, err := w.Repair(t.Context())
			require.NoError(t, err)
			require.Empty(t, checked.Unrepaired)
			require.Len(t, checked.Rebuilt, 1)
			require.Contains(t, checked.Rebuilt[0].Reason, "from the day's parts, 1 with 4,609 rows")
			require.Equal(t, string(text), string(manifestText(t, w, first)), test.reason)
			require.Equal(t, before, contentOf(t, name))
			checked, err = w.Check(t.Context())
			require.NoError(t, err)
			require.True(t, checked.OK())
			require.NoError(t, w.Close())
		})
	}
}

// What cannot be made anew is left as it is, and named with what to do; other days are repaired.
func TestManifestThatCannotBeRestored(t *testing.T) {
	first := civil.DayOf(firstDay, time.UTC)
	for _, test := range []struct {
		name   string
		damage func(t *testing.T, w *Writer)
		says   string
	}{
		{"a part is gone", func(t *testing.T, w *Writer) {
			objects, err := w.files.Uploaded(t.Context(), first)
			require.NoError(t, err)
			require.NoError(t, w.files.remove(t.Context(), objectOf(first, objects[0])))
		}, "no combination of the day's parts makes the manifest that the audit log has the SHA-256 of"},
		{"a part is damaged", func(t *testing.T, w *Writer) {
			objects, err := w.files.Uploaded(t.Context(), first)
			require.NoError(t, err)
			_, err = w.files.putBytes(t.Context(), objectOf(first, objects[0]), []byte("PAR1"), condition{})
			require.NoError(t, err)
		}, "no combination"},
		{"the audit log is gone", func(t *testing.T, w *Writer) {
			// The other day's entry is written again, by an import that changes that day alone.
			require.NoError(t, w.files.remove(t.Context(), segmentName(1)))
		}, "the audit log does not say what the day's manifest was"},
	} {
		t.Run(test.name, func(t *testing.T) {
			name := address(newFake(t).URL, "ledger")
			writeTo(t, name, at("a", 0, 1))
			w, err := OpenForWriting(t.Context(), name, ledger.Options{})
			require.NoError(t, err)
			test.damage(t, w)
			overwrite(t, w, first, []byte("{"))
			writeTo(t, name, at("a", 1440, 1))
			whole := manifestText(t, w, first+1)
			overwrite(t, w, first+1, []byte("{"))
			checked, err := w.Repair(t.Context())
			require.NoError(t, err)
			require.Len(t, checked.Unrepaired, 1)
			require.Equal(t, "usage/dt=2026-10-01/_manifest.json", checked.Unrepaired[0].Path)
			require.Contains(t, checked.Unrepaired[0].Reason, test.says)
			require.Contains(t, checked.Unrepaired[0].Reason, "; bring back the version before it, which the bucket has where "+
				"versioning is on, or delete the manifest and import or collect the day again")
			require.Equal(t, "{", string(manifestText(t, w, first)))
			require.Equal(t, string(whole), string(manifestText(t, w, first+1)), "the other day")

			// What the message says works.
			require.NoError(t, w.files.remove(t.Context(), manifestOf(first)))
			require.NoError(t, w.Close())
			writeTo(t, name, at("a", 0, 1))
			require.Equal(t, []usage.Record{at("a", 0, 1), at("a", 1440, 1)}, contentOf(t, name))
		})
	}
}

// An import can make its entry in the audit log and never take effect. What is left of the manifest tells; the newest
// version, whose parts were uploaded as a whole, is taken where nothing is left.
func TestRestoringAfterAnImportThatWasInterrupted(t *testing.T) {
	first := civil.DayOf(firstDay, time.UTC)
	for _, test := range []struct {
		name   string
		damage func(text []byte) []byte
		vcpu   int64
	}{
		{"objects named", func(text []byte) []byte { return flipped(text, `"covered_`) }, 1},
		{"nothing named", func([]byte) []byte { return []byte("{") }, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := newFake(t)
			name := address(f.URL, "ledger")
			writeTo(t, name, at("a", 0, 1))
			w, err := OpenForWriting(t.Context(), name, ledger.Options{})
			require.NoError(t, err)
			f.first(func(w http.ResponseWriter, r *http.Request) bool {
				refused := r.Method == http.MethodPut && strings.HasSuffix(r.URL.Path, manifestName)
				if refused {
					w.WriteHeader(http.StatusForbidden)
				}
				return refused
			})
			_, err = w.Upsert(t.Context(), ledgertest.Batches([]usage.Record{at("a", 0, 2)}, 1))
			require.Error(t, err)
			f.first(func(http.ResponseWriter, *http.Request) bool { return false })
			overwrite(t, w, first, test.damage(manifestText(t, w, first)))
			checked, err := w.Repair(t.Context())
			require.NoError(t, err)
			require.Len(t, checked.Rebuilt, 1)
			require.NoError(t, w.Close())
			require.Equal(t, []usage.Record{at("a", 0, test.vcpu)}, contentOf(t, name))
		})
	}
}
