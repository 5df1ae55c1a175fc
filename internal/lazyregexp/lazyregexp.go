// Package lazyregexp has regular expressions that are compiled when they are first used. A run uses few of them, and
// compiling all as the program starts would be a good part of the time that a shell's prompt waits for it.
package lazyregexp

import (
	"os"
	"regexp"
	"strings"
	"sync"
)

// Regexp is a regular expression with the methods of the standard library's. It may be used by several goroutines at
// once.
type Regexp struct{ compiled func() *regexp.Regexp }

// New is the expression of a pattern. It panics at its first use where the pattern is wrong, but in a test at once: no
// test of its package passes then.
func New(pattern string) Regexp {
	r := Regexp{sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(pattern) })}
	if strings.HasSuffix(strings.TrimSuffix(os.Args[0], ".exe"), ".test") {
		r.compiled()
	}
	return r
}

func (r Regexp) MatchString(text string) bool { return r.compiled().MatchString(text) }

func (r Regexp) FindString(text string) string { return r.compiled().FindString(text) }

func (r Regexp) FindAllString(text string, n int) []string {
	return r.compiled().FindAllString(text, n)
}

func (r Regexp) FindStringSubmatch(text string) []string {
	return r.compiled().FindStringSubmatch(text)
}

func (r Regexp) FindStringSubmatchIndex(text string) []int {
	return r.compiled().FindStringSubmatchIndex(text)
}

func (r Regexp) ReplaceAllString(text, by string) string {
	return r.compiled().ReplaceAllString(text, by)
}

func (r Regexp) ReplaceAllStringFunc(text string, by func(string) string) string {
	return r.compiled().ReplaceAllStringFunc(text, by)
}
