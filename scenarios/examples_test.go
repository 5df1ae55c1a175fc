package scenarios

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

// TestExamplesHold prices every worked example: each figure that it states is the figure that comes out.
func TestExamplesHold(t *testing.T) {
	examples, err := Examples()
	require.NoError(t, err)
	m := market(t)
	for _, example := range examples {
		t.Run(example.Name, func(t *testing.T) {
			s, err := example.Load()
			require.NoError(t, err)
			require.Equal(t, example.Name, s.Name, "the file is named as the example")
			e, err := m.Estimate(s)
			require.NoError(t, err)
			requireConsistent(t, e)
			require.NotEmpty(t, e.Documented)
			require.NotEmpty(t, s.Documented.Source)
			require.NotEmpty(t, s.Documented.Verdict)
			for _, check := range e.Documented {
				require.Empty(t, check.Drift, check.ID)
				require.Equal(t, check.Verdict == Differs, check.Because != "", "%s: a difference is explained, and nothing else",
					check.ID)
				if check.Verdict != "" {
					require.NotNil(t, check.Printed, check.ID)
				}
			}
		})
	}
}

func TestListedExamplesExist(t *testing.T) {
	text, err := exampleFiles.ReadFile(exampleFolder + "/order.txt")
	require.NoError(t, err)
	listed := strings.Fields(string(text))
	examples, err := Examples()
	require.NoError(t, err)
	for i, name := range listed {
		require.Equal(t, name, examples[i].Name, "each listed once, with a file")
	}
	require.Len(t, listed, documentedExamples, "the examples of the posts")
}

// documentedExamples is how many examples the posts have, all of which facts_test.go has typed by hand.
const documentedExamples = 14

func TestFindExample(t *testing.T) {
	example, err := FindExample("c-playwright")
	require.NoError(t, err)
	require.Equal(t, "c-playwright", example.Name)
	_, err = FindExample("d-nothing")
	require.ErrorContains(t, err, `no example "d-nothing"; examples are s1-personal-dev-tool, s2-always-on, `)
}

// TestDrift changes one thing in an example that holds, and has exactly that reported.
func TestDrift(t *testing.T) {
	for _, tc := range []struct {
		name, reason, example string
		old, changed          string
		figure, drift         string // of the one figure that drifts; "" where none may
	}{
		{
			"exact", "the last digit counts", "s1-personal-dev-tool", "exact: 21.8880128", "exact: 21.8880127",
			"total", "the file states exactly 21.8880127; it is 21.8880128",
		},
		{"zeros", "a decimal is a decimal", "s1-personal-dev-tool", "exact: 0.3248", "exact: 0.324800", "", ""},
		{
			"verdict", "follows is a claim", "s1-personal-dev-tool",
			"exact: 16.7945472\n      verdict: follows", "exact: 16.7945472\n      verdict: differs",
			"compute.baseline.vcpu", "the file states that it differs; it follows",
		},
		{
			"other verdict", "differs is one too", "s2-always-on",
			"exact: 40.0235904\n      verdict: differs", "exact: 40.0235904\n      verdict: follows",
			"compute.baseline.memory", "the file states that it follows; it differs",
		},
		{
			"printed", "a typing error in what is printed", "s1-personal-dev-tool", "printed: 16.79", "printed: 16.97",
			"compute.baseline.vcpu", "the file states that it follows; it differs",
		},
		{
			"input", "a rate changes one line; its printed figure still follows", "c-playwright",
			"storage_gb_month: 0.0952", "storage_gb_month: 0.0953", "storage.image",
			"the file states exactly 0.2856; it is 0.2859",
		},
		{
			"a verdict on nothing printed", "there is nothing to agree with", "break-even-t4g-medium",
			"exact: 101.1749917596", "{exact: 101.1749917596, verdict: follows}",
			"alternatives.EC2 t4g.medium.running_hours_per_month", "the file states that it follows, but nothing is printed",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			example, err := FindExample(tc.example)
			require.NoError(t, err)
			text := string(example.YAML)
			if strings.HasPrefix(tc.changed, "{") {
				text = strings.Replace(text, "\n      "+tc.old, " "+tc.changed, 1)
			} else {
				require.Equal(t, 1, strings.Count(text, tc.old+"\n"))
				text = strings.Replace(text, tc.old+"\n", tc.changed+"\n", 1)
			}
			e := estimate(t, text)
			drifts := map[string]string{}
			for _, check := range e.Documented {
				if check.Drift != "" && check.ID != "total" || check.ID == tc.figure {
					drifts[check.ID] = check.Drift
				}
			}
			if tc.figure == "" {
				require.Empty(t, drifts, tc.reason)
				return
			}
			require.Equal(t, map[string]string{tc.figure: tc.drift}, drifts, tc.reason)
		})
	}
}

// Another example is a file and nothing else: it comes after those whose order is their source's.
func TestAnExampleIsOneFile(t *testing.T) {
	files := fstest.MapFS{
		"examples/order.txt":  {Data: []byte("second\nfirst\n")},
		"examples/first.yaml": {Data: []byte("a")}, "examples/second.yaml": {Data: []byte("b")},
		"examples/new.yaml": {Data: []byte("c")}, "examples/another.yaml": {Data: []byte("d")},
	}
	found, err := readExamples(files)
	require.NoError(t, err)
	var names []string
	for _, example := range found {
		names = append(names, example.Name)
	}
	require.Equal(t, []string{"second", "first", "another", "new"}, names)
	require.Equal(t, "c", string(found[3].YAML))
}
