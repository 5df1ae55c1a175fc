package main

import (
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"microspend/internal/commandline"
)

var (
	placeholder = regexp.MustCompile(`^[A-Z][A-Z0-9=-]*$`)
	repeatWords = regexp.MustCompile(`repeat|given again|more than once|once or twice|several times`)
	goDuration  = regexp.MustCompile(`[0-9][hm]0[ms]|[0-9]{4,}ms`)
)

// Whoever reads --help gets a placeholder in capitals that says what a value is, durations as people write them, and
// one phrase for what may be given more than once.
func TestFlagWords(t *testing.T) {
	var walk func(cmd *cobra.Command)
	walk = func(cmd *cobra.Command) {
		flags := cmd.Flags()
		flags.AddFlagSet(cmd.PersistentFlags())
		flags.VisitAll(func(f *pflag.Flag) {
			if f.Hidden {
				return
			}
			flag := cmd.CommandPath() + " --" + f.Name
			name, usage := pflag.UnquoteUsage(f)
			if name != "" && !placeholder.MatchString(name) {
				t.Errorf("%s: the placeholder %q is not in capitals", flag, name)
			}
			_, list := f.Value.(pflag.SliceValue)
			switch rest := strings.ReplaceAll(usage, "(repeatable", ""); {
			case list && rest == usage:
				t.Errorf("%s: is not said to be (repeatable): %s", flag, usage)
			case repeatWords.MatchString(rest):
				t.Errorf("%s: says in other words than (repeatable): %s", flag, usage)
			}
			if strings.Contains(usage, "default:") {
				t.Errorf("%s: a default is written as pflag does, (default x): %s", flag, usage)
			}
			if goDuration.MatchString(commandline.PlainDefaults("(default "+f.DefValue+")") + usage) {
				t.Errorf("%s: a duration is as Go writes it: %s (default %s)", flag, usage, f.DefValue)
			}
		})
		for _, each := range cmd.Commands() {
			walk(each)
		}
	}
	a := &app{parsed: map[*cobra.Command][]parsedFlag{}}
	walk(a.rootCommand())
}
