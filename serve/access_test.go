package serve_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"microspend/internal/webserver"
	"microspend/ledger/parquet"
	"microspend/serve"
)

func TestOnlyReads(t *testing.T) {
	r := start(t, serve.Options{})
	for _, method := range []string{
		http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodOptions, "TRACE",
		"BREW",
	} {
		request, err := http.NewRequestWithContext(t.Context(), method, r.base+"/", nil)
		require.NoError(t, err)
		response, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		require.Equal(t, http.StatusMethodNotAllowed, response.StatusCode, method)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.base+"/", strings.NewReader("a body"))
	require.NoError(t, err)
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, http.StatusRequestEntityTooLarge, response.StatusCode)
}

func TestHosts(t *testing.T) {
	r := start(t, serve.Options{Hosts: []string{"Spend.example.com"}})
	for host, want := range map[string]int{
		"localhost": 200, "localhost:1234": 200, "LOCALHOST.": 200, "127.0.0.1": 200, "[::1]:80": 200, "[::1]": 200,
		"spend.example.com": 200, "evil.example.com": 421, "127.0.0.1.evil.com": 421, "localhost.evil.com:8480": 421,
		"169.254.1.1": 421,
	} {
		status, _, _ := r.get(t, "/", "Host", host)
		require.Equal(t, want, status, host)
	}
}

func TestToken(t *testing.T) {
	r := start(t, serve.Options{Token: token})
	for name, header := range map[string][]string{
		"none": nil, "wrong": {"Authorization", "Bearer " + token + "x"}, "empty": {"Authorization", "Bearer "},
		"prefix": {"Authorization", "Bearer " + token[:10]},
		"basic":  {"Authorization", "Basic " + token}, "cookie": {"Cookie", "microspend=" + token},
		"another cookie": {"Cookie", "microspend="},
	} {
		for _, path := range []string{"/", "/metrics", "/api/v1/spend", "/nowhere", "/favicon.ico"} {
			status, answer, body := r.get(t, path, header...)
			require.Equal(t, http.StatusUnauthorized, status, "%s %s", name, path)
			require.Contains(t, answer.Get("WWW-Authenticate"), "Bearer")
			require.NotContains(t, body, "$")
		}
	}
	for _, path := range []string{"/healthz", "/readyz"} {
		status, _, _ := r.get(t, path)
		require.Equal(t, http.StatusOK, status, "whatever keeps it running has no token")
	}
	for _, scheme := range []string{"Bearer ", "bearer ", "BEARER  "} {
		status, _, _ := r.get(t, "/", "Authorization", scheme+token)
		require.Equal(t, http.StatusOK, status, scheme)
	}
	status, _, _ := r.get(t, "/", "Authorization", "Bearer "+token, "Host", "anything.example.com")
	require.Equal(t, http.StatusOK, status, "with a token any name will do")

	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	client := &http.Client{Jar: jar}
	response, err := client.Get(r.base + "/?tenant=cinder&token=" + token)
	require.NoError(t, err)
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Contains(t, string(body), "<h1>cinder</h1>")
	require.Equal(t, "tenant=cinder", response.Request.URL.RawQuery, "the token is gone from the address")
	base, err := url.Parse(r.base)
	require.NoError(t, err)
	cookies := jar.Cookies(base)
	require.Len(t, cookies, 1)
	require.NotContains(t, cookies[0].Value, token)
	response, err = client.Get(r.base + "/metrics")
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, http.StatusOK, response.StatusCode, "the cookie is enough")

	_, header, _ := r.get(t, "//evil.example.com/?token="+token)
	require.True(t, strings.HasPrefix(header.Get("Location"), "/evil.example.com"), "no way to another host: %s",
		header.Get("Location"))
	status, _, _ = r.get(t, "/?token=wrong")
	require.Equal(t, http.StatusUnauthorized, status)
}

func TestTokensThatWillNotDo(t *testing.T) {
	for _, bad := range []string{
		"short", "with a blank in the middle", "caf\u00e9caf\u00e9caf\u00e9caf\u00e9",
		"line\nbreak-line-break",
	} {
		require.Error(t, webserver.CheckToken(bad), bad)
		_, err := serve.New(t.Context(), serve.Options{Token: bad})
		require.Error(t, err)
	}
	require.NoError(t, webserver.CheckToken(token))
}

func TestElsewhereNeedsAToken(t *testing.T) {
	in, err := demo()
	require.NoError(t, err)
	source := in.Source
	server, err := serve.New(t.Context(), serve.Options{Load: func(context.Context) (serve.Inputs, error) {
		return serve.Inputs{Source: source, Ledger: source.Usage.(*parquet.Ledger)}, nil
	}})
	require.NoError(t, err)
	listener, err := net.Listen("tcp", "0.0.0.0:0")
	require.NoError(t, err)
	require.ErrorContains(t, server.Serve(t.Context(), listener), "requires a token")
}
