package ledger

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"microspend/internal/civil"
	"microspend/usage"
)

// rebuildDay makes a new manifest for a day whose manifest cannot be read, from the parts that prove themselves; see prove.
// Everything else that may have held records is set aside, and reported as lost:
//
//   - parts that do not prove themselves;
//   - the files of an import that may or may not have been in effect;
//   - parts that must have been there, as parts are numbered in sequence and all but the last are full. Whether the one after
//     the last full part existed cannot be told; it is reported, too;
//   - what the damaged manifest listed as lost, as far as the files that were set aside then still tell.
func (w *Writer) rebuildDay(ctx context.Context, day civil.Day, reason string, result *CheckResult) error {
	folder := w.dayFolder(day)
	entries, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	p := &prepared{day: day, manifest: &manifest{Version: writtenVersion, Day: day.String()}}
	lose := func(name, reason string) {
		p.aside = append(p.aside, lostPart{Name: name, Reason: reason, At: w.options.Now().UTC()})
	}
	var last usage.Record
	next, nextIsOptional := 0, true // whether the part of that number may be missing
	for _, file := range entries {
		name := file.Name()
		switch {
		case strings.HasPrefix(name, ".part-") && strings.HasSuffix(name, ".new"):
			lose(name, "it is of an import, of which only the damaged manifest could tell whether it was in effect")
			continue
		case strings.HasSuffix(name, asideSuffix):
			p.manifest.Lost = append(p.manifest.Lost, lostPart{
				Name: name, Reason: "the manifest that said why is damaged, too", At: w.options.Now().UTC(),
			})
			continue
		case !partName.MatchString(name):
			continue
		}
		for ; partNameOf(next) < name; next++ {
			lose(partNameOf(next), "there are parts after it")
		}
		next++
		entry, err := w.prove(ctx, day, name, &last)
		var unproven *damage
		if err != nil && !errors.As(err, &unproven) {
			return err // which may pass, as a lack of rights does
		}
		if err != nil {
			lose(name, "the day's manifest cannot be read, and the file does not prove itself: "+reasonOf(err))
			nextIsOptional = true
			continue
		}
		p.manifest.Parts = append(p.manifest.Parts, entry)
		nextIsOptional = entry.Rows < int64(w.sizes.partRows)
	}
	if !nextIsOptional {
		lose(partNameOf(next), "the part before it is full, and only the damaged manifest could tell whether that was the last")
	}
	if err := w.recount(p.manifest, day); err != nil {
		return err
	}
	if err := keepManifest(folder, day, reason, result); err != nil {
		return err
	}
	aside, err := w.commit(p)
	result.SetAside = append(result.SetAside, aside...)
	if err == nil && len(p.manifest.Parts) > 0 {
		result.Rebuilt = append(result.Rebuilt, DamagedFile{
			shownPath(day, manifestName), day.UTC(),
			fmt.Sprintf("from the day's files, %d with %d rows, each proven by writing its records again", len(p.manifest.Parts), p.manifest.Rows),
		})
	}
	return err
}

// keepManifest keeps a copy of a damaged manifest, which stands in its place until the new one does.
func keepManifest(folder string, day civil.Day, reason string, result *CheckResult) error {
	text, err := os.ReadFile(filepath.Join(folder, manifestName))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	name := asideName(folder, manifestName)
	result.SetAside = append(result.SetAside, DamagedFile{shownPath(day, name), day.UTC(), reason})
	return os.WriteFile(filepath.Join(folder, name), text, 0o644)
}

// prove shows that a part is what this program writes for the records in it, without a manifest: every page's own checksum
// holds, every record is sound, of the day and in order after last, and writing them again gives the same file to the byte.
// So nothing outside of the pages can be falsified either. It describes the part as a manifest does. A part that does not
// prove itself is damaged; any other error is for a file that cannot be read at present.
func (w *Writer) prove(ctx context.Context, day civil.Day, name string, last *usage.Record) (entry partEntry, err error) {
	path := filepath.Join(w.dayFolder(day), name)
	file, err := os.Open(path)
	if err != nil {
		return entry, err
	}
	defer file.Close()
	sum := sha256.New()
	size, err := io.Copy(sum, file)
	if err != nil {
		return entry, err
	}
	entry = partEntry{Name: name, Bytes: size, SHA256: hex.EncodeToString(sum.Sum(nil))}
	if err := w.proveContent(ctx, file, path, day, &entry, last); err != nil && ctx.Err() == nil {
		return entry, damaged("%s", reasonOf(err))
	}
	return entry, ctx.Err()
}

func (w *Writer) proveContent(
	ctx context.Context, file *os.File, path string, day civil.Day, entry *partEntry, last *usage.Record,
) (err error) {
	defer recoverAsDamage(&err)
	if *entry, err = describe(file, *entry); err != nil {
		return err
	}
	if entry.Rows, err = rowsWithin(file, entry.Bytes); err != nil {
		return err
	}
	opened, err := openPart(path, day, *entry)
	if err != nil {
		return err
	}
	defer opened.close()
	end := *last
	if err := opened.verify(ctx, &end); err != nil {
		return err
	}
	again, err := w.rewrite(opened)
	if err != nil {
		return err
	}
	if again != entry.SHA256 {
		return errors.New("its records are whole, but it is not the file that this program writes for them")
	}
	*last = end
	return nil
}

// rewrite gives the SHA-256 of the file that a part's records make.
func (w *Writer) rewrite(p *part) (string, error) {
	sum := sha256.New()
	out := rowWriter{to: sum, codec: w.codec, groupRows: w.sizes.groupRows}
	rows := partRows{part: p}
	var r usage.Record
	for {
		switch more, err := rows.read(&r); {
		case err != nil:
			return "", err
		case !more:
			err := out.end()
			return hex.EncodeToString(sum.Sum(nil)), err
		}
		if err := out.add(&r); err != nil {
			return "", err
		}
	}
}

// lostHere says whether a name stands among a manifest's lost parts.
func (m *manifest) lostHere(name string) bool {
	return slices.ContainsFunc(m.Lost, func(l lostPart) bool { return l.Name == name })
}
