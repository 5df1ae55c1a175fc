package outbound

import (
	"fmt"
	"net/http"
	"net/http/httptest"
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
