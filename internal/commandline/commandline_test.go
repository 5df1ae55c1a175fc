package commandline_test

import (
	"errors"
	"flag"
	"testing"
	"time"

	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"

	"microspend/internal/commandline"
)

func TestError(t *testing.T) {
	own := errors.New("nobody's but mine")
	for _, tc := range []struct{ name, arg, want string }{
		{"a number", "--n=x", `--n: "x" is not a whole number`},
		{"too large a number", "--n=99999999999999999999", `--n: "99999999999999999999" is not a whole number`},
		{"a count", "--u=-1", `--u: "-1" is not a whole number that is not negative`},
		{"a figure", "--f=x", `--f: "x" is not a number`},
		{"a time", "--d=3x", `--d: "3x" is not a duration such as 15m`},
		{"a switch", "--b=maybe", `--b: "maybe" is not true or false`},
		{"a number of the standard library's", "--go-n=x", `--go-n: "x" is not a whole number`},
		{"a time of the standard library's", "--go-d=x", `--go-d: "x" is not a duration such as 15m`},
		{"a switch of the standard library's", "--go-b=x", `--go-b: "x" is not true or false`},
		{"a value of our own", "--own=x", "--own: nobody's but mine"},
		{"no such flag", "--nope", "unknown flag --nope"},
		{"no such letter", "-nx", "unknown flag -nx"},
		{"no value", "--n", "--n needs a value"},
		{"no name", "--=3", `"--=3" is not a flag`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			flags, std := pflag.NewFlagSet("x", pflag.ContinueOnError), flag.NewFlagSet("x", flag.ContinueOnError)
			flags.Int("n", 0, "")
			flags.Uint64("u", 0, "")
			flags.Float64("f", 0, "")
			flags.Duration("d", 0, "")
			flags.Bool("b", false, "")
			flags.Func("own", "", func(string) error { return own })
			std.Int("go-n", 0, "")
			std.Duration("go-d", time.Second, "")
			std.Bool("go-b", false, "")
			flags.AddGoFlagSet(std)
			require.EqualError(t, commandline.Error(flags.Parse([]string{tc.arg})), tc.want)
		})
	}
	require.Equal(t, own, commandline.Error(own), "what is not the library's stays")
}
