package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestUnchangedPartsAreReadOnlyAndTheSameAsTheFile(t *testing.T) {
	smaps := `00400000-01200000 r-xp 00000000 fd:00 42                         /bin/microspend
Size:              14336 kB
Anonymous:             0 kB
VmFlags: rd ex mr
01200000-01300000 r--p 00e00000 fd:00 42                         /bin/microspend
Anonymous:             4 kB
01300000-01400000 r--p 00f00000 fd:00 42                         /bin/microspend
Anonymous:             0 kB
01400000-01500000 rw-p 01000000 fd:00 42                         /bin/microspend
Anonymous:             0 kB
c000000000-c000400000 rw-p 00000000 00:00 0 
Anonymous:             0 kB
7f0000000000-7f0000100000 r-xp 00000000 fd:00 7                  /lib/libc.so.6
Anonymous:             0 kB
`
	require.Equal(t, []mappedPart{{0x400000, 0x1200000}, {0x1300000, 0x1400000}}, unchangedParts(strings.NewReader(smaps), "/bin/microspend"))
	require.Empty(t, unchangedParts(strings.NewReader("\nnothing of the kind\n"), "/bin/microspend"))
	giveProgramBack()
	require.NotPanics(t, giveProgramBack, "what was given back is there again")
}
