//go:build unix

package secretfile

import (
	"io/fs"
	"os"
	"syscall"
)

// readableByOthers are the bits of a file's mode that it must not have.
func readableByOthers(info fs.FileInfo) fs.FileMode {
	refused := fs.FileMode(0o077)
	if owner, ok := info.Sys().(*syscall.Stat_t); ok && owner.Uid == 0 && os.Geteuid() != 0 {
		refused = 0o037
	}
	return info.Mode().Perm() & refused
}
