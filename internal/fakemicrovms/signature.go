package fakemicrovms

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// verify checks a request's signature as AWS documents it (AWS Signature Version 4, IAM User Guide), without the
// SDK's help.
func verify(r *http.Request, body []byte, options Options, now time.Time) error {
	if options.Keys == nil {
		return nil
	}
	forbidden := func(code, format string, args ...any) error {
		return &failure{status: http.StatusForbidden, code: code, message: fmt.Sprintf(format, args...)}
	}
	fields, found := strings.CutPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 ")
	if !found {
		return forbidden("MissingAuthenticationTokenException", "Missing Authentication Token")
	}
	parts := map[string]string{}
	for _, field := range strings.Split(fields, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(field), "=")
		parts[name] = value
	}
	scope := strings.Split(parts["Credential"], "/")
	if len(scope) != 5 || scope[3] != "lambda" || scope[4] != "aws4_request" || options.Region != "" &&
		scope[2] != options.Region {
		return forbidden("InvalidSignatureException", "Credential should be scoped to a valid region and service lambda, "+
			"not %v", scope)
	}
	secret, known := options.Keys[scope[0]]
	if !known {
		return forbidden("UnrecognizedClientException", "The security token included in the request is invalid.")
	}
	at, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
	if err != nil || at.Format("20060102") != scope[1] {
		return forbidden("InvalidSignatureException", "X-Amz-Date does not go with the scope's date")
	}
	if skew := now.Sub(at).Abs(); skew > 15*time.Minute {
		return forbidden("InvalidSignatureException", "Signature expired: the clocks differ by %v", skew)
	}
	signed := strings.Split(parts["SignedHeaders"], ";")
	for _, required := range []string{"host", "x-amz-date"} {
		if !slices.Contains(signed, required) {
			return forbidden("InvalidSignatureException", "%s is not signed", required)
		}
	}
	payload := sha256.Sum256(body)
	want := signature(secret, scope[1], scope[2], scope[3], r.Header.Get("X-Amz-Date"), canonical(r, signed,
		hex.EncodeToString(payload[:])))
	if !hmac.Equal([]byte(want), []byte(parts["Signature"])) {
		return forbidden("InvalidSignatureException", "The request signature we calculated does not match the signature "+
			"you provided.")
	}
	return nil
}

// canonical is the canonical request. The path is escaped twice, as for every service but S3.
func canonical(r *http.Request, signed []string, payload string) string {
	var segments []string
	for _, segment := range strings.Split(r.URL.EscapedPath(), "/") {
		segments = append(segments, escape(segment))
	}
	var query []string
	for name, values := range r.URL.Query() {
		for _, value := range values {
			query = append(query, escape(name)+"="+escape(value))
		}
	}
	slices.Sort(query)
	var headers strings.Builder
	for _, name := range signed {
		value := strings.Join(r.Header.Values(name), ",")
		if name == "host" {
			value = r.Host
		}
		headers.WriteString(name + ":" + strings.Join(strings.Fields(value), " ") + "\n")
	}
	path := strings.Join(segments, "/")
	if path == "" {
		path = "/"
	}
	return strings.Join([]string{
		r.Method, path, strings.Join(query, "&"), headers.String(), strings.Join(signed, ";"),
		payload,
	}, "\n")
}

func escape(text string) string {
	return strings.ReplaceAll(strings.ReplaceAll(url.QueryEscape(text), "+", "%20"), "%7E", "~")
}

func signature(secret, date, region, service, at, canonical string) string {
	sum := sha256.Sum256([]byte(canonical))
	text := strings.Join([]string{
		"AWS4-HMAC-SHA256", at, strings.Join([]string{date, region, service, "aws4_request"}, "/"),
		hex.EncodeToString(sum[:]),
	}, "\n")
	key := []byte("AWS4" + secret)
	for _, part := range []string{date, region, service, "aws4_request", text} {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(part))
		key = mac.Sum(nil)
	}
	return hex.EncodeToString(key)
}
