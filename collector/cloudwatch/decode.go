package cloudwatch

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"math"
	"net/http"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// usualForm is the SDK's protocol with a shorter way for the one reply that is large: GetMetricData in the form in which AWS
// writes it, as recorded in the SDK's module. That is read several times as fast, and leaves a fifth of the garbage, as
// the lists are made as long as they will be. A reply that differs in anything, were it an order of bytes that means the same, goes the SDK's own way.
type usualForm struct {
	smithyhttp.ClientProtocol
	buffers *sync.Pool // of *bytes.Buffer
}

func newUsualForm(of smithyhttp.ClientProtocol) usualForm {
	return usualForm{of, &sync.Pool{New: func() any { return new(bytes.Buffer) }}}
}

// DeserializeResponse implements smithyhttp.ClientProtocol.
func (u usualForm) DeserializeResponse(
	ctx context.Context, schema *smithy.OperationSchema, known *smithy.TypeRegistry, reply *smithyhttp.Response, into smithy.Deserializable,
) error {
	out, ok := into.(*cloudwatch.GetMetricDataOutput)
	if !ok || reply.StatusCode != http.StatusOK {
		return u.ClientProtocol.DeserializeResponse(ctx, schema, known, reply, into)
	}
	buffer := u.buffers.Get().(*bytes.Buffer)
	defer u.buffers.Put(buffer)
	buffer.Reset()
	if _, err := buffer.ReadFrom(reply.Body); err != nil {
		return &smithy.DeserializationError{Err: err}
	}
	r := usualReader{rest: buffer.Bytes()}
	results, next := r.reply()
	if !r.unusual && len(r.rest) == 0 {
		out.MetricDataResults, out.NextToken = results, next
		return nil
	}
	reply.Body = struct {
		io.Reader
		io.Closer
	}{bytes.NewReader(buffer.Bytes()), reply.Body}
	return u.ClientProtocol.DeserializeResponse(ctx, schema, known, reply, into)
}

// usualReader reads the usual form. What it does not know makes it unusual; what it returns from then on means nothing.
type usualReader struct {
	rest    []byte
	unusual bool
}

// The bytes of CBOR that the usual form has: maps and lists without a length, their end, a tag of seconds since 1970, a
// 64-bit float.
const (
	cborMap   = 0xbf
	cborList  = 0x9f
	cborEnd   = 0xff
	cborEpoch = 0xc1
	cborFloat = 0xfb

	floatBytes  = 9
	momentBytes = 1 + floatBytes
)

// next takes a byte where it is the one.
func (r *usualReader) next(b byte) bool {
	if len(r.rest) > 0 && r.rest[0] == b {
		r.rest = r.rest[1:]
		return true
	}
	return false
}

func (r *usualReader) must(b byte) {
	if !r.next(b) {
		r.unusual = true
	}
}

// text takes a text of less than 64 KiB.
func (r *usualReader) text() []byte {
	const major = 3 << 5
	if len(r.rest) == 0 || r.rest[0] < major || r.rest[0] > major|25 {
		r.unusual = true
		return nil
	}
	length, head := int(r.rest[0]&31), 1
	if length >= 24 {
		if head = 2 + length - 24; len(r.rest) < head {
			r.unusual = true
			return nil
		}
		length = int(r.rest[1])
		if head == 3 {
			length = int(binary.BigEndian.Uint16(r.rest[1:]))
		}
	}
	if len(r.rest) < head+length {
		r.unusual = true
		return nil
	}
	text := r.rest[head : head+length]
	r.rest = r.rest[head+length:]
	return text
}

// once takes a text for a member that has none yet.
func (r *usualReader) once(into **string) {
	if *into != nil {
		r.unusual = true
	}
	text := string(r.text())
	*into = &text
}

func (r *usualReader) reply() (results []types.MetricDataResult, next *string) {
	r.must(cborMap)
	for !r.unusual && !r.next(cborEnd) {
		switch name := r.text(); {
		case string(name) == "MetricDataResults" && results == nil:
			results = []types.MetricDataResult{}
			r.must(cborList)
			for !r.unusual && !r.next(cborEnd) {
				results = append(results, r.result())
			}
		case string(name) == "NextToken":
			r.once(&next)
		default:
			r.unusual = true
		}
	}
	return results, next
}

func (r *usualReader) result() (out types.MetricDataResult) {
	var status *string
	r.must(cborMap)
	for !r.unusual && !r.next(cborEnd) {
		switch name := r.text(); {
		case string(name) == "Id":
			r.once(&out.Id)
		case string(name) == "Label":
			r.once(&out.Label)
		case string(name) == "StatusCode":
			r.once(&status)
		case string(name) == "Timestamps" && out.Timestamps == nil:
			out.Timestamps = r.moments()
		case string(name) == "Values" && out.Values == nil:
			out.Values = r.numbers()
		default:
			r.unusual = true
		}
	}
	if status != nil {
		out.StatusCode = types.StatusCode(*status)
	}
	return out
}

// count takes the beginning of a list and says how many items follow that have the same length and begin.
func (r *usualReader) count(begin byte, length int) int {
	r.must(cborList)
	n := 0
	for at := 0; at+length <= len(r.rest) && r.rest[at] == begin; at += length {
		n++
	}
	return n
}

func (r *usualReader) moments() []time.Time {
	out := make([]time.Time, r.count(cborEpoch, momentBytes))
	for i := range out {
		item := r.rest[i*momentBytes:]
		seconds := math.Float64frombits(binary.BigEndian.Uint64(item[2:]))
		whole := int64(seconds)
		if item[1] != cborFloat || float64(whole) != seconds || whole < 0 || whole >= 1<<40 {
			r.unusual = true
			return nil
		}
		out[i] = time.Unix(whole, 0).UTC()
	}
	r.rest = r.rest[len(out)*momentBytes:]
	r.must(cborEnd)
	return out
}

func (r *usualReader) numbers() []float64 {
	out := make([]float64, r.count(cborFloat, floatBytes))
	for i := range out {
		out[i] = math.Float64frombits(binary.BigEndian.Uint64(r.rest[i*floatBytes+1:]))
	}
	r.rest = r.rest[len(out)*floatBytes:]
	r.must(cborEnd)
	return out
}
