package main

import (
	"bufio"
	"io"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// giveProgramBack unmaps the pages of the program itself that starting and reading touched and looking at a screen does not.
// What is needed again comes back from the page cache. Parts that can be written to, or were when the program was linked,
// are left alone: they would be lost.
func giveProgramBack() {
	path, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return
	}
	maps, err := os.Open("/proc/self/smaps")
	if err != nil {
		return
	}
	defer maps.Close()
	for _, part := range unchangedParts(maps, path) {
		_, _, _ = syscall.Syscall(syscall.SYS_MADVISE, part.from, part.to-part.from, syscall.MADV_DONTNEED)
	}
}

// mappedPart is a stretch of addresses.
type mappedPart struct{ from, to uintptr }

// unchangedParts are the mappings of a file that are read-only and the same as the file.
func unchangedParts(smaps io.Reader, path string) []mappedPart {
	var parts []mappedPart
	var part mappedPart
	ours := false
	lines := bufio.NewScanner(smaps)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		switch {
		case len(fields) == 6 && len(fields[1]) == 4: // address, permissions, offset, device, inode, path
			ours = fields[5] == path && fields[1][1] == '-' && fields[1][3] == 'p'
			if ours {
				from, to, _ := strings.Cut(fields[0], "-")
				first, err := strconv.ParseUint(from, 16, strconv.IntSize)
				last, err2 := strconv.ParseUint(to, 16, strconv.IntSize)
				part, ours = mappedPart{uintptr(first), uintptr(last)}, err == nil && err2 == nil
			}
		case ours && len(fields) == 3 && fields[0] == "Anonymous:":
			if fields[1] == "0" {
				parts = append(parts, part)
			}
			ours = false
		case len(fields) == 0 || !strings.HasSuffix(fields[0], ":"):
			ours = false
		}
	}
	return parts
}
