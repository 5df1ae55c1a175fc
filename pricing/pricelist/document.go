package pricelist

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// limits bounds what input of unknown origin can cost.
type limits struct {
	input    int64 // bytes of all pages together
	value    int64 // bytes of one value that is held in memory: a product, or the terms of one
	depth    int   // nesting of what is not decoded but skipped
	products int   // MicroVM products that are kept
}

// awsLimits has ample room for AWS's own files: an AWSLambda offer file is about 100 MB with products of 2 kB each,
// six levels deep, and the whole world has a few hundred MicroVM products.
func awsLimits() limits { return limits{input: 1 << 30, value: 1 << 20, depth: 64, products: 10_000} }

// document walks through one JSON text without holding more of it than the value it stands at.
type document struct {
	input  *boundedInput
	json   *json.Decoder
	limits limits
	opened bool // whether the outermost object or array was entered
}

func newDocument(body io.Reader, lim limits, total *int64) *document {
	in := &boundedInput{body: body, limits: lim, total: total}
	d := &document{input: in, json: json.NewDecoder(in), limits: lim}
	d.json.UseNumber()
	in.consumed = d.json.InputOffset
	return d
}

// object walks through the members of an object. Each must read exactly the value of its key.
func (d *document) object(member func(key string) error) error {
	if err := d.open('{'); err != nil {
		return err
	}
	for d.json.More() {
		key, err := d.text()
		if err != nil {
			return err
		}
		if err := member(key); err != nil {
			return err
		}
	}
	_, err := d.token()
	return err
}

// array walks through the elements of an array. Each must read exactly one value.
func (d *document) array(element func(index int) error) error {
	if err := d.open('['); err != nil {
		return err
	}
	for i := 0; d.json.More(); i++ {
		if err := element(i); err != nil {
			return err
		}
	}
	_, err := d.token()
	return err
}

func (d *document) open(delim json.Delim) error {
	token, err := d.token()
	if err != nil {
		return err
	}
	if token != delim {
		return d.malformed("%s where %s should be", describe(token), describe(delim))
	}
	d.opened = true
	return nil
}

// text reads a string. A null is an empty one.
func (d *document) text() (string, error) {
	token, err := d.token()
	if err != nil || token == nil {
		return "", err
	}
	text, ok := token.(string)
	if !ok {
		return "", d.malformed("%s where a string should be", describe(token))
	}
	return text, nil
}

// decode reads one value, of bounded size, into memory.
func (d *document) decode(into any) error {
	start := d.json.InputOffset()
	return d.explain(d.json.Decode(into), start)
}

// skip reads past one value of any size, holding one token of it at a time.
func (d *document) skip() error {
	for depth := 0; ; {
		token, err := d.token()
		if err != nil {
			return err
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
		if depth == 0 {
			return nil
		}
		if depth > d.limits.depth {
			return d.malformed("nested more than %d levels deep", d.limits.depth)
		}
	}
}

// end makes sure that nothing follows the text.
func (d *document) end() error {
	_, err := d.json.Token()
	switch {
	case errors.Is(err, io.EOF):
		return nil
	case d.input.failure != nil:
		return d.input.failure
	}
	return d.malformed("more data after the end of the price list; give each file or page by itself")
}

func (d *document) token() (json.Token, error) {
	token, err := d.json.Token()
	return token, d.explain(err, d.json.InputOffset())
}

// explain puts the place in front of what the decoder reports, whose own offsets leave out what was read as tokens.
func (d *document) explain(err error, offset int64) error {
	switch {
	case err == nil:
		return nil
	case d.input.failure != nil: // it may be that the connection was cut
		return d.input.failure
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return &SyntaxError{d.input.read, "the file ends in the middle of the price list; download it again"}
	}
	return &SyntaxError{offset, plainReason(err)}
}

// plainReason is what encoding/json says, without the words for its states and for Go's types.
func plainReason(err error) string {
	if misfit, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		kind, _, _ := strings.Cut(misfit.Value, " ")
		return kind + " where another kind of value should be"
	}
	if character, ok := strings.CutPrefix(err.Error(), "invalid character "); ok {
		if before, _, more := strings.Cut(character, "' "); more {
			character = before + "'"
		}
		return "unexpected character " + character
	}
	return err.Error()
}

func (d *document) malformed(format string, args ...any) error {
	return &SyntaxError{d.json.InputOffset(), fmt.Sprintf(format, args...)}
}

func describe(token json.Token) string {
	switch t := token.(type) {
	case nil:
		return "null"
	case json.Delim:
		if t == '{' {
			return "an object"
		}
		return "an array"
	case string:
		return "a string"
	case bool:
		return "true or false"
	}
	return "a number"
}

// boundedInput stops reading where a value or the whole input gets larger than any price list is.
type boundedInput struct {
	body     io.Reader
	limits   limits
	consumed func() int64 // bytes that the decoder is done with
	read     int64
	total    *int64  // bytes of all pages
	head     [4]byte // how the file starts, for saying what it is if it isn't JSON
	failure  error   // why reading stopped, other than at the end
}

func (in *boundedInput) Read(p []byte) (int, error) {
	// The decoder asks for more only while it lacks the end of one value, so what it has not consumed is that value.
	if in.read-in.consumed() > in.limits.value {
		in.failure = &SyntaxError{in.consumed(), fmt.Sprintf("a single value of more than %d bytes; no price list has one",
			in.limits.value)}
		return 0, in.failure
	}
	n, err := in.body.Read(p)
	if in.read < int64(len(in.head)) {
		copy(in.head[in.read:], p[:n])
	}
	in.read += int64(n)
	*in.total += int64(n)
	if *in.total > in.limits.input {
		in.failure = fmt.Errorf("more than %d bytes of input; a price list of AWS Lambda has about a tenth of that",
			in.limits.input)
		return 0, in.failure
	}
	if err != nil && !errors.Is(err, io.EOF) {
		in.failure = fmt.Errorf("reading failed after byte %d: %w", in.read, err)
		return n, in.failure
	}
	return n, err
}
