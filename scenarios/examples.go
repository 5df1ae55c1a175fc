package scenarios

import (
	"cmp"
	"embed"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"microspend/internal/nearest"
)

// Example is a worked example that some source documents, as a scenario with the figures that the source prints.
type Example struct {
	Name string // of the file without its extension
	YAML []byte
}

//go:embed examples
var exampleFiles embed.FS

const exampleFolder = "examples"

// Examples returns the worked examples: those that examples/order.txt lists in its order, which is that of their
// source, then all others by name.
func Examples() ([]Example, error) { return readExamples(exampleFiles) }

func readExamples(files fs.FS) ([]Example, error) {
	listed, err := fs.ReadFile(files, exampleFolder+"/order.txt")
	if err != nil {
		return nil, err
	}
	paths, err := fs.Glob(files, exampleFolder+"/*.yaml")
	if err != nil {
		return nil, err
	}
	examples := make([]Example, len(paths))
	for i, file := range paths {
		text, err := fs.ReadFile(files, file)
		if err != nil {
			return nil, err
		}
		examples[i] = Example{Name: strings.TrimSuffix(path.Base(file), ".yaml"), YAML: text}
	}
	order := strings.Fields(string(listed))
	place := func(e Example) int {
		if at := slices.Index(order, e.Name); at >= 0 {
			return at
		}
		return len(order)
	}
	slices.SortStableFunc(examples, func(a, b Example) int { return cmp.Compare(place(a), place(b)) })
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
	return Example{}, fmt.Errorf("no example %.40q; examples are %s%s", name, list(names), nearest.Meant(name, names))
}

// Load reads the example's scenario.
func (e Example) Load() (*Scenario, error) { return Load(exampleFolder+"/"+e.Name+".yaml", e.YAML) }
