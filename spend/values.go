package spend

import (
	"errors"
	"fmt"
	"time"
)

// zone is a time zone by its IANA name.
type zone struct{ *time.Location }

// ParseScalar implements strictyaml.Scalar.
func (z *zone) ParseScalar(text string) error {
	loc, err := ParseLocation(text)
	z.Location = loc
	return err
}

// ParseLocation reads a time zone by its IANA name, such as UTC or Europe/Berlin. The machine's own zone is refused,
// as the same report would differ from one machine to the next.
func ParseLocation(name string) (*time.Location, error) {
	if name == "" || name == "Local" {
		return nil, errors.New("a time zone has a name such as UTC or Europe/Berlin")
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("%.60q is not a time zone such as UTC or Europe/Berlin", name)
	}
	return loc, nil
}
