package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// documentPage is a page of the documentation, in the parts that tests can hold to something.
type documentPage struct {
	name   string // from the repository's root: README.md, docs/collect.md
	text   string
	prose  string // the text without its blocks
	blocks []docsBlock
}

// docsBlock is a block of code: fenced, with its language, or indented by four, which is a shell's.
type docsBlock struct {
	page, language, text string
	fenced               bool
}

// firstLine names a block, in messages and in the list of those that are not run.
func (b docsBlock) firstLine() string {
	line, _, _ := strings.Cut(b.text, "\n")
	return line
}

// fileName is the file that a block of YAML says it is, in a comment that is its first line; "" if it says nothing.
func (b docsBlock) fileName() string {
	if match := namedFile.FindStringSubmatch(b.firstLine()); match != nil {
		return match[1]
	}
	return ""
}

var namedFile = regexp.MustCompile(`^# (\S+\.yaml)$`)

const repositoryRoot = "../.."

// documentation reads README.md and all pages of docs/.
func documentation(t *testing.T) []documentPage {
	t.Helper()
	pages := []documentPage{readPage(t, "README.md")}
	require.NoError(t, fs.WalkDir(os.DirFS(repositoryRoot), "docs", func(name string, entry fs.DirEntry, err error) error {
		if err == nil && filepath.Ext(name) == ".md" {
			pages = append(pages, readPage(t, name))
		}
		return err
	}))
	require.Greater(t, len(pages), 30)
	return pages
}

func readPage(t *testing.T, name string) documentPage {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(repositoryRoot, filepath.FromSlash(name)))
	require.NoError(t, err)
	page := documentPage{name: name, text: string(text)}
	page.prose, page.blocks = splitPage(name, page.text)
	return page
}

// splitPage parts a page's blocks from its prose. It knows as much of Markdown as our pages use: fences, which may be
// indented in a list, and blocks indented by four after a blank line outside a list.
func splitPage(name, text string) (prose string, blocks []docsBlock) {
	var (
		kept, body []string
		fence      string // how far the open fence is indented
		language   string
		open       bool
		list       bool // what is indented now is of an item of a list
	)
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		bare := strings.TrimLeft(line, " ")
		indent := line[:len(line)-len(bare)]
		switch {
		case open && strings.HasPrefix(bare, "```"):
			blocks = append(blocks, docsBlock{name, language, strings.Join(body, "\n") + "\n", true})
			body, open = nil, false
		case open:
			body = append(body, strings.TrimPrefix(line, fence))
		case strings.HasPrefix(bare, "```"):
			fence, language, open = indent, strings.TrimPrefix(bare, "```"), true
		case len(indent) >= 4 && !list && (body != nil || i > 0 && lines[i-1] == ""):
			body = append(body, line[4:])
			if i+1 == len(lines) || !strings.HasPrefix(lines[i+1], "    ") {
				blocks = append(blocks, docsBlock{name, "sh", strings.Join(body, "\n") + "\n", false})
				body = nil
			}
		default:
			if bare != "" && indent == "" {
				list = listItem.MatchString(bare)
			}
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "\n"), blocks
}

var listItem = regexp.MustCompile(`^([-*]|[0-9]+\.) `)

func TestSplitPage(t *testing.T) {
	prose, blocks := splitPage("p.md", "# A\n\n    run this\n    and that\n\n- item\n\n    of it\n"+
		"1. x\n   ```yaml\n   # a.yaml\n   a: 1\n   ```\nend\n```\nplain\n```\n")
	require.Equal(t, "# A\n\n\n- item\n\n    of it\n1. x\nend\n", prose)
	require.Equal(t, []docsBlock{
		{"p.md", "sh", "run this\nand that\n", false},
		{"p.md", "yaml", "# a.yaml\na: 1\n", true},
		{"p.md", "", "plain\n", true},
	}, blocks)
	require.Equal(t, "a.yaml", blocks[1].fileName())
	require.Empty(t, blocks[2].fileName())
}
