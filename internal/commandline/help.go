package commandline

import (
	"strings"

	"microspend/internal/lazyregexp"
)

var (
	quotedDefault = lazyregexp.New(`\(default "([^"]*)"\)`)
	noDefault     = lazyregexp.New(`\s*\(default 0\)`) // a bound of zero bounds nothing
	longDuration  = lazyregexp.New(`\(default ([0-9hm]*[0-9][hm])0s\)`)
	leftOut       = lazyregexp.New(` ([A-Z]+)(\[="?[^]"]*"?\])`) // what a flag means without its value
	longHours     = lazyregexp.New(`\(default ([0-9]+h)0m\)`)
)

// PlainDefaults writes the defaults of flags as people would give them: pflag quotes text, and Go writes six hours as
// 6h0m0s. A value that may be left out is in brackets; columns stay where they are.
func PlainDefaults(help string) string {
	help = leftOut.ReplaceAllStringFunc(help, func(all string) string {
		parts := leftOut.FindStringSubmatch(all)
		return "[=" + parts[1] + "]" + strings.Repeat(" ", len(parts[2])-len("="))
	})
	help = quotedDefault.ReplaceAllString(help, "(default $1)")
	help = noDefault.ReplaceAllString(help, "")
	return longHours.ReplaceAllString(longDuration.ReplaceAllString(help, "(default $1)"), "(default $1)")
}
