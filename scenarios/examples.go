package scenarios

import (
	"embed"
	"fmt"
	"path"
)

// Example is a worked example that some source documents, as a scenario with the figures that the source prints.
type Example struct {
	Name string // of the file without its extension
	YAML []byte
}

//go:embed examples/*.yaml
var exampleFiles embed.FS

const exampleFolder = "examples"

// exampleOrder is the order in which the examples are shown: as their source has them.
var exampleOrder = []string{
	"s1-personal-dev-tool",
	"s2-always-on",
	"s3-bursty-assistant-20-days",
	"s3-bursty-assistant-22-days",
	"s3-bursty-assistant-30-days",
	"s3-bursty-assistant-as-aws",
	"a-pdf-cold",
	"a-pdf-warm-as-documented",
	"a-pdf-warm-month",
	"b-ci-runner",
	"c-playwright",
	"break-even-t4g-medium",
	"break-even-always-on",
	"aws-example-1",
}

// Examples returns the worked examples in the order of their source.
func Examples() ([]Example, error) {
	examples := make([]Example, len(exampleOrder))
	for i, name := range exampleOrder {
		text, err := exampleFiles.ReadFile(path.Join(exampleFolder, name+".yaml"))
		if err != nil {
			return nil, err
		}
		examples[i] = Example{Name: name, YAML: text}
	}
	return examples, nil
}

// FindExample returns the example of that name.
func FindExample(name string) (Example, error) {
	examples, err := Examples()
	if err != nil {
		return Example{}, err
	}
	var names []string
	for _, example := range examples {
		if example.Name == name {
			return example, nil
		}
		names = append(names, example.Name)
	}
	return Example{}, fmt.Errorf("no example %q; examples are %s", name, list(names))
}

// Load reads the example's scenario.
func (e Example) Load() (*Scenario, error) { return Load(exampleFolder+"/"+e.Name+".yaml", e.YAML) }
