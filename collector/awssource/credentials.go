package awssource

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"

	"microspend/collector"
)

// targetCredentials are the credentials of a target, which clients are made with once. Others take their place when the
// files that they come from change.
//
// A failure to get them, which keeps everything of a target from being read, is a [CredentialsError], to tell it from
// the failure of a call.
type targetCredentials struct {
	accounts *Accounts // whom to tell; nil where nobody wants to know

	mu       sync.Mutex
	provider aws.CredentialsProvider
}

// Retrieve implements aws.CredentialsProvider.
func (t *targetCredentials) Retrieve(ctx context.Context) (aws.Credentials, error) {
	if t.accounts != nil {
		t.accounts.look(ctx)
	}
	t.mu.Lock()
	provider := t.provider
	t.mu.Unlock()
	credentials, err := provider.Retrieve(ctx)
	if err != nil {
		err = &CredentialsError{err}
		t.used(err)
	}
	return credentials, err
}

func (t *targetCredentials) replace(provider aws.CredentialsProvider) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.provider = provider
}

// used takes how a call with the credentials ended.
func (t *targetCredentials) used(err error) {
	if t.accounts != nil && EndsTarget(err) {
		t.accounts.refused.Store(true)
	}
}

// gone are the credentials of a target that is no longer one.
type gone collector.Target

func (g gone) Retrieve(context.Context) (aws.Credentials, error) {
	return aws.Credentials{}, fmt.Errorf("the configuration has changed and has no credentials for %s any more",
		collector.Target(g))
}

// lookEvery is how often, at most, the files are looked at while a run goes on.
const lookEvery = 10 * time.Second

// look reads the credentials again, in the middle of a run, where their files have changed. What cannot be read then is
// left to the beginning of the next run, which reports it.
func (a *Accounts) look(ctx context.Context) {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.options.Clock.Time()
	if age := now.Sub(a.looked); age >= 0 && age < lookEvery {
		return
	}
	a.looked = now
	if a.files != filesNow() {
		_ = a.renew(ctx)
	}
}

// files are the state of the files that credentials come from. What else they come from is asked by the SDK whenever
// they run out: the cache of aws sso login, the token of a web identity, a process, a container's or an instance's
// role.
type files [2]file

type file struct {
	modified time.Time
	size     int64
}

func filesNow() (out files) {
	for i, name := range [...]string{
		cmp.Or(os.Getenv("AWS_CONFIG_FILE"), config.DefaultSharedConfigFilename()),
		cmp.Or(os.Getenv("AWS_SHARED_CREDENTIALS_FILE"), config.DefaultSharedCredentialsFilename()),
	} {
		if info, err := os.Stat(name); err == nil {
			out[i] = file{info.ModTime(), info.Size()}
		}
	}
	return out
}
