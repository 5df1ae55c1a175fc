package scenarios

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"microspend/internal/strictyaml"
)

// TestSchemaHasEveryKey walks the types that decode a file beside the schema: neither has a key that the other lacks,
// and both agree on what is required. Every key is described.
func TestSchemaHasEveryKey(t *testing.T) {
	schema := publishedSchema(t)
	require.Equal(t, "https://json-schema.org/draft/2020-12/schema", schema["$schema"])
	requireSameKeys(t, "", schema, reflect.TypeFor[scenarioFile]())
}

func requireSameKeys(t *testing.T, path string, schema jsonSchema, of reflect.Type) {
	t.Helper()
	for of.Kind() == reflect.Pointer {
		of = of.Elem()
	}
	if reflect.PointerTo(of).Implements(reflect.TypeFor[strictyaml.Scalar]()) {
		require.NotContains(t, schema, "properties", "%s is a scalar", path)
		require.NotNil(t, scalarSchemas[of], "%s: the schema does not know %s", path, of)
		return
	}
	switch {
	case of == reflect.TypeFor[strictyaml.Map[DocumentedFigure]]():
		requireSameKeys(t, path+".*", schema["additionalProperties"].(map[string]any), reflect.TypeFor[DocumentedFigure]())
	case of.Kind() == reflect.Slice:
		require.Equal(t, "array", schema["type"], path)
		requireSameKeys(t, path+"[]", schema["items"].(map[string]any), of.Elem())
	case of.Kind() == reflect.Struct:
		requireSameFields(t, path, schema, of)
	}
}

func requireSameFields(t *testing.T, path string, schema jsonSchema, of reflect.Type) {
	t.Helper()
	var keys, required, shorthands []string
	var types []reflect.Type
	for _, field := range reflect.VisibleFields(of) {
		key, options, _ := strings.Cut(field.Tag.Get("yaml"), ",")
		if key == "" && options == "inline" {
			continue // its fields follow
		}
		keys, types = append(keys, key), append(types, field.Type)
		if strings.Contains(options, "required") {
			required = append(required, key)
		}
		if strings.Contains(options, "shorthand") {
			shorthands = append(shorthands, key)
		}
	}
	if len(shorthands) > 0 {
		choices := schema["oneOf"].([]any)
		require.Len(t, choices, 2, "%s: a plain value or a mapping", path)
		schema = choices[1].(map[string]any)
	}
	require.Equal(t, "object", schema["type"], path)
	require.Equal(t, false, schema["additionalProperties"], "%s: unknown keys are refused", path)
	properties := schema["properties"].(map[string]any)
	require.Len(t, properties, len(keys), path)
	if len(required) > 0 {
		require.ElementsMatch(t, required, schema["required"], path)
	} else {
		require.NotContains(t, schema, "required", path)
	}
	for i, key := range keys {
		property, known := properties[key].(map[string]any)
		require.True(t, known, "%s.%s is not in the schema", path, key)
		require.NotEmpty(t, property["description"], "%s.%s is not described", path, key)
		requireSameKeys(t, path+"."+key, property, types[i])
	}
}

// TestSchemaTakesGoodFiles: an editor underlines nothing in a file that can be priced.
func TestSchemaTakesGoodFiles(t *testing.T) {
	schema := publishedSchema(t)
	texts := map[string][]byte{"starter": Starter("x")}
	for _, file := range corpus(t, "good") {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		texts[filepath.Base(file)] = text
	}
	examples, err := Examples()
	require.NoError(t, err)
	for _, example := range examples {
		texts[example.Name] = example.YAML
	}
	for name, text := range texts {
		t.Run(name, func(t *testing.T) {
			root, err := strictyaml.Parse(name, text)
			require.NoError(t, err)
			require.Empty(t, schema.violations(root, ""))
		})
	}
}

// unseen are the bad files in which a schema can't see the mistake, each with the reason.
var unseen = map[string]string{
	"compare-limits":         "what a function has at least",
	"sandbox-active":         "which sandboxes bill active CPU only",
	"many-alternatives":      "that a list is too long",
	"active-at-once":         "that those who are active are among those who share",
	"compare-zeros":          "that a zero means the default, and that users are whole",
	"burst":                  "depends on the size",
	"dates":                  "a pattern knows no calendar",
	"days-without-users":     "depends on another key",
	"documented":             "ids of figures are put together",
	"documented-when-priced": "depends on the bill",
	"jobs-and-users":         "depends on another key",
	"long-day":               "a product",
	"long-day-suspended":     "a sum",
	"long-name":              "is counted in bytes",
	"misspelt-providers":     "the names are data",
	"neither-jobs-nor-users": "depends on another key",
	"no-days":                "a bound of this one count",
	"no-jobs":                "a bound of this one count",
	"periods-of-jobs":        "depends on another key",
	"periods-of-users":       "depends on another key",
	"all-at-once":            "the names are data, and the bounds of these counts",
	"rates-and-faults":       "the names and the rates are data",
	"region-misspelt":        "regions are text; AWS opens new ones",
	"region-partly-given":    "the rates are data",
	"rates-twice":            "depends on another key",
	"rates-unknown":          "the rates are data",
	"region":                 "regions are text; AWS opens new ones",
	"region-without-rates":   "the rates are data",
	"state-and-image":        "depends on the size",
	"too-many-days":          "a bound of this one count",
	"users-without-days":     "depends on another key",
	"work-unmeasured":        "depends on the size",
	"policy-without-trace":   "depends on another key",
}

// TestSchemaRefusesBadFiles: where a schema can see a mistake, this one does.
func TestSchemaRefusesBadFiles(t *testing.T) {
	schema := publishedSchema(t)
	for _, file := range corpus(t, "bad") {
		name := strings.TrimSuffix(filepath.Base(file), ".yaml")
		t.Run(name, func(t *testing.T) {
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			root, err := strictyaml.Parse(name, text)
			if err != nil {
				require.NotContains(t, unseen, name)
				t.Skip("not YAML that is read at all, so that there is nothing to hold against a schema")
			}
			found := schema.violations(root, "")
			if reason, cannot := unseen[name]; cannot {
				require.Empty(t, found, "%s, but the schema saw it", reason)
				return
			}
			require.NotEmpty(t, found)
		})
	}
}

// TestSchemaIsStable: the same JSON each time, as it is written to a file that people commit.
func TestSchemaIsStable(t *testing.T) {
	first, err := json.Marshal(Schema())
	require.NoError(t, err)
	second, err := json.Marshal(Schema())
	require.NoError(t, err)
	require.Equal(t, string(first), string(second))
}

// TestSchemaPatternsTakeWhatIsRead: a text that a scalar reads is one that its pattern takes, for every text in the
// tables of this package's tests that a person might write.
func TestSchemaPatternsTakeWhatIsRead(t *testing.T) {
	for of, build := range scalarSchemas {
		text, err := json.Marshal(build())
		require.NoError(t, err)
		var schema jsonSchema
		require.NoError(t, json.Unmarshal(text, &schema))
		for _, written := range []string{
			"0", "1", "2.5", "-1", "1e3", "$0.10", "$-1", "2GB", "2.0GB", "0.5 GiB", ".5GB", "512MiB", "512.0MiB", "3GB",
			"1.5.0GB", "0GB",
			"45s", "1h30m", "2.5h", ".5h", "200ms", "7d", "4h/day", "4 h / month", "6/day", "6/week", "8s/job", "25%", "25 %",
			"101%",
			"16.79", "~22", "5..7", "~5..7", "-5..-1", "arm64", "x86", "active", "always", "spot", "follows", "state",
			"2026-09-19",
		} {
			root, err := strictyaml.Parse("", []byte(written))
			require.NoError(t, err)
			takes := len(schema.violations(root, "")) == 0
			reads := reflect.New(of).Interface().(strictyaml.Scalar).ParseScalar(written) == nil
			if reads {
				require.True(t, takes, "%s reads %q, which the schema underlines", of, written)
			}
		}
	}
}
