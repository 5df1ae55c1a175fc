// Package secretfile reads files of tokens and keys: small regular files that nobody but their user may read.
package secretfile

import (
	"bytes"
	"fmt"

	"microspend/internal/inputfile"
)

// Read reads a secret of at most max bytes, without the white space around it. An empty file is an error; see [Bytes]
// for more.
func Read(path string, max int64) ([]byte, error) {
	text, err := Bytes(path, max)
	if err != nil {
		return nil, err
	}
	if text = bytes.TrimSpace(text); len(text) == 0 {
		return nil, fmt.Errorf("%s is empty", path)
	}
	return text, nil
}

// Bytes reads a secret of at most max bytes as it is: what looks like white space may be part of a key. A file that
// others may read is an error: its mode has a bit for the group or for others. Of a file that belongs to root and is
// read by another user, as systemd's credentials and Kubernetes' secrets are, the group may read it, for that is how
// its user can. Windows has no such modes.
//
// Errors never have anything of the content.
func Bytes(path string, max int64) ([]byte, error) {
	file, info, err := inputfile.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	if open := readableByOthers(info); open != 0 && info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is open to other users (mode %04o); run: chmod 600 %[1]s, "+
			"and consider a new secret", path, info.Mode().Perm())
	}
	return inputfile.ReadOpen(file, path, info.Size(), max)
}
