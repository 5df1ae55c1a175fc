//go:build unix

package ownfile

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// changes are what a program does in a folder that it owns.
var changes = []struct {
	name string
	do   func(p Place, folder string) error
}{
	{"Write", func(p Place, folder string) error { return p.Write(filepath.Join(folder, "file"), []byte("new")) }},
	{"OpenFile", func(p Place, folder string) error {
		file, err := p.OpenFile(filepath.Join(folder, "file"), os.O_WRONLY|os.O_CREATE|os.O_APPEND)
		if err != nil {
			return err
		}
		defer file.Close()
		_, err = file.WriteString("new")
		return err
	}},
	{"Create", func(p Place, folder string) error {
		file, err := p.Create(filepath.Join(folder, "created"), folder)
		if err != nil {
			return err
		}
		return file.Close()
	}},
	{"Folder", func(p Place, folder string) error { return p.Folder(filepath.Join(folder, "made")) }},
	{"Rename into", func(p Place, folder string) error {
		return p.Rename(filepath.Join(string(p), "staged"), filepath.Join(folder, "renamed"))
	}},
	{"Rename out of", func(p Place, folder string) error {
		return p.Rename(filepath.Join(folder, "file"), filepath.Join(string(p), "staged"))
	}},
	{"Remove", func(p Place, folder string) error { return p.Remove(filepath.Join(folder, "file")) }},
	{"RemoveAll", func(p Place, folder string) error { return p.RemoveAll(filepath.Join(folder, "below")) }},
}

// swapping makes a place with folders in it, one of them going to be swapped for a link to a folder of the user's.
// undamaged fails the test unless that is as it was.
func swapping(t *testing.T, which string) (p Place, folder, at, elsewhere string, undamaged func(t *testing.T, what string)) {
	dir := t.TempDir()
	p, elsewhere = Place(filepath.Join(dir, "ledger")), filepath.Join(dir, "elsewhere")
	folder, at = filepath.Join(string(p), "usage", "dt=2026-11-01"), filepath.Join(string(p), which)
	rest := strings.TrimPrefix(folder, at)
	for _, of := range []string{folder, filepath.Join(elsewhere, rest)} {
		require.NoError(t, os.MkdirAll(filepath.Join(of, "below"), 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(of, "file"), []byte("old"), 0o600))
		require.NoError(t, os.WriteFile(filepath.Join(of, "below", "file"), []byte("old"), 0o600))
	}
	require.NoError(t, os.WriteFile(filepath.Join(string(p), "staged"), []byte("new"), 0o600))
	return p, folder, at, elsewhere, func(t *testing.T, what string) {
		var names []string
		require.NoError(t, filepath.WalkDir(elsewhere, func(path string, entry os.DirEntry, err error) error {
			if err == nil && !entry.IsDir() {
				names = append(names, strings.TrimPrefix(path, filepath.Join(elsewhere, rest)))
			} else if err == nil && entry.Name() == "made" {
				names = append(names, "made")
			}
			return err
		}))
		require.Equal(t, []string{"/below/file", "/file"}, names, what)
		text, err := os.ReadFile(filepath.Join(elsewhere, rest, "file"))
		require.NoError(t, err)
		require.Equal(t, "old", string(text), what)
	}
}

// TestNoFolderThatIsALinkIsFollowed has somebody replace a folder at any depth before it is written to.
func TestNoFolderThatIsALinkIsFollowed(t *testing.T) {
	for _, which := range []string{"usage", "usage/dt=2026-11-01"} {
		for _, tc := range changes {
			p, folder, at, elsewhere, undamaged := swapping(t, which)
			require.NoError(t, os.Rename(at, at+".kept"))
			require.NoError(t, os.Symlink(elsewhere, at))
			require.EqualError(t, tc.do(p, folder), at+" is a symbolic link, which microspend did not make there, and is not "+
				"used; look into who did, and remove it", tc.name)
			undamaged(t, tc.name+" in "+which)
			require.NoError(t, os.Remove(at))
			require.NoError(t, os.Symlink("dt=2026-11-02", at), "one within the place, to nothing")
			require.ErrorContains(t, tc.do(p, folder), at+" is a symbolic link", tc.name)
		}
	}
}

// TestAFolderIsSwappedMeanwhile has the folder and a link change places all the time, so that what was looked at is not
// what is used.
func TestAFolderIsSwappedMeanwhile(t *testing.T) {
	for _, which := range []string{"usage", "usage/dt=2026-11-01"} {
		for _, tc := range changes {
			p, folder, at, elsewhere, undamaged := swapping(t, which)
			link, kept := at+".link", at+".kept"
			require.NoError(t, os.Symlink(elsewhere, link))
			stop, stopped := make(chan struct{}), make(chan struct{})
			go func() {
				defer close(stopped)
				for {
					select {
					case <-stop:
						return
					default:
					}
					_ = os.Rename(at, kept)
					_ = os.Rename(link, at)
					_ = os.Rename(at, link)
					_ = os.RemoveAll(at) // which the program may have made in between
					_ = os.Rename(kept, at)
				}
			}()
			done, refused := 0, 0
			for end := time.Now().Add(150 * time.Millisecond); time.Now().Before(end); {
				if err := tc.do(p, folder); err == nil {
					done++
				} else if strings.Contains(err.Error(), at) {
					refused++
				}
			}
			close(stop)
			<-stopped
			require.Positive(t, refused, "%s in %s never met the link: %d done", tc.name, which, done)
			undamaged(t, tc.name+" in "+which)
		}
	}
}

// TestAnOpenedFolderIsSwapped replaces the folder between the staging of a file and its commit: what was staged is put
// into effect nowhere else.
func TestAnOpenedFolderIsSwapped(t *testing.T) {
	p, folder, at, elsewhere, undamaged := swapping(t, "usage")
	require.NoError(t, p.Replace(filepath.Join(folder, "file"), func(w io.Writer) error {
		_, err := io.WriteString(w, "new")
		return err
	}), "without a swap")
	err := p.Replace(filepath.Join(folder, "file"), func(w io.Writer) error {
		require.NoError(t, os.Rename(at, at+".kept"))
		require.NoError(t, os.Symlink(elsewhere, at))
		_, err := io.WriteString(w, "newer")
		return err
	})
	require.ErrorContains(t, err, at+" is a symbolic link")
	undamaged(t, "commit")
	text, err := os.ReadFile(filepath.Join(at+".kept", "dt=2026-11-01", "file"))
	require.NoError(t, err)
	require.Equal(t, "new", string(text))
}

// TestLinksAboveThePlace are the user's own.
func TestLinksAboveThePlace(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "disk", "ledger"), 0o700))
	require.NoError(t, os.Symlink(filepath.Join(dir, "disk"), filepath.Join(dir, "mounted")))
	require.NoError(t, os.Symlink(filepath.Join(dir, "mounted", "ledger"), filepath.Join(dir, "ledger")))
	for _, place := range []string{filepath.Join(dir, "mounted", "ledger"), filepath.Join(dir, "ledger")} {
		p := Place(place)
		require.NoError(t, p.Folder(filepath.Join(place, "usage")))
		require.NoError(t, p.Write(filepath.Join(place, "usage", "file"), []byte("new")))
	}
	require.ErrorContains(t, Place(dir).Write(filepath.Join(filepath.Dir(dir), "file"), nil), "does not lie in "+dir)
}
