package intern

import (
	"fmt"
	"strings"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
)

func asItIs(field string) string { return field }

func TestEqualFieldsShareOneString(t *testing.T) {
	names := Table[string]{Read: asItIs}
	first := names.Of([]byte("acme"))
	require.Equal(t, "acme", first)
	require.Equal(t, "bravo", names.Of([]byte("bravo")))
	again := names.Of([]byte("acme"))
	require.Equal(t, "acme", again)
	require.Same(t, unsafe.StringData(first), unsafe.StringData(again))
	require.Empty(t, names.Of(nil))
}

func TestAFieldIsReadOnce(t *testing.T) {
	read := 0
	names := Table[string]{Read: func(field string) string {
		read++
		return strings.TrimPrefix(field, "'")
	}}
	for range 3 {
		require.Equal(t, "=acme", names.Of([]byte("'=acme")))
		require.Equal(t, "=acme", names.Of([]byte("=acme")), "a field is not taken for the name of another")
	}
	require.Equal(t, 2, read)
}

func TestMemoryIsBounded(t *testing.T) {
	names := Table[string]{Read: asItIs}
	for i := range maxKnown + 10 {
		name := fmt.Sprint(i)
		require.Equal(t, name, names.Of([]byte(name)))
	}
	require.LessOrEqual(t, len(names.known), maxKnown)
}

func TestFieldsMayComeInAnyOrder(t *testing.T) {
	names := Table[string]{Read: strings.ToUpper}
	for _, field := range strings.Fields("a b c a b c a c b b a c") {
		require.Equal(t, strings.ToUpper(field), names.Of([]byte(field)))
	}
}
