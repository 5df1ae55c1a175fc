// Package commandline words what the flag libraries say about a command line as the rest of the program does. Their
// messages speak of strconv, of parsing and of their own types, which tell nobody what to write instead.
package commandline

import (
	"errors"
	"fmt"

	"github.com/spf13/pflag"
)

// kinds are what values of the libraries' own types have to be, by pflag's name of the type. Other types have errors of
// their own.
var kinds = map[string]string{
	"int": "a whole number", "uint": "a whole number that is not negative",
	"int64": "a whole number", "uint64": "a whole number that is not negative",
	"float64": "a number", "duration": "a duration such as 15m", "bool": "true or false",
}

// Kind is what the value of a flag has to be in words, "" where its own error says so.
func Kind(f *pflag.Flag) string { return kinds[f.Value.Type()] }

// Error words an error of pflag. Any other is returned as it is.
func Error(err error) error {
	if invalid, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		cause := invalid.Unwrap()
		if kind := Kind(invalid.GetFlag()); kind != "" {
			cause = fmt.Errorf("%.40q is not %s", invalid.GetValue(), kind)
		}
		return fmt.Errorf("--%s: %w", invalid.GetFlag().Name, cause)
	}
	if unknown, ok := errors.AsType[*pflag.NotExistError](err); ok {
		return fmt.Errorf("unknown flag %s", dashed(unknown.GetSpecifiedName(), unknown.GetSpecifiedShortnames()))
	}
	if empty, ok := errors.AsType[*pflag.ValueRequiredError](err); ok {
		return fmt.Errorf("%s needs a value", dashed(empty.GetSpecifiedName(), empty.GetSpecifiedShortnames()))
	}
	if invalid, ok := errors.AsType[*pflag.InvalidSyntaxError](err); ok {
		return fmt.Errorf("%.40q is not a flag", invalid.GetSpecifiedFlag())
	}
	return err
}

// dashed is a flag as it was written: by its name, or among several of one letter.
func dashed(name, letters string) string {
	if letters != "" {
		return fmt.Sprintf("-%.40s", letters)
	}
	return fmt.Sprintf("--%.40s", name)
}
