package bucket

import (
	"errors"
	"fmt"
	"net/url"
	"path"
	"strconv"
	"strings"

	"microspend/internal/lazyregexp"
	"microspend/internal/outbound"
)

// Scheme begins the name of a ledger in a bucket.
const Scheme = "s3"

// Address says where a ledger is. What it does not say the environment does, as for AWS's own tools.
type Address struct {
	Bucket, Prefix string // the prefix has no slash at either end; "" is the whole bucket
	Region         string
	Endpoint       string // of a server other than AWS's
	PathStyle      bool   // the bucket's name goes into the path, not into the host's name
}

// bucketName is what S3 allows, with names of before 2018.
var bucketName = lazyregexp.New(`^[A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9]$`)

// ParseAddress reads s3://bucket/prefix?region=…&endpoint=…&path-style=true. An unknown option is an error, and so are
// credentials: these come from the environment, from files or from the machine alone.
func ParseAddress(name string) (a Address, err error) {
	fault := func(format string, args ...any) (Address, error) {
		return a, fmt.Errorf("the ledger's name should be s3://bucket/prefix: "+format, args...)
	}
	u, err := url.Parse(name)
	if err != nil { // whose text may have credentials in it
		return fault("it cannot be read")
	}
	a.Bucket, a.Prefix = u.Host, strings.Trim(u.Path, "/")
	switch {
	case u.Scheme != Scheme:
		return fault("it begins with %q", u.Scheme+"://")
	case u.User != nil:
		return fault(
			"it must not have credentials in it; give them as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or as a profile",
		)
	case !bucketName.MatchString(a.Bucket):
		return fault("%q cannot be the name of a bucket", a.Bucket)
	case u.Fragment != "" || a.Prefix != "" && path.Clean(a.Prefix) != a.Prefix || strings.HasPrefix(a.Prefix, ".."):
		return fault("%q cannot be a prefix", a.Prefix)
	}
	options, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return fault("its options cannot be read")
	}
	for option, values := range options {
		if len(values) > 1 {
			return fault("%s is given twice", option)
		}
		switch value := values[0]; option {
		case "region":
			a.Region = value
		case "endpoint":
			a.Endpoint = value
			err = checkEndpoint(value)
		case "path-style":
			a.PathStyle, err = strconv.ParseBool(value)
		default:
			return fault("the options are region, endpoint and path-style, not %q", option)
		}
		if err != nil {
			return fault("%s: %v", option, reasonOf(err))
		}
	}
	return a, nil
}

func reasonOf(err error) error {
	if errors.Is(err, strconv.ErrSyntax) {
		return errors.New("should be true or false")
	}
	return err
}

func checkEndpoint(endpoint string) error {
	u, err := url.Parse(endpoint)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		return errors.New("should be like https://s3.example.com")
	case u.User != nil:
		return errors.New("must not have credentials in it")
	}
	return outbound.Encrypted(u)
}

// String is the address without its options, none of which are secret but some of which are long.
func (a Address) String() string {
	if a.Prefix == "" {
		return Scheme + "://" + a.Bucket
	}
	return Scheme + "://" + a.Bucket + "/" + a.Prefix
}

// url is where programs find an object.
func (a Address) url(key string) string { return Scheme + "://" + a.Bucket + "/" + key }

// key is what an object of the ledger is called in the bucket.
func (a Address) key(name string) string {
	if a.Prefix == "" {
		return name
	}
	return a.Prefix + "/" + name
}
