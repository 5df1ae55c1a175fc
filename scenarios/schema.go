package scenarios

import (
	_ "embed"
	"encoding/json"
	"reflect"
	"slices"
	"strings"

	"github.com/invopop/jsonschema"

	"microspend/internal/scalar"
	"microspend/internal/strictyaml"
)

// starter is the scenario that a user starts from.
//
//go:embed starter.yaml
var starter string

// Starter returns a commented scenario to start from, under the given name.
func Starter(name string) []byte { return []byte(strings.ReplaceAll(starter, "NAME", name)) }

// Schema returns the JSON Schema of a scenario file, made from the types that decode it.
func Schema() *jsonschema.Schema {
	schema := reflectorOfFiles().Reflect(&scenarioFile{})
	schema.Title = "microspend workload"
	schema.Description = "A workload on AWS Lambda MicroVMs, to be priced."
	complete(schema, reflect.TypeFor[scenarioFile]())
	for _, section := range rangeSections {
		if property, ok := schema.Properties.Get(section); ok {
			allowRanges(property)
		}
	}
	return schema
}

// reflectorOfFiles reads the types of this package as the decoder does.
func reflectorOfFiles() *jsonschema.Reflector {
	return &jsonschema.Reflector{
		FieldNameTag: "yaml", RequiredFromJSONSchemaTags: true, Anonymous: true, DoNotReference: true, Mapper: schemaOf,
	}
}

// rangePattern is a value written as two ends, such as 2h..4h.
const rangePattern = `|^[0-9.]+[^.]*\.\. ?[0-9.]+[^.]*$`

// allowRanges lets the figures of a section be written as ranges too.
func allowRanges(schema *jsonschema.Schema) {
	for _, one := range append([]*jsonschema.Schema{schema}, schema.OneOf...) {
		if one.Type == "string" && one.Pattern != "" {
			one.Pattern += rangePattern
		}
	}
	for _, one := range schema.OneOf {
		if one.Properties != nil {
			allowRanges(one)
		}
	}
	if schema.Properties == nil {
		return
	}
	for pair := schema.Properties.Oldest(); pair != nil; pair = pair.Next() {
		if !slices.Contains(rangeless, pair.Key) {
			allowRanges(pair.Value)
		}
	}
}

// scalarSchemas says what text each scalar type takes. A pattern repeats the type's own rule as far as an editor
// needs.
var scalarSchemas = map[reflect.Type]func() *jsonschema.Schema{
	reflect.TypeFor[scalar.GB]():       pattern(`^[0-9]+(\.[0-9]+)? ?(GB|GiB|MiB)$`),
	reflect.TypeFor[scalar.Duration](): orZeroNumber(`^(0|([0-9]+(\.[0-9]+)? *(ms|s|m|h|d) *)+)$`),
	reflect.TypeFor[periodDuration]():  orZeroNumber(`^(0|([0-9]+(\.[0-9]+)? *(ms|s|m|h|d) *)+)( */ *(day|job|month))?$`),
	reflect.TypeFor[vcpuTime]():        pattern(`^[0-9]+(\.[0-9]+)? *vcpu-(second|minute|hour)s?( */ *(day|job|month))?$`),
	reflect.TypeFor[scalar.Percent]():  pattern(`^[0-9]+(\.[0-9]+)? *%$`),
	reflect.TypeFor[scalar.Count]():    number("0", `^[0-9]+(\.[0-9]+)?$`),
	reflect.TypeFor[periodCount]():     number("0", `^[0-9]+(\.[0-9]+)?( */ *(day|job|month))?$`),
	reflect.TypeFor[scalar.Price]():    number("0", `^\$?[0-9]+(\.[0-9]+)?$`),
	reflect.TypeFor[Printed]():         number("", `^~?-?[0-9]+(\.[0-9]+)?(\.\.-?[0-9]+(\.[0-9]+)?)?$`),
	reflect.TypeFor[scalar.Date]():     pattern(`^[0-9]{4}-[0-9]{2}-[0-9]{2}$`),
	reflect.TypeFor[scalar.MicroVMSize](): pattern(`^(0\.50*|(1|2|4|8)(\.0+)?) ?(GB|GiB)$|` +
		`^(512|1024|2048|4096|8192)(\.0+)? ?MiB$`),
	reflect.TypeFor[microVMArch](): enum(microVMArchs()),
	reflect.TypeFor[archName]():    enum(archs()),
	reflect.TypeFor[billedHours](): enum(hours()),
	reflect.TypeFor[purchase]():    enum(purchases()),
	reflect.TypeFor[Verdict]():     enum(verdicts()),
	reflect.TypeFor[Trait]():       enum(traits()),
}

func schemaOf(t reflect.Type) *jsonschema.Schema {
	if scalar, ok := scalarSchemas[t]; ok {
		return scalar()
	}
	if t == reflect.TypeFor[strictyaml.Map[DocumentedFigure]]() {
		figure := reflectorOfFiles().Reflect(&DocumentedFigure{})
		figure.Version = ""
		complete(figure, reflect.TypeFor[DocumentedFigure]())
		return &jsonschema.Schema{Type: "object", AdditionalProperties: figure}
	}
	return nil
}

func pattern(p string) func() *jsonschema.Schema {
	return func() *jsonschema.Schema { return &jsonschema.Schema{Type: "string", Pattern: p} }
}

// number is a scalar that YAML may take for a number or for text, depending on how it is written. An empty least means
// that it may be negative.
func number(least json.Number, p string) func() *jsonschema.Schema {
	return oneOf(jsonschema.Schema{Type: "number", Minimum: least}, p)
}

// orZeroNumber is a scalar with a unit, which only zero can do without.
func orZeroNumber(p string) func() *jsonschema.Schema {
	return oneOf(jsonschema.Schema{Type: "number", Enum: []any{0}}, p)
}

func oneOf(number jsonschema.Schema, p string) func() *jsonschema.Schema {
	return func() *jsonschema.Schema {
		bare := number
		return &jsonschema.Schema{OneOf: []*jsonschema.Schema{&bare, pattern(p)()}}
	}
}

func enum(words []string) func() *jsonschema.Schema {
	return func() *jsonschema.Schema {
		s := &jsonschema.Schema{Type: "string"}
		for _, word := range words {
			s.Enum = append(s.Enum, word)
		}
		return s
	}
}

// complete adds to a struct's schema what the tags say to the decoder and not to the reflector: which keys are
// required, and which stands for the whole when a plain value is written in its place.
func complete(schema *jsonschema.Schema, t reflect.Type) {
	if schema == nil || schema.Properties == nil {
		return
	}
	schema.Required = nil
	var shorthand *jsonschema.Schema
	for _, field := range reflect.VisibleFields(t) { // those of inlined structs too
		key, options, _ := strings.Cut(field.Tag.Get("yaml"), ",")
		property, ok := schema.Properties.Get(key)
		if !ok {
			continue
		}
		inner := field.Type
		for inner.Kind() == reflect.Pointer {
			inner = inner.Elem()
		}
		switch {
		case inner.Kind() == reflect.Slice && inner.Elem().Kind() == reflect.Struct && property.Items != nil:
			complete(property.Items, inner.Elem())
		case inner.Kind() == reflect.Struct && scalarSchemas[inner] == nil:
			complete(property, inner)
		}
		if strings.Contains(options, "required") {
			schema.Required = append(schema.Required, key)
		}
		if strings.Contains(options, "shorthand") {
			shorthand = property
		}
	}
	if t == reflect.TypeFor[workloadFile]() {
		schema.OneOf = []*jsonschema.Schema{
			{Required: []string{"running"}},
			{Required: []string{"work"}},
			{Required: []string{"trace"}},
		}
	}
	if t == reflect.TypeFor[compareFile]() {
		schema.MinProperties, schema.MaxProperties = new(uint64(1)), new(uint64(1))
	}
	if shorthand != nil {
		object := *schema
		description := object.Description
		object.Description, object.Version = "", ""
		*schema = jsonschema.Schema{
			Version: schema.Version, Description: description, OneOf: []*jsonschema.Schema{withoutText(shorthand), &object},
		}
	}
}

// withoutText is a copy without the words, which belong to the key and not to the value that stands for it.
func withoutText(s *jsonschema.Schema) *jsonschema.Schema {
	bare := *s
	bare.Description = ""
	return &bare
}
