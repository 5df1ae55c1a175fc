package main

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// docsImports are the packages that samples in Go may use, as their readers' editors would import them.
var docsImports = map[string]string{
	"context": "context", "hex": "encoding/hex", "hmac": "crypto/hmac", "http": "net/http", "json": "encoding/json",
	"sha256": "crypto/sha256", "time": "time", "errors": "errors", "fmt": "fmt", "log": "log",
	"decimal": "github.com/shopspring/decimal", "microspend": "microspend", "pricing": "microspend/pricing",
	"scenarios": "microspend/scenarios", "spend": "microspend/spend", "idle": "microspend/idle",
	"ledger": "microspend/ledger", "parquet": "microspend/ledger/parquet", "usage": "microspend/usage",
}

// TestDocsGo compiles every sample in Go: declarations as they are, statements as a function's.
func TestDocsGo(t *testing.T) {
	replace := map[string]string{}
	folder := filepath.Join(absolute(repositoryRoot), "internal", "docssamples") // only in the overlay
	for _, page := range documentation(t) {
		for _, block := range page.blocks {
			if block.language != "go" {
				continue
			}
			n := strconv.Itoa(len(replace))
			file := filepath.Join(t.TempDir(), "sample.go")
			require.NoError(t, os.WriteFile(file, []byte(goFile(t, block, n)), 0o600))
			replace[filepath.Join(folder, "sample"+n+".go")] = file
		}
	}
	require.NotEmpty(t, replace)
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "overlay.json")
	require.NoError(t, os.WriteFile(file, overlay, 0o600))
	out, err := exec.CommandContext(t.Context(), "go", "build", "-overlay", file, folder).CombinedOutput()
	require.NoError(t, err, "%s", out)
}

// goFile is a file with a sample in it.
func goFile(t *testing.T, block docsBlock, n string) string {
	t.Helper()
	var file strings.Builder
	file.WriteString("package docssamples\n")
	for name, path := range docsImports {
		if regexp.MustCompile(`\b`+name+`\.[A-Z]`).MatchString(block.text) || name == "context" || name == "time" {
			file.WriteString("import \"" + path + "\"\n")
		}
	}
	file.WriteString("var _ context.Context\nvar _ time.Time\n")
	if strings.HasPrefix(block.text, "func ") || strings.HasPrefix(block.text, "type ") {
		return file.String() + block.text
	}
	parameters := "func sample" + n + "(ctx context.Context, from, to time.Time) error {\n"
	body, err := parser.ParseFile(token.NewFileSet(), "", "package p\n"+parameters+block.text+"return nil}", 0)
	require.NoError(t, err, "%s: %s", block.page, block.firstLine())
	file.WriteString("// " + block.page + "\n" + parameters + block.text)
	for _, statement := range body.Decls[0].(*ast.FuncDecl).Body.List {
		if assigned, ok := statement.(*ast.AssignStmt); ok && assigned.Tok == token.DEFINE {
			for _, name := range assigned.Lhs { // a sample may end with what the reader goes on with
				file.WriteString("_ = " + name.(*ast.Ident).Name + "\n")
			}
		}
	}
	return file.String() + "return nil\n}\n"
}
