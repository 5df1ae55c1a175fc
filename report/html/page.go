// Package html writes a statement as one page that people hand on: everything in one file, to be read on a screen, a
// phone, in the dark, on paper, or by a screen reader. It is the program's own and promises nothing.
//
// # What is promised
//
// The page needs no network, no other file and no JavaScript; with JavaScript its tables can be sorted. Its own
// Content-Security-Policy forbids everything else: only the style sheet and the script that are part of it run, and it
// can load nothing. Whatever comes from outside is made visible by [view.Visible] and escaped by html/template.
//
// Every chart has its figures in words or in a table beside it. Columns of cents add up to their totals as shown.
//
// A page of 500 tenants over 31 days is smaller than 300,000 bytes. The largest tenants are shown with everything there
// is about them, as many as that leaves room for, and the others with their days; [Folder] writes all of it for each.
//
// # What is not promised
//
// A page of many more tenants or days than that is larger. The markup may change from version to version.
package html

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"io"
	"strings"
	"sync"

	"microspend/internal/figures"
	"microspend/report/statement"
	"microspend/view/chart"
	"microspend/view/html"
)

var (
	//go:embed page.gohtml
	pageTemplate string
	//go:embed page.css
	pageStyle string
	//go:embed page.js
	pageScript string
)

// Options are what a page takes besides its statement. The zero value makes a page that stands by itself.
type Options struct {
	Nav       []Link                     // other pages, such as other months
	TenantURL func(tenant string) string // the address of a tenant's own page; nil where there is none
	// MaxBytes is how large a page of many tenants may become before details of smaller ones are left out; 0 stands for
	// 290,000. It bounds what is left to choose, not the page.
	MaxBytes int
}

const bytesByDefault = 290_000

// Write writes a statement as a page.
func Write(w io.Writer, s statement.Statement, options Options) error {
	text, err := Page(s, options)
	if err != nil {
		return err
	}
	_, err = w.Write(text)
	return err
}

// Page is a statement as a page.
func Page(s statement.Statement, options Options) ([]byte, error) {
	if options.MaxBytes == 0 {
		options.MaxBytes = bytesByDefault
	}
	look, err := appearance()
	if err != nil {
		return nil, err
	}
	r := renderer{statement: s, options: options, look: look, cents: settle(&s)}
	p := r.view()
	p.Security = look.policy
	if p.Name == "" {
		if err := r.sections(&p); err != nil {
			return nil, err
		}
	}
	var out bytes.Buffer
	err = look.template.ExecuteTemplate(&out, "page", p)
	return out.Bytes(), err
}

// Policy is the Content-Security-Policy of every page, for a server's header.
func Policy() string {
	look, err := appearance()
	if err != nil {
		return "default-src 'none'"
	}
	return look.policy
}

// renderer makes one page.
type renderer struct {
	statement statement.Statement
	options   Options
	look      *look
	cents     cents
}

// look is what all pages have in common.
type look struct {
	template *template.Template
	policy   string
}

// appearance reads the template once.
var appearance = sync.OnceValues(func() (*look, error) {
	always, narrow := html.Style()
	style := chart.PageStyle() + pageStyle + always + "@media(max-width:40rem){\n" + narrow + "}\n"
	script := pageScript
	text := pageTemplate + `{{define "style"}}` + style + `{{end}}{{define "script"}}` + script + `{{end}}`
	parsed, err := template.New("").Parse(text)
	if err != nil {
		return nil, err
	}
	policy := "default-src 'none'; style-src " + hashOf(style) + "; script-src " + hashOf(script) +
		"; base-uri 'none'; form-action 'none'"
	return &look{parsed, policy}, nil
})

// hashOf is how a policy names a text that may run.
func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// sections decides which tenants are shown in full. All are given their few lines first; then the largest get
// everything, as long as the page stays within what it may have.
func (r renderer) sections(p *page) error {
	var measure strings.Builder
	if err := r.look.template.ExecuteTemplate(&measure, "page", *p); err != nil {
		return err
	}
	left := r.options.MaxBytes - measure.Len()
	size := func(name string, section any) (int, error) {
		measure.Reset()
		err := r.look.template.ExecuteTemplate(&measure, name, section)
		return measure.Len(), err
	}
	all := make([]compact, len(r.statement.Tenants))
	sizes := make([]int, len(all))
	for n := range all {
		all[n] = r.compact(n)
		bytes, err := size("compact", all[n])
		if err != nil {
			return err
		}
		sizes[n] = bytes
		left -= bytes
	}
	shown := 0
	for n, t := range r.statement.Tenants {
		if !t.Detailed {
			break
		}
		d := r.detail(n)
		bytes, err := size("detail", d)
		if err != nil {
			return err
		}
		if left -= bytes - sizes[n]; left < 0 && shown > 0 {
			break
		}
		p.Detailed = append(p.Detailed, d)
		shown++
	}
	p.Compact = all[shown:]
	if shown > 0 && len(p.Compact) > 0 {
		p.CompactWords = "The largest " + figures.Count(shown, "tenant") + " with quantities, rates, images and MicroVMs; " +
			"the others with the dollars of each day, without cents from $" +
			figures.Grouped(r.wholeDollars()) + " on. Each tenant's own report has all of it."
	}
	return nil
}
