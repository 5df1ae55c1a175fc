package parquet

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

	"microspend/ledger"

	"microspend/ledger/intake"

	"microspend/internal/civil"
	"microspend/internal/figures"
	"microspend/internal/ownfile"
	"microspend/usage"
)

// rebuildDay makes a new manifest for a day whose manifest cannot be read, from the parts that prove themselves; see
// prove. Everything else that may have held records is set aside, and reported as lost:
//
//   - parts that do not prove themselves;
//   - the files of an import that may or may not have been in effect;
//   - parts that must have been there, as parts are numbered in sequence and all but the last are full. Whether the
//     one after the last full part existed cannot be told; it is reported, too;
//   - what the damaged manifest listed as lost, as far as the files that were set aside then still tell.
//
// That is for folders, where a part is in force or is named as one that is not; see restoreDay for other places.
func (w *Writer) rebuildDay(
	ctx context.Context, day civil.Day, found current, reason string, result *ledger.CheckResult,
) error {
	if from, many := w.files.(Uploads); many {
		return w.restoreDay(ctx, from, day, found, result)
	}
	entries, err := os.ReadDir(folder(w.dir).day(day))
	if err != nil {
		return err
	}
	old := &manifest{}
	p := &prepared{day: day, before: found, manifest: &manifest{Version: writtenVersion, Day: day.String()}}
	lose := func(name, reason string) {
		p.aside = append(p.aside, lostPart{
			Name: name, Reason: reason, At: w.options.Now().UTC(), of: PartFile{Name: name},
		})
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
		old.Parts = append(old.Parts, entry)
		nextIsOptional = entry.Rows < int64(w.sizes.partRows)
	}
	if !nextIsOptional {
		lose(
			partNameOf(next),
			"the part before it is full, and only the damaged manifest could tell whether that was the last",
		)
	}
	if err := w.writeAgain(ctx, p, old); err != nil {
		return err
	}
	if err := w.keepManifest(day, found, reason, result); err != nil {
		return err
	}
	aside, err := w.commitOne(ctx, w.repairEntry(p), p)
	result.SetAside = append(result.SetAside, aside...)
	if err == nil && len(p.manifest.Parts) > 0 {
		result.Rebuilt = append(result.Rebuilt, damagedFile(w.files, day, manifestName,
			fmt.Sprintf("from the day's files, %d with %s, each proven by its checksums and its records",
				len(p.manifest.Parts), figures.Count(p.manifest.Rows, "row"))))
	}
	return err
}

// keepManifest keeps a copy of a damaged manifest, which stands in its place until the new one does.
func (w *Writer) keepManifest(day civil.Day, found current, reason string, result *ledger.CheckResult) error {
	if found.text == nil {
		return nil
	}
	within := folder(w.dir).day(day)
	name := asideName(within, manifestName)
	result.SetAside = append(result.SetAside, damagedFile(w.files, day, name, reason))
	return w.place().Write(filepath.Join(within, name), found.text)
}

// writeAgain makes a day's next version of the parts that prove themselves. Their records are believed and nothing
// else of the files: what pages' checksums do not cover, such as the statistics by which engines pass over row groups,
// is made anew.
func (w *Writer) writeAgain(ctx context.Context, p *prepared, proven *manifest) error {
	place, staging, err := w.files.Staging()
	if err != nil {
		return fmt.Errorf("no folder to write the day in: %w", err)
	}
	defer w.files.Unstage()
	var kept intake.Concatenated
	for _, entry := range proven.Parts {
		opened, err := openPart(ctx, w.files, p.day, entry)
		if err != nil {
			return err
		}
		defer opened.close()
		kept = append(kept, &partRows{part: opened})
	}
	p.stays = map[string]partEntry{}
	for _, entry := range proven.Parts {
		p.stays[entry.Name] = entry
	}
	b := &builder{w: w, place: place, staging: staging, name: "part"}
	if _, err := b.write(ctx, p, &kept, nil); err != nil {
		w.discard(p)
		return err
	}
	p.drop(proven)
	if err := b.addRollup(ctx, p, proven); err != nil {
		w.discard(p)
		return err
	}
	return nil
}

// prove shows without a manifest that a part holds records that were written to it: every page's own checksum holds,
// and every record is sound, of the day and in order after last. It does not ask whether this program would write the
// same bytes: another version of a library would not, and sound parts would be set aside for it. It describes the part
// as a manifest does. A part that does not prove itself is damaged; any other error is for a file that cannot be read
// at present.
func (w *Writer) prove(ctx context.Context, day civil.Day, name string, last *usage.Record) (entry partEntry,
	err error,
) {
	file, err := ownfile.Open(filepath.Join(folder(w.dir).day(day), name))
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
	if err := proveContent(ctx, file, day, &entry, last); err != nil && ctx.Err() == nil {
		return entry, damaged("%s", reasonOf(err))
	}
	return entry, ctx.Err()
}

func proveContent(
	ctx context.Context, file *os.File, day civil.Day, entry *partEntry, last *usage.Record,
) (err error) {
	defer recoverAsDamage(&err)
	if *entry, err = describe(file, *entry); err != nil {
		return err
	}
	held, err := opened(file)
	if err != nil {
		return err
	}
	p, err := newPart(held, &part{entry: *entry, day: day})
	if err != nil {
		return err
	}
	end := *last
	if err := p.verify(ctx, &end, &intake.OverlapFinder{}, newRollup()); err != nil {
		return err
	}
	*last = end
	return nil
}

// lostHere reports whether a name stands among a manifest's lost parts.
func (m *manifest) lostHere(name string) bool {
	return slices.ContainsFunc(m.Lost, func(l lostPart) bool { return l.Name == name })
}
