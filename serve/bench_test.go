package serve_test

import (
	"io"
	"net/http"
	"testing"

	"microspend/serve"
)

// BenchmarkCachedPage asks for the page over loopback, as a browser does: compressed, on connections that stay open.
func BenchmarkCachedPage(b *testing.B) {
	r := start(b, serve.Options{})
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64, DisableCompression: true}}
	ask := func() (int, error) {
		request, err := http.NewRequest(http.MethodGet, r.base+"/", nil)
		if err != nil {
			return 0, err
		}
		request.Header.Set("Accept-Encoding", "gzip")
		response, err := client.Do(request)
		if err != nil {
			return 0, err
		}
		defer response.Body.Close()
		n, err := io.Copy(io.Discard, response.Body)
		return int(n), err
	}
	if n, err := ask(); err != nil || n < 10_000 {
		b.Fatal(n, err)
	}
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := ask(); err != nil {
				b.Error(err)
				return
			}
		}
	})
}
