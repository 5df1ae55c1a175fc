package bucket

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParseAddress(t *testing.T) {
	for _, test := range []struct {
		name, reason string
		want         Address
		fault        string
	}{
		{"s3://usage", "the whole bucket", Address{Bucket: "usage"}, ""},
		{"s3://usage/", "a slash says nothing", Address{Bucket: "usage"}, ""},
		{"s3://usage/a/b/", "a prefix has no slash at its ends", Address{Bucket: "usage", Prefix: "a/b"}, ""},
		{
			"s3://u/x?region=eu-west-1&endpoint=https://s3.example.com&path-style=true", "names of buckets have three letters",
			Address{},
			`"u" cannot be the name of a bucket`,
		},
		{
			"s3://usage/x?region=eu-west-1&endpoint=https://s3.example.com&path-style=true", "all options",
			Address{Bucket: "usage", Prefix: "x", Region: "eu-west-1", Endpoint: "https://s3.example.com", PathStyle: true},
			"",
		},
		{"s3://usage?endpoint=http://127.0.0.1:9000", "this machine may be asked in the clear", Address{Bucket: "usage", Endpoint: "http://127.0.0.1:9000"}, ""},
		{"s3://usage?endpoint=http://s3.example.com", "others may not", Address{}, "credentials are not sent over plain http"},
		{"s3://key:verysecret@usage/x", "a process list shows it", Address{}, "must not have credentials in it"},
		{"s3://usage?endpoint=https://key:verysecret@s3.example.com", "here, too", Address{}, "must not have credentials in it"},
		{"s3://usage/%zz:verysecret", "what cannot be read is not repeated", Address{}, "it cannot be read"},
		{"s3://usage?secret=verysecret", "an unknown option", Address{}, `not "secret"`},
		{"s3://usage?region=a&region=b", "which of the two", Address{}, "region is given twice"},
		{"s3://usage?path-style=perhaps", "yes or no", Address{}, "path-style: should be true or false"},
		{"s3://usage/a/../b", "keys are not paths", Address{}, `"a/../b" cannot be a prefix`},
		{"s3://", "no bucket", Address{}, `"" cannot be the name of a bucket`},
	} {
		got, err := ParseAddress(test.name)
		if test.fault != "" {
			require.ErrorContains(t, err, test.fault, "%s: %s", test.name, test.reason)
			require.NotContains(t, err.Error(), "verysecret")
			continue
		}
		require.NoError(t, err, "%s: %s", test.name, test.reason)
		require.Equal(t, test.want, got, "%s: %s", test.name, test.reason)
	}
	require.Equal(t, "s3://usage/x", Address{Bucket: "usage", Prefix: "x", Endpoint: "https://s3.example.com"}.String())
}
