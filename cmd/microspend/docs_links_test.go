package main

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	inlineCode  = regexp.MustCompile("`[^`]*`")
	pageLink    = regexp.MustCompile(`\]\(([^)\s]+)\)|(?:src|srcset|href)="([^"]+)"`)
	pageHeading = regexp.MustCompile(`(?m)^#{1,6} +(.+?) *$`)
	linkText    = regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)`)
)

// links lists where a page links to within the repository.
func (p documentPage) links() (targets []string) {
	for _, match := range pageLink.FindAllStringSubmatch(inlineCode.ReplaceAllString(p.prose, "``"), -1) {
		if target := match[1] + match[2]; !strings.Contains(target, "://") && !strings.HasPrefix(target, "mailto:") {
			targets = append(targets, target)
		}
	}
	return targets
}

// anchors are those that GitHub gives a page's headings: in lower case, without punctuation, with a number from the
// second of a name on.
func (p documentPage) anchors() map[string]bool {
	found, seen := map[string]bool{}, map[string]int{}
	for _, match := range pageHeading.FindAllStringSubmatch(p.prose, -1) {
		anchor := strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case unicode.IsLetter(r), unicode.IsNumber(r), r == '-', r == '_':
				return unicode.ToLower(r)
			}
			return -1
		}, linkText.ReplaceAllString(match[1], "$1"))
		if n := seen[anchor]; n > 0 {
			found[anchor+"-"+string(rune('0'+n))] = true
		} else {
			found[anchor] = true
		}
		seen[anchor]++
	}
	return found
}

// TestDocsLinks: every link within the repository leads to a file that is there, and to a heading that its page has.
func TestDocsLinks(t *testing.T) {
	pages := append(documentation(t), readPage(t, "CONTRIBUTING.md"), readPage(t, "SECURITY.md"))
	anchors := map[string]map[string]bool{}
	for _, page := range pages {
		anchors[page.name] = page.anchors()
	}
	for _, page := range pages {
		for _, link := range page.links() {
			file, anchor, _ := strings.Cut(link, "#")
			target := page.name
			if file != "" {
				target = path.Join(path.Dir(page.name), file)
				_, err := os.Stat(filepath.Join(repositoryRoot, filepath.FromSlash(target)))
				assert.NoError(t, err, "%s links to %s, which is not there", page.name, link)
			}
			if anchor != "" {
				assert.Contains(t, anchors[target], anchor, "%s links to %s, and there is no such heading", page.name, link)
			}
		}
	}
}

// TestEveryPageIsListed: whoever starts at docs/index.md finds every page.
func TestEveryPageIsListed(t *testing.T) {
	pages := map[string]documentPage{}
	for _, page := range documentation(t) {
		pages[page.name] = page
	}
	linked := map[string]bool{"README.md": true, "docs/index.md": true}
	for _, link := range pages["docs/index.md"].links() {
		file, _, _ := strings.Cut(link, "#")
		linked[path.Join("docs", file)] = true
	}
	for name := range pages {
		require.True(t, linked[name], "docs/index.md has no link to %s", name)
	}
}

// TestGlossary: terms are in order, each with a link to where it is explained.
func TestGlossary(t *testing.T) {
	_, table, found := strings.Cut(readPage(t, "docs/index.md").prose, "## Glossary\n")
	require.True(t, found)
	var terms []string
	for line := range strings.SplitSeq(table, "\n") {
		term, meaning, ok := strings.Cut(strings.TrimPrefix(line, "| "), " | ")
		if !ok || term == "term" || term == "---" {
			continue
		}
		terms = append(terms, strings.ToLower(term))
		require.Regexp(t, pageLink, meaning, term)
	}
	require.Greater(t, len(terms), 40)
	require.IsNonDecreasing(t, terms)
}

func TestAnchors(t *testing.T) {
	page := documentPage{prose: "# `ec2`: instances (730 hours)\n## What if?\n## What if?\n### [A](b.md) – b\n"}
	require.Equal(t, map[string]bool{
		"ec2-instances-730-hours": true, "what-if": true, "what-if-1": true, "a--b": true,
	}, page.anchors())
}
