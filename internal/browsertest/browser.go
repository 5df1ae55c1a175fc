// Package browsertest looks at pages in a real browser: headless Chromium, where it is installed. It is for tests.
package browsertest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// Browser is a running Chromium. It ends with the test.
type Browser struct{ ctx context.Context }

// Start starts Chromium, or skips the test where there is none, or where tests are to be short. CI has one.
func Start(t testing.TB) *Browser {
	t.Helper()
	if testing.Short() {
		t.Skip("a browser takes long")
	}
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		t.Skip("there is no Chromium; apt-get install chromium")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("hide-scrollbars", true),
		chromedp.WSURLReadTimeout(time.Minute))
	allocated, stopAllocator := chromedp.NewExecAllocator(t.Context(), options...)
	ctx, stop := chromedp.NewContext(allocated)
	t.Cleanup(func() { stop(); stopAllocator() })
	require.NoError(t, chromedp.Run(ctx), "starting Chromium")
	return &Browser{ctx}
}

// View is how a page is looked at.
type View struct {
	Width, Height int64
	Dark          bool
	NoScript      bool
	Print         bool // as on paper of that width, its margins left out
}

// Tab is a page in the browser.
type Tab struct {
	ctx context.Context

	mutex    sync.Mutex
	errors   []string
	requests []string
}

// Open opens an address.
func (b *Browser) Open(t testing.TB, url string, view View) *Tab {
	t.Helper()
	ctx, stop := chromedp.NewContext(b.ctx)
	limited, stopClock := context.WithTimeout(ctx, time.Minute)
	t.Cleanup(func() { stopClock(); stop() })
	tab := &Tab{ctx: limited}
	chromedp.ListenTarget(ctx, tab.listen)
	scheme := "light"
	if view.Dark {
		scheme = "dark"
	}
	media := emulation.SetEmulatedMedia()
	if view.Print {
		media = media.WithMedia("print")
	}
	require.NoError(t, chromedp.Run(limited,
		network.Enable(), runtime.Enable(), log.Enable(),
		emulation.SetDeviceMetricsOverride(view.Width, view.Height, 1, view.Width < 700),
		media.WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}),
		emulation.SetScriptExecutionDisabled(view.NoScript),
		chromedp.Navigate(url),
	))
	return tab
}

func (b *Tab) listen(event any) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		b.errors = append(b.errors, e.ExceptionDetails.Error())
	case *runtime.EventConsoleAPICalled:
		b.errors = append(b.errors, fmt.Sprintf("console.%s", e.Type))
	case *log.EventEntryAdded:
		b.errors = append(b.errors, e.Entry.Text)
	case *network.EventRequestWillBeSent:
		b.requests = append(b.requests, e.Request.URL)
	}
}

// Errors are what the page wrote to the console, exceptions and refusals of its policy included.
func (b *Tab) Errors() []string {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return append([]string{}, b.errors...)
}

// Requests are the addresses that the page asked for, its own first.
func (b *Tab) Requests() []string {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return append([]string{}, b.requests...)
}

// Eval evaluates an expression and decodes its value.
func (b *Tab) Eval(t testing.TB, expression string, into any) {
	t.Helper()
	require.NoError(t, chromedp.Run(b.ctx, chromedp.Evaluate(expression, into)), expression)
}

// WaitFor waits until an expression is true, on whatever page the tab then is.
func (b *Tab) WaitFor(t testing.TB, expression string) {
	t.Helper()
	for until := time.Now().Add(15 * time.Second); time.Now().Before(until); time.Sleep(50 * time.Millisecond) {
		var holds bool
		if err := chromedp.Run(b.ctx, chromedp.Evaluate(expression, &holds)); err == nil && holds {
			return
		}
	}
	require.Fail(t, "never became true", expression)
}

// Text evaluates an expression that gives a string.
func (b *Tab) Text(t testing.TB, expression string) string {
	t.Helper()
	var out string
	b.Eval(t, expression, &out)
	return out
}

// Number evaluates an expression that gives a number.
func (b *Tab) Number(t testing.TB, expression string) float64 {
	t.Helper()
	var out float64
	b.Eval(t, expression, &out)
	return out
}

// Click clicks on the element that a selector finds.
func (b *Tab) Click(t testing.TB, selector string) {
	t.Helper()
	require.NoError(t, chromedp.Run(b.ctx, chromedp.Click(selector, chromedp.ByQuery)), selector)
}

// Press focuses an element and presses a key.
func (b *Tab) Press(t testing.TB, selector, key string) {
	t.Helper()
	require.NoError(t, chromedp.Run(b.ctx, chromedp.Focus(selector, chromedp.ByQuery), chromedp.KeyEvent(key)), selector)
}

// Type writes into a field.
func (b *Tab) Type(t testing.TB, selector, text string) {
	t.Helper()
	require.NoError(t, chromedp.Run(b.ctx, chromedp.SendKeys(selector, text, chromedp.ByQuery)), selector)
}

// Node is an element as a screen reader gets it.
type Node struct{ Role, Name string }

// Accessible lists what a screen reader gets, without what is ignored.
func (b *Tab) Accessible(t testing.TB) []Node {
	t.Helper()
	var nodes []Node
	require.NoError(t, chromedp.Run(b.ctx, chromedp.ActionFunc(func(ctx context.Context) error {
		tree, err := accessibility.GetFullAXTree().Do(ctx)
		for _, n := range tree {
			if !n.Ignored && n.Role != nil && n.Name != nil {
				nodes = append(nodes, Node{unquoted(n.Role.Value), unquoted(n.Name.Value)})
			}
		}
		return err
	})))
	return nodes
}

func unquoted[T ~[]byte](raw T) string { return strings.Trim(string(raw), `"`) }

// Screenshot writes the whole page as a picture into the folder that MICROSPEND_SHOTS names, to be looked at. Where it
// names none, it is of what is in view, which is ten times as fast. The picture is returned in any case.
func (b *Tab) Screenshot(t testing.TB, name string) []byte {
	t.Helper()
	var picture []byte
	var err error
	shoot := chromedp.CaptureScreenshot(&picture)
	if shotsFolder() != "" {
		shoot = chromedp.FullScreenshot(&picture, 100)
	}
	for range 4 { // on a busy machine Chromium now and then waits for a frame that does not come
		ctx, stop := context.WithTimeout(b.ctx, 10*time.Second)
		err = chromedp.Run(ctx, page.BringToFront(), shoot)
		stop()
		if err == nil {
			break
		}
	}
	require.NoError(t, err)
	save(t, name+".png", picture)
	return picture
}

// PDF prints the page.
func (b *Tab) PDF(t testing.TB, name string) []byte {
	t.Helper()
	var text []byte
	require.NoError(t, chromedp.Run(b.ctx, chromedp.ActionFunc(func(ctx context.Context) (err error) {
		text, _, err = page.PrintToPDF().WithPreferCSSPageSize(true).WithPrintBackground(true).Do(ctx)
		return err
	})))
	save(t, name+".pdf", text)
	return text
}

func save(t testing.TB, name string, content []byte) {
	t.Helper()
	if folder := shotsFolder(); folder != "" {
		require.NoError(t, os.WriteFile(folder+"/"+name, content, 0o644))
	}
}

func shotsFolder() string { return os.Getenv("MICROSPEND_SHOTS") }
