package meter

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// procGuest reads the whole guest's load from /proc. It keeps the files open, as it reads them every second.
type procGuest struct {
	stat, meminfo *rereadFile
}

func newProcGuest(root string) *procGuest {
	return &procGuest{reread(root, "proc/stat"), reread(root, "proc/meminfo")}
}

// userHZ is the unit of /proc/stat, a hundredth of a second on every architecture that Linux runs MicroVMs on.
const userHZ = 100

func (g *procGuest) Load() (load Load) {
	load.CPU, load.CPUKnown = parseStat(g.stat.read())
	load.MemoryKiB, load.MemoryKnown = parseMeminfo(g.meminfo.read())
	return load
}

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
	for line := range bytes.Lines(text) {
		if value, found := bytes.CutPrefix(line, []byte(name)); found {
			number, unit, _ := bytes.Cut(bytes.TrimSpace(value), []byte{' '})
			n, ok := parseCount(number)
			return n, ok && string(unit) == "kB"
		}
	}
	return 0, false
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
