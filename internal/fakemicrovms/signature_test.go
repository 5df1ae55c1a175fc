package fakemicrovms

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestThePublishedSignatures holds the verifier against AWS's own test suite of Signature Version 4 (get-vanilla and
// get-vanilla-query-order-key-case), and so against something other than the signer that it is to check.
func TestThePublishedSignatures(t *testing.T) {
	const empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	for url, want := range map[string]string{
		"https://example.amazonaws.com/":                             "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
		"https://example.amazonaws.com/?Param2=value2&Param1=value1": "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
	} {
		r, err := http.NewRequest(http.MethodGet, url, nil)
		require.NoError(t, err)
		r.Header.Set("X-Amz-Date", "20150830T123600Z")
		text := canonical(r, []string{"host", "x-amz-date"}, empty)
		got := signature("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "20150830", "us-east-1", "service", "20150830T123600Z",
			text)
		require.Equal(t, want, got, url)
	}
}
