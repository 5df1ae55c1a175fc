package collectplans

import (
	"os"
	"path/filepath"
	"sync"
)

// PlayAll plays so many plans, as many of each kind, from seed 0 on; several at a time. The report of each is handed to
// done, by one goroutine at a time.
func PlayAll(plans, atATime int, kinds []string, done func(Report)) (all Report, err error) {
	folder, err := scratch()
	if err != nil {
		return all, err
	}
	defer os.RemoveAll(folder)
	var (
		wait  sync.WaitGroup
		mu    sync.Mutex
		slots = make(chan struct{}, atATime)
	)
	for i := range plans {
		slots <- struct{}{}
		wait.Go(func() {
			defer func() { <-slots }()
			own, err := os.MkdirTemp(folder, "plan")
			if err != nil {
				own = filepath.Join(folder, "none") // the plan says so
			}
			report := Play(uint64(i/len(kinds)), kinds[i%len(kinds)], own, false)
			_ = os.RemoveAll(own)
			mu.Lock()
			defer mu.Unlock()
			all.Add(report)
			if done != nil {
				done(report)
			}
		})
	}
	wait.Wait()
	return all, nil
}

// scratch makes a folder for ledgers: in memory where that can be, as plans sync more often than a disk likes.
func scratch() (string, error) {
	const inMemory = "/dev/shm"
	if info, err := os.Stat(inMemory); err == nil && info.IsDir() {
		if folder, err := os.MkdirTemp(inMemory, "microspend-plans"); err == nil {
			return folder, nil
		}
	}
	return os.MkdirTemp("", "microspend-plans")
}
