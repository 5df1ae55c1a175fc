package prices

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"microspend/internal/inputfile"
)

// Folder is a mirror in a folder.
type Folder string

func (f Folder) String() string { return string(f) }

// Folders implements Mirror.
func (f Folder) Folders(path string) []string {
	entries, err := os.ReadDir(filepath.Join(string(f), filepath.FromSlash(path)))
	if err != nil {
		return nil
	}
	var names []string
	for _, entry := range entries {
		if entry.IsDir() {
			names = append(names, entry.Name())
		}
	}
	return names
}

// Open implements Mirror. The time of a file's last change and its size stand for an ETag.
func (f Folder) Open(ctx context.Context, path string, known Validators) (*File, error) {
	file, info, err := inputfile.Open(filepath.Join(string(f), filepath.FromSlash(path)))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &MissingError{f.String(), path, "no such file"}
	}
	if err != nil {
		return nil, err
	}
	is := stateOf(info)
	if known.ETag == is.ETag {
		return nil, errors.Join(ErrUnchanged, file.Close())
	}
	return &File{&folderFile{ctx: ctx, File: file, info: info, watch: watchOf(ctx)}, is, info.Size()}, nil
}

func stateOf(info fs.FileInfo) Validators {
	return Validators{ETag: strconv.FormatInt(info.Size(), 10) + "-" + info.ModTime().UTC().Format(time.RFC3339Nano)}
}

// folderFile is a file that must be the same at its end as when it was opened.
type folderFile struct {
	*os.File
	ctx   context.Context
	info  fs.FileInfo
	read  int64
	watch Watch
}

func (f *folderFile) Read(p []byte) (int, error) {
	if err := f.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := f.File.Read(p)
	f.read += int64(n)
	f.watch(f.read, f.info.Size())
	if errors.Is(err, io.EOF) {
		now, statErr := f.Stat()
		switch {
		case statErr != nil:
			return n, statErr
		case f.read != f.info.Size() || stateOf(now) != stateOf(f.info):
			return n, fmt.Errorf("%s: %w", f.Name(), ErrChanged)
		}
	}
	return n, err
}
