package bill

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"

	"microspend/internal/tabular"
)

// maxReply bounds the replies of Cost Explorer in a file.
const maxReply = 512 << 20

// Read reads a bill. Errors say where in the file they arose; the caller names the file.
func Read(in io.ReaderAt, size int64) (Bill, error) {
	digest := sha256.New()
	if _, err := io.Copy(digest, io.NewSectionReader(in, 0, size)); err != nil {
		return Bill{}, err
	}
	bill, err := read(in, size)
	bill.SHA256 = hex.EncodeToString(digest.Sum(nil))
	return bill, err
}

func read(in io.ReaderAt, size int64) (Bill, error) {
	var start [4]byte
	n, err := in.ReadAt(start[:], 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return Bill{}, err
	}
	whole := io.NewSectionReader(in, 0, size)
	switch {
	case bytes.Equal(start[:n], []byte("PAR1")):
		return readParquet(in, size)
	case n >= 2 && start[0] == 'P' && start[1] == 'K':
		return Bill{}, errors.New("it is a zip archive; unpack it and give the file in it")
	default:
		return readText(whole)
	}
}

// readText reads JSON where the text begins like it, and otherwise CSV.
func readText(in io.Reader) (Bill, error) {
	plain, err := tabular.Decode(in)
	if err != nil {
		return Bill{}, err
	}
	text := bufio.NewReaderSize(plain, maxHeader)
	for {
		first, err := text.Peek(1)
		if err != nil && !errors.Is(err, io.EOF) {
			return Bill{}, err
		}
		switch {
		case len(first) == 0:
			return Bill{}, errors.New("it is empty")
		case first[0] == '{' || first[0] == '[':
			return readCostExplorer(text)
		case first[0] == ' ' || first[0] == '\n' || first[0] == '\r' || first[0] == '\t':
			_, _ = text.Discard(1)
		default:
			return readCSV(text)
		}
	}
}

// limited is a reader that fails, instead of ending, behind a limit.
type limited struct {
	in   io.Reader
	left int64
}

func (l *limited) Read(p []byte) (int, error) {
	if l.left <= 0 {
		if n, err := l.in.Read(make([]byte, 1)); n == 0 && errors.Is(err, io.EOF) {
			return 0, io.EOF
		}
		return 0, errors.New("it is larger than any bill")
	}
	n, err := l.in.Read(p[:min(int64(len(p)), l.left)])
	l.left -= int64(n)
	return n, err
}
