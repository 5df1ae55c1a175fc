package tenantproof

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"microspend/internal/emf"
	"microspend/internal/secretfile"
	"microspend/usage"
)

const (
	// MinKeyBytes is the shortest key: 128 bits, below which a key could be guessed from a payload and its proof.
	MinKeyBytes = 16
	// MaxKeyBytes is the longest key. What is longer is some other file.
	MaxKeyBytes = 4096

	newKeyBytes = 32
)

// Key is a secret that proves tenants. The zero value is none. It never prints what it is.
type Key struct{ secret string }

// ParseKey takes the content of a key's file: its bytes as they are, but for one line break at the end, which editors
// and echo add.
func ParseKey(content []byte) (Key, error) {
	secret := strings.TrimSuffix(strings.TrimSuffix(string(content), "\n"), "\r")
	switch {
	case len(secret) < MinKeyBytes:
		return Key{}, fmt.Errorf("the key has %d bytes; it must have at least %d", len(secret), MinKeyBytes)
	case len(secret) > MaxKeyBytes:
		return Key{}, fmt.Errorf("the key has more than %d bytes", MaxKeyBytes)
	}
	return Key{secret}, nil
}

// ReadKey reads a key's file, which nobody but its user may read. Errors never have anything of the content.
func ReadKey(path string) (Key, error) {
	content, err := secretfile.Bytes(path, MaxKeyBytes+2) // and a line break
	if err != nil {
		return Key{}, err
	}
	key, err := ParseKey(content)
	if err != nil {
		return Key{}, fmt.Errorf("%s: %w", path, err)
	}
	return key, nil
}

// NewKey returns the content of a new key's file: 256 random bits as hexadecimal digits, and a line break.
func NewKey() []byte {
	secret := make([]byte, newKeyBytes)
	_, _ = rand.Read(secret) // it never fails; see there
	return append(hex.AppendEncode(nil, secret), '\n')
}

// String hides the key from logs and messages.
func (Key) String() string { return "(key)" }

// GoString is the same for %#v.
func (Key) GoString() string { return "(key)" }

func (k Key) sum(tenant string) []byte {
	mac := hmac.New(sha256.New, []byte(k.secret))
	mac.Write([]byte(tenant))
	return mac.Sum(nil)
}

// Proof is the HMAC-SHA256 of a tenant's name in UTF-8 under the key, as 64 lower-case hexadecimal digits.
func (k Key) Proof(tenant string) string { return hex.EncodeToString(k.sum(tenant)) }

// Proves reports whether a proof is that of a tenant, in a time that does not depend on the proof's content.
func (k Key) Proves(tenant, proof string) bool {
	sum, err := hex.DecodeString(proof)
	return err == nil && k != Key{} && hmac.Equal(sum, k.sum(tenant))
}

// Payload is what the control plane passes to a MicroVM with the run hook.
type Payload struct {
	Tenant string `json:"tenant"`
	Proof  string `json:"proof"`
}

// Payload is that of a tenant whose name [CheckTenant] takes.
func (k Key) Payload(tenant string) (Payload, error) {
	return Payload{tenant, k.Proof(tenant)}, CheckTenant(tenant)
}

// CheckTenant refuses a name that would not come out of the meter's line as it went in, so that its proof would never
// hold, and names that stand for usage that is nobody's.
func CheckTenant(name string) error {
	line, _ := emf.Name(name)
	switch {
	case name == "":
		return errors.New("the tenant's name is empty")
	case !utf8.ValidString(name):
		return errors.New("the tenant's name is not valid UTF-8")
	case strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsGraphic(r) }):
		return fmt.Errorf("the tenant's name %.60q has control or invisible characters", name)
	case strings.TrimSpace(name) != name:
		return fmt.Errorf("the tenant's name %.60q begins or ends with a blank", name)
	case name == emf.NoTenant || usage.IsUnverified(name):
		return fmt.Errorf("%.60q stands for usage that is nobody's and cannot be a tenant", name)
	case emf.Decoded(line) == name:
		return nil
	case line == name:
		return fmt.Errorf("the tenant's name %.60q stands for %.60q in the meter's lines and cannot be told from it", name,
			emf.Decoded(line))
	default:
		return fmt.Errorf("the tenant's name %.60q is too long: the meter's lines have room for %d characters, and three for "+
			"each byte that is not ASCII", name, emf.MaxName)
	}
}
