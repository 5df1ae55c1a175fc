package outbound

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// redirecting answers with a redirect to another server, which counts what reaches it.
func redirecting(t *testing.T, status int) (url string, reached *atomic.Int32) {
	reached = new(atomic.Int32)
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Add(1) }))
	t.Cleanup(other.Close)
	first := httptest.NewServer(http.RedirectHandler(other.URL+"/elsewhere", status))
	t.Cleanup(first.Close)
	return first.URL, reached
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	for _, status := range []int{301, 302, 303, 307, 308} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			url, reached := redirecting(t, status)

			answer, err := Client(nil, time.Minute).Get(url)
			require.NoError(t, err)
			defer answer.Body.Close()
			assert.Equal(t, status, answer.StatusCode)

			sdk := awshttp.NewBuildableClient().WithTransportOptions(func(o *http.Transport) {
				o.Proxy = Proxy(http.ProxyFromEnvironment)
			})
			request, err := http.NewRequest(http.MethodPost, url, nil)
			require.NoError(t, err)
			request.Header.Set("X-Amz-Security-Token", "secret")
			answer, err = sdk.Do(request)
			if err == nil {
				defer answer.Body.Close()
				assert.Equal(t, status, answer.StatusCode)
			} else {
				var refused *RedirectError
				require.ErrorAs(t, err, &refused)
			}
			assert.Zero(t, reached.Load(), "the other server is asked")
		})
	}
}

// TestCredentialsNeedEncryption: over plain HTTP they go to this machine and to AWS's agents alone.
func TestCredentialsNeedEncryption(t *testing.T) {
	for text, allowed := range map[string]bool{
		"https://monitoring.eu-west-1.amazonaws.com": true, "https://10.0.0.1": true,
		"http://127.0.0.1:4566": true, "http://127.8.8.8": true, "http://[::1]:4566": true, "http://localhost:4566": true,
		"http://[::ffff:127.0.0.1]": true,
		"http://169.254.170.2/v2":   true, "http://169.254.170.23/v1": true, "http://[fd00:ec2::23]/v1": true,
		"http://169.254.169.254/latest": true,
		"http://10.0.0.1":               false, "http://monitoring.eu-west-1.amazonaws.com": false, "http://localstack:4566": false,
		"http://localhost.example.com": false, "http://127.0.0.1.example.com": false, "http://169.254.170.3": false,
		"http://0.0.0.0": false, "http://": false, "//host": false, "HTTP://10.0.0.1": false,
	} {
		parsed, err := url.Parse(text)
		require.NoError(t, err)
		err = Encrypted(parsed)
		assert.Equal(t, allowed, err == nil, text)
		_, proxied := Proxy(http.ProxyFromEnvironment)(&http.Request{URL: parsed})
		assert.Equal(t, err, proxied, "whatever names the endpoint: an environment variable or a profile, say")
	}
}
