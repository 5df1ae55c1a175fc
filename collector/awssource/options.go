package awssource

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"microspend/internal/arn"
	"microspend/internal/lazyregexp"
	"microspend/internal/outbound"
	"microspend/pricing"
)

// Options are what the user asked for beyond what AWS's own configuration says. Only Rate is required.
type Options struct {
	Profile     string   // of ~/.aws/config; "" means AWS_PROFILE, else default
	Regions     []string // "" or none means the one that the profile or the environment names
	Roles       []Role   // one per account; none means the account that the credentials are of
	EndpointURL string   // of the service that is read, in place of AWS's own; "{region}" in it stands for the region

	Quota   Quota // of each account and region
	Rate    Rate
	Retry   Retry
	Timeout time.Duration // of one try of a call, to the last byte of its reply; 0 means [DefaultTimeout]
	Clock   Clock
	// asks for the code of an MFA device that a profile names; nil means there is no one to ask
	Token func() (string, error)
}

// DefaultTimeout is how long one try of a call may take, where nothing else is configured. FilterLogEvents searches for
// up to half a minute before it answers with what it has.
const DefaultTimeout = time.Minute

// Role is an IAM role to be assumed in an account.
type Role struct {
	ARN         string
	ExternalID  string // that the role's trust policy asks for; "" where it asks for none
	SessionName string // as CloudTrail shows it; "" means microspend
}

var (
	accountID   = lazyregexp.New(`^[0-9]{12}$`)
	roleName    = lazyregexp.New(`^role/[\w+=,.@/-]{1,576}$`)
	sessionName = lazyregexp.New(`^[\w+=,.@-]{2,64}$`)
	externalID  = lazyregexp.New(`^[\w+=,.@:/-]{2,}$`)
)

// Account is the id of the account that the role is in, of whichever partition; "" where the ARN is not that of a role.
func (r Role) Account() string {
	role, ok := arn.Parse(r.ARN)
	if !ok || role.Service != "iam" || role.Region != "" || !accountID.MatchString(role.Account) ||
		!roleName.MatchString(role.Resource) {
		return ""
	}
	return role.Account
}

// checkARN reports an ARN that is not that of a role.
func (r Role) checkARN() error {
	if r.Account() == "" {
		return fmt.Errorf("%.200q is not the ARN of a role such as arn:aws:iam::123456789012:role/microspend", r.ARN)
	}
	return nil
}

func checkRegion(region string) error {
	if !pricing.IsRegionName(region) {
		return errors.New(pricing.NotARegion(region))
	}
	return nil
}

func (r Role) session() string { return cmp.Or(r.SessionName, "microspend") }

// Check returns everything that is wrong with the options: a role's ARN, external id, session name or region of a
// form that AWS does not have, an account or region that would be collected twice, an endpoint that is no URL.
func (o Options) Check() error {
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	regions := map[string]bool{}
	for _, region := range o.Regions {
		switch err := checkRegion(region); {
		case err != nil:
			faults = append(faults, err)
		case regions[region]:
			fault("region %s is given twice", region)
		}
		regions[region] = true
	}
	accounts := map[string]string{}
	for _, role := range o.Roles {
		account := role.Account()
		switch {
		case account == "":
			faults = append(faults, role.checkARN())
			continue
		case accounts[account] != "":
			fault("the roles %s and %s are of one account, whose usage would be collected twice", accounts[account], role.ARN)
		}
		accounts[account] = role.ARN
		if role.ExternalID != "" && (!externalID.MatchString(role.ExternalID) || len(role.ExternalID) > 1224) {
			fault("the external id of %s is not 2 to 1224 letters, digits and +=,.@:/-", role.ARN)
		}
		if !sessionName.MatchString(role.session()) {
			fault("%.80q is not a session name: 2 to 64 letters, digits and +=,.@-", role.SessionName)
		}
	}
	if o.EndpointURL != "" {
		if err := checkEndpoint(o.EndpointURL); err != nil {
			faults = append(faults, err)
		}
	}
	return errors.Join(faults...)
}

const regionPlaceholder = "{region}"

func checkEndpoint(text string) error {
	u, err := url.Parse(endpointOf(text, "us-east-1"))
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		return fmt.Errorf("%.200q is not an endpoint; one is written like http://127.0.0.1:4566", text)
	case u.RawQuery != "" || u.Fragment != "" || u.User != nil:
		return fmt.Errorf("endpoint %.200q has more than a scheme, a host and a path", text)
	}
	if err := outbound.Encrypted(u); err != nil {
		return fmt.Errorf("endpoint %.200q: %w", text, err)
	}
	return nil
}

func endpointOf(text, region string) string {
	return strings.ReplaceAll(text, regionPlaceholder, region)
}

// ofAWS reports whether an endpoint is AWS's, such as a VPC endpoint. Any other stands in for all of AWS: a local
// emulator.
func ofAWS(endpoint string) bool {
	u, err := url.Parse(endpoint)
	if err != nil {
		return false
	}
	return slices.ContainsFunc(arn.Partitions(), func(p arn.Partition) bool {
		return strings.HasSuffix(u.Hostname(), "."+p.DNSSuffix) || strings.HasSuffix(u.Hostname(), "."+p.DualStack)
	})
}
