package meter

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// userHZ is the unit of /proc/stat, a hundredth of a second on every architecture that Linux runs MicroVMs on.
const userHZ = 100

// parseStat adds up the time that the vCPUs were not idle: user, nice, system, irq and softirq. Time stolen by the
// host was not used, and guests' time is already in the user's.
func parseStat(text []byte) (time.Duration, bool) {
	line, _, whole := bytes.Cut(text, []byte{'\n'})
	line, isTotal := bytes.CutPrefix(line, []byte("cpu "))
	if !whole || !isTotal {
		return 0, false
	}
	var busy, fields int64
	for field := range bytes.FieldsSeq(line) {
		n, ok := parseCount(field)
		if !ok {
			return 0, false
		}
		switch fields {
		case 0, 1, 2, 5, 6: // user nice system [idle iowait] irq softirq
			busy += n
		}
		fields++
	}
	return time.Duration(busy) * (time.Second / userHZ), fields >= 7 && busy < 1<<40
}

// parseMeminfo is the memory that is not available: MemTotal less MemAvailable, so that the page cache, which the
// kernel gives up when it is needed, does not count as used.
func parseMeminfo(text []byte) (kib int64, ok bool) {
	total, okTotal := meminfoField(text, "MemTotal:")
	available, okAvailable := meminfoField(text, "MemAvailable:")
	return max(total-available, 0), okTotal && okAvailable
}

func meminfoField(text []byte, name string) (kib int64, ok bool) {
	number, unit, _ := bytes.Cut(lineField(text, name), []byte{' '})
	kib, ok = parseCount(number)
	return kib, ok && string(unit) == "kB"
}

// statField finds a field in a file of lines such as "usage_usec 1234".
func statField(text []byte, name string) (int64, bool) { return parseCount(lineField(text, name+" ")) }

// lineField is what follows a name at the beginning of a line, without white space; nil where no line has it.
func lineField(text []byte, name string) []byte {
	for line := range bytes.Lines(text) {
		if value, found := bytes.CutPrefix(line, []byte(name)); found {
			return bytes.TrimSpace(value)
		}
	}
	return nil
}

// totalMemoryKiB is the memory that the guest sees.
func totalMemoryKiB(root string) (int64, bool) {
	return meminfoField(reread(root, "proc/meminfo").read(), "MemTotal:")
}

func parseCount(digits []byte) (int64, bool) {
	n, err := strconv.ParseInt(string(digits), 10, 64)
	return n, err == nil && n >= 0 && digits[0] != '+'
}

// rereadFile is a file of the kernel's that is read again and again from its beginning.
type rereadFile struct {
	path   string
	file   *os.File
	buffer []byte
}

// statBytes is enough for what is read of any of the files: the first line of /proc/stat, and all of the others.
const statBytes = 4096

func reread(root, path string) *rereadFile {
	return &rereadFile{path: filepath.Join(root, path)}
}

// read returns the beginning of the file, and nothing where it cannot be read. What it returns is valid until the
// next call.
func (f *rereadFile) read() []byte {
	if f.file == nil {
		file, err := os.Open(f.path)
		if err != nil {
			return nil
		}
		f.file, f.buffer = file, make([]byte, statBytes)
	}
	n, err := f.file.ReadAt(f.buffer, 0)
	if n == 0 && err != nil {
		f.file.Close() // a read-only file
		f.file = nil
	}
	return f.buffer[:n]
}
