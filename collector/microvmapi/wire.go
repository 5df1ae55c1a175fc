package microvmapi

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/protocol/restjson"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// epoch is a moment as restJson has it: a number of seconds, with or without a fraction.
type epoch struct{ time.Time }

// UnmarshalJSON reads it exactly; what is finer than a nanosecond is cut off.
func (e *epoch) UnmarshalJSON(text []byte) error {
	if string(text) == "null" {
		return nil
	}
	if len(text) > 40 {
		return errors.New("a time is longer than 40 characters")
	}
	if !bytes.ContainsAny(text[:1], "-0123456789") {
		return fmt.Errorf("%s is not a number of seconds", text)
	}
	if exponent := bytes.IndexAny(text, "eE"); exponent >= 0 { // bounded, so that no huge number is worked out
		if n, err := strconv.Atoi(string(text[exponent+1:])); err != nil || n < -30 || n > 30 {
			return fmt.Errorf("%s is not a number of seconds", text)
		}
	}
	seconds, ok := new(big.Rat).SetString(string(text))
	if !ok {
		return fmt.Errorf("%s is not a number of seconds", text)
	}
	nanos := new(big.Int).Quo(new(big.Int).Mul(seconds.Num(), big.NewInt(1e9)), seconds.Denom())
	if !nanos.IsInt64() {
		return fmt.Errorf("%s seconds are out of range", text)
	}
	e.Time = time.Unix(0, nanos.Int64()).UTC()
	return nil
}

// optional is a member that may be missing, or be something else than it should: then V is zero and Fault says what.
type optional[T any] struct {
	V     T
	Fault string
}

// UnmarshalJSON never fails.
func (o *optional[T]) UnmarshalJSON(text []byte) error {
	*o = optional[T]{}
	if err := json.Unmarshal(text, &o.V); err != nil {
		*o = optional[T]{Fault: bounded(err.Error(), 200)}
	}
	return nil
}

// seconds is a length of time in whole seconds, not below zero.
type seconds int64

// UnmarshalJSON refuses what is not a length of time: more than a century is none.
func (s *seconds) UnmarshalJSON(text []byte) error {
	var n size
	if err := n.UnmarshalJSON(text); err != nil || n > 100*366*secondsInDay {
		return fmt.Errorf("%.40s is not a number of seconds", text)
	}
	*s = seconds(n)
	return nil
}

// decode reads an answer.
func decode[T checked](body []byte) (out T, err error) {
	if err := json.Unmarshal(body, &out); err != nil {
		return out, err
	}
	return out, out.check()
}

// size is a whole number of bytes, not below zero. Some descriptions of the API have it as a float, so 1024.0 is one
// too.
type size int64

// maxSize is 64 TiB, far above what a MicroVM can have.
const maxSize = 64 << 40

// UnmarshalJSON refuses what is not a size.
func (s *size) UnmarshalJSON(text []byte) error {
	if string(text) == "null" {
		return nil
	}
	number := string(text)
	if whole, fraction, found := strings.Cut(number, "."); found && strings.Trim(fraction, "0") == "" {
		number = whole
	}
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n < 0 || n > maxSize {
		return fmt.Errorf("%.40s is not a size in bytes", text)
	}
	*s = size(n)
	return nil
}

// refusal is the error of an answer other than 200, as the SDK's clients have it: the code from the header
// X-Amzn-Errortype, else from the body. Where the service asks for a wait in the body, it is put where the retryer
// looks.
func refusal(response *http.Response, body []byte) error {
	var in struct {
		Code, Message     string
		Type              string `json:"__type"`
		RetryAfterSeconds int
	}
	_ = json.Unmarshal(body, &in) // a proxy may have answered; the status says enough
	code := restjson.SanitizeErrorCode(cmp.Or(response.Header.Get("X-Amzn-Errortype"), in.Type, in.Code))
	if in.RetryAfterSeconds > 0 && response.Header.Get("Retry-After") == "" {
		response.Header.Set("Retry-After", strconv.Itoa(in.RetryAfterSeconds))
	}
	fault := smithy.FaultClient
	if response.StatusCode >= http.StatusInternalServerError {
		fault = smithy.FaultServer
	}
	return &smithyhttp.ResponseError{
		Response: &smithyhttp.Response{Response: response},
		Err: &smithy.GenericAPIError{
			Code:    cmp.Or(code, "UnknownError"),
			Message: cmp.Or(in.Message, http.StatusText(response.StatusCode)), Fault: fault,
		},
	}
}
