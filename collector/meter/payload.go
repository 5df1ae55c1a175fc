package meter

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/shopspring/decimal"

	"microspend/pricing"
)

// MaxPayload is the longest payload that the service takes with a launch, in characters.
const MaxPayload = 4096

// PayloadForm is how the run hook's payload is read.
type PayloadForm string

// The forms.
const (
	PayloadAuto PayloadForm = "auto" // a JSON object, or else text that is the tenant
	PayloadJSON PayloadForm = "json"
	PayloadText PayloadForm = "text" // the whole payload is the tenant
	PayloadNone PayloadForm = "none" // the payload is not the meter's
)

// payloadFields are what a payload can say, in the order of messages.
var payloadFields = append(
	[]string{"tenant", "proof", "image", "image-version", "role", "memory", "image-size", "state-size"},
	limitFields...)

// limitFields are those that limit what a life may spend.
var limitFields = []string{"budget", "max_running", "max_life"}

// PayloadKeys says under which key of a JSON payload each field is; a dot leads into an object.
type PayloadKeys map[string]string

// DefaultPayloadKeys finds each field under its own name.
func DefaultPayloadKeys() PayloadKeys {
	keys := PayloadKeys{}
	for _, field := range payloadFields {
		keys[field] = field
	}
	return keys
}

// ParsePayloadKeys reads keys such as tenant=customer.id,memory=size, over the default ones. A field without a key,
// as in image=, is not read.
func ParsePayloadKeys(text string) (PayloadKeys, error) {
	keys := DefaultPayloadKeys()
	for pair := range strings.SplitSeq(text, ",") {
		if strings.TrimSpace(pair) == "" {
			continue
		}
		field, key, ok := strings.Cut(pair, "=")
		field, key = strings.TrimSpace(field), strings.TrimSpace(key)
		if !ok || !slices.Contains(payloadFields, field) {
			return nil, fmt.Errorf("%.60q is not a field with its key, such as tenant=customer.id; fields are %s", pair,
				strings.Join(payloadFields, ", "))
		}
		keys[field] = key
	}
	return keys, nil
}

// runBody is the body of the run hook.
type runBody struct {
	MicroVMID string          `json:"microvmId"`
	Payload   json.RawMessage `json:"runHookPayload"`
}

// parseRun reads the run hook's body. The payload is usually a string; a document in its place is taken as it is
// written. What could be read is returned beside an error, too.
func parseRun(body []byte) (microVMID, payload string, err error) {
	var run runBody
	decoder := json.NewDecoder(bytes.NewReader(body))
	if err = decoder.Decode(&run); err == nil && len(bytes.TrimSpace(body[decoder.InputOffset():])) > 0 {
		err = errors.New("it goes on after its end")
	}
	if err != nil {
		err = fmt.Errorf("the run hook's body is not as documented: %w", err)
	}
	if len(run.Payload) > 0 && string(run.Payload) != "null" {
		if json.Unmarshal(run.Payload, &payload) != nil {
			payload = string(run.Payload)
		}
	}
	return run.MicroVMID, payload, err
}

// apply takes over what a payload says. What it cannot be read as is an error; what could be read is taken
// nevertheless.
func (i *Identity) apply(payload string, form PayloadForm, keys PayloadKeys) error {
	payload = strings.TrimSpace(payload)
	if form == PayloadNone || payload == "" {
		return nil
	}
	if n := utf8.RuneCountInString(payload); n > MaxPayload {
		return i.unread(fmt.Errorf("the payload has %d characters, more than the %d that the service takes: not read", n,
			MaxPayload))
	}
	object, isObject := parseObject(payload)
	if form == PayloadText || form == PayloadAuto && !isObject {
		var text string
		if form == PayloadAuto && json.Unmarshal([]byte(payload), &text) == nil {
			payload = text // a JSON string
		} else if form == PayloadAuto && json.Valid([]byte(payload)) && strings.HasPrefix(payload, "[") {
			return i.unread(errors.New("the payload is a JSON array; it names no tenant"))
		} else if form == PayloadAuto && strings.HasPrefix(payload, "{") {
			// It is a name as any other, but somebody may have meant it to limit what is spent.
			_ = i.unread(errors.New("the payload begins like a JSON object and is none"))
		}
		i.name(payload)
		return nil
	}
	if !isObject {
		return i.unread(errors.New("the payload is not a JSON object"))
	}
	return i.applyObject(object, keys)
}

// parseObject reads a JSON object, its numbers as they are written: an id may have more digits than a float.
func parseObject(payload string) (object map[string]any, ok bool) {
	decoder := json.NewDecoder(strings.NewReader(payload))
	decoder.UseNumber()
	if !json.Valid([]byte(payload)) || decoder.Decode(&object) != nil {
		return nil, false
	}
	return object, object != nil
}

func (i *Identity) applyObject(object map[string]any, keys PayloadKeys) error {
	var faults []error
	for _, field := range payloadFields {
		value, found, err := lookUp(object, keys[field])
		if err == nil && found {
			err = i.set(field, value)
		}
		if err != nil {
			err = fmt.Errorf("the payload's %s: %w", keys[field], err)
			if slices.Contains(limitFields, field) {
				err = i.unread(err)
			}
			i.proofFault = i.proofFault || field == "proof"
			faults = append(faults, err)
		}
	}
	return errors.Join(faults...)
}

// unread keeps why limits of a payload may have been missed.
func (i *Identity) unread(err error) error {
	i.Limits.Faults = append(slices.Clip(i.Limits.Faults), err.Error()) // the flags' are shared by all run hooks
	return err
}

func (i *Identity) set(field, value string) (err error) {
	switch field {
	case "tenant":
		i.name(value)
	case "proof":
		err = i.prove(value)
	case "image":
		i.Image = value
	case "image-version":
		i.ImageVersion = value
	case "role":
		i.Role = value
	case "memory":
		var size pricing.Size
		if size, err = pricing.ParseSize(value); err == nil {
			i.Size, i.SizeInferred = size, false
		}
	case "image-size":
		i.ImageBytes, err = parseBytes(value, i.ImageBytes)
	case "state-size":
		i.StateBytes, err = parseBytes(value, i.StateBytes)
	default:
		err = i.Limits.set(field, value)
	}
	return err
}

// lookUp finds a text or number under a key whose dots lead into objects.
func lookUp(object map[string]any, key string) (value string, found bool, err error) {
	if key == "" {
		return "", false, nil
	}
	if whole, ok := object[key]; ok { // a key may have dots of its own
		return scalar(whole)
	}
	for {
		first, rest, more := strings.Cut(key, ".")
		inner, ok := object[first]
		switch {
		case !ok:
			return "", false, nil
		case !more:
			return scalar(inner)
		}
		if object, ok = inner.(map[string]any); !ok {
			return "", false, nil
		}
		key = rest
	}
}

func scalar(value any) (string, bool, error) {
	switch v := value.(type) {
	case nil:
		return "", false, nil
	case string:
		return v, true, nil
	case json.Number:
		return v.String(), true, nil
	default:
		return "", false, fmt.Errorf("%.40q is neither a text nor a number", fmt.Sprint(v))
	}
}

// maxSizeGB bounds the size of an image or of a state: no MicroVM has as much memory and disk together.
const maxSizeGB = 1024

var bytesPerGB = decimal.NewFromInt(1 << 30)

// parseBytes reads a size such as 2GB or 512MiB in whole bytes; what cannot be read leaves it as it was.
func parseBytes(text string, was int64) (int64, error) {
	gb, err := pricing.ParseGB(text)
	if err != nil {
		return was, err
	}
	if gb.GreaterThan(decimal.NewFromInt(maxSizeGB)) {
		return was, fmt.Errorf("%.40s is more than %d GB", text, maxSizeGB)
	}
	return gb.Mul(bytesPerGB).Round(0).IntPart(), nil
}
