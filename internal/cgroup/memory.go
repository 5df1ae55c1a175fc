// Package cgroup reads how much memory the control group of this process may take, as a container's limit is one.
package cgroup

import (
	"math"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
)

// MemoryLimit is the smallest limit of the groups that the process is in, in bytes: of cgroup version 2 or 1, below a
// root folder that is "/" outside of tests. Without a limit, or where there are no control groups, ok is false.
//
// A group is as limited as the groups around it, so all of them are looked at that can be seen. In a container that
// sees only its own group, that is the root of the hierarchy.
func MemoryLimit(root string) (bytes int64, ok bool) {
	least := int64(math.MaxInt64)
	look := func(hierarchy, group string, files ...string) {
		for at := path.Clean("/" + group); ; at = path.Dir(at) {
			for _, file := range files {
				if limit, there := read(filepath.Join(root, hierarchy, filepath.FromSlash(at), file)); there {
					least = min(least, limit)
				}
			}
			if at == "/" {
				return
			}
		}
	}
	text, _ := os.ReadFile(filepath.Join(root, "proc/self/cgroup"))
	for line := range strings.SplitSeq(string(text)+"\n0::/\n0:memory:/", "\n") {
		// hierarchy-ID:controllers:path; of version 2 the controllers are empty
		parts := strings.SplitN(line, ":", 3)
		switch {
		case len(parts) != 3:
		case parts[1] == "":
			look("sys/fs/cgroup", parts[2], "memory.max", "memory.high")
		case strings.Contains(","+parts[1]+",", ",memory,"):
			look("sys/fs/cgroup/memory", parts[2], "memory.limit_in_bytes")
		}
	}
	return least, least < unlimited
}

// unlimited is what version 1 says, rounded down to a page, where there is no limit; version 2 says max.
const unlimited = int64(math.MaxInt64) &^ (1<<16 - 1)

// read reads a limit. What is not a number is none.
func read(file string) (bytes int64, ok bool) {
	text, err := os.ReadFile(file)
	if err != nil {
		return 0, false
	}
	bytes, err = strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	return bytes, err == nil && bytes > 0
}
