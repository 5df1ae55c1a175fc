package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"microspend/internal/clickhousetest"
	"microspend/ledger"
	"microspend/ledger/clickhouse"
	"microspend/ledger/parquet"
)

// clickHouseFigures set a ledger in ClickHouse beside the folder that it was loaded from, on the same machine: it is
// for more machines than one, so what matters is that it costs little more on one.
func clickHouseFigures(show func(figure)) (err error) {
	rows, err := serverRows()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "microspend-bench-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	server, err := clickhousetest.Start(filepath.Join(dir, "server"))
	if errors.Is(err, clickhousetest.ErrNone) {
		show(figure{"a ledger in ClickHouse", "not measured", "", err.Error()})
		return nil
	}
	if err != nil {
		return err
	}
	defer server.Kill()
	whole, err := filled(dir, "whole", fleet{rows / 1000, fleetDays}, 1)
	if err != nil {
		return err
	}
	name := "clickhouse://" + server.Address + "/bench"
	loaded, err := loadParts(whole.dir, name)
	if err != nil {
		return err
	}
	rolledUp, err := rollUp(server, name)
	if err != nil {
		return err
	}
	million := fmt.Sprintf("%.3g million rows", float64(rows)/1e6)
	show(figure{
		"loading the parts of a folder", fmt.Sprintf("%.2f × its import", ratio(loaded-rolledUp, whole.took.wall)), "0.8 or less",
		fmt.Sprintf("%s for %s; the import took %s", seconds(loaded-rolledUp), million, seconds(whole.took.wall)),
	})
	show(figure{
		"  with their rollups", fmt.Sprintf("%.2f × its import", ratio(loaded, whole.took.wall)), "",
		seconds(rolledUp) + " for the rollups alone",
	})
	if err := withoutRollups(whole.dir); err != nil {
		return err
	}
	embedded, err := spendTime(whole.dir, "UTC")
	if err != nil {
		return err
	}
	rolled, err := spendTime(name, "UTC")
	if err != nil {
		return err
	}
	if _, err := asked(server, "TRUNCATE TABLE bench.usage_hourly"); err != nil {
		return err
	}
	raw, err := spendTime(name, "UTC")
	if err != nil {
		return err
	}
	show(figure{
		"spend by tenant and day, from rows", fmt.Sprintf("%.2f × the folder's rows", ratio(raw.wall, embedded.wall)), "2.5 or less",
		seconds(raw.wall) + " against " + seconds(embedded.wall),
	})
	show(figure{
		"  from rollups", fmt.Sprintf("%.2f × the folder's rows", ratio(rolled.wall, embedded.wall)), "less than 1", seconds(rolled.wall),
	})
	return finalFigure(show, server)
}

// withoutRollups has a folder read from its rows.
func withoutRollups(dir string) error {
	paths, err := filepath.Glob(filepath.Join(dir, "usage", "dt=*", "_rollup"))
	for _, path := range paths {
		err = errors.Join(err, os.Remove(path))
	}
	return err
}

// loadParts copies a folder's days as they lie.
func loadParts(dir, name string) (took time.Duration, err error) {
	ctx := context.Background()
	from, err := parquet.Open(dir, ledger.Options{})
	if err != nil {
		return 0, err
	}
	to, err := clickhouse.OpenForWriting(ctx, name, ledger.Options{})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	info, err := from.Info(ctx)
	if err != nil {
		return 0, err
	}
	begun := time.Now()
	for _, day := range info.Days {
		parts, err := from.Parts(ctx, day.Day)
		if err != nil {
			return 0, err
		}
		_, err = to.UpsertParts(ctx, day.Day, parts)
		for _, part := range parts {
			err = errors.Join(err, part.Close())
		}
		if err != nil {
			return 0, err
		}
	}
	return time.Since(begun), nil
}

// rollUp is how long the rollups take that loading made with the days.
func rollUp(server *clickhousetest.Server, name string) (took time.Duration, err error) {
	if _, err := asked(server, "TRUNCATE TABLE bench.usage_hourly"); err != nil {
		return 0, err
	}
	s, err := clickhouse.OpenForWriting(context.Background(), name, ledger.Options{})
	if err != nil {
		return 0, err
	}
	begun := time.Now()
	_, err = s.MakeRollups(context.Background())
	return time.Since(begun), errors.Join(err, s.Close())
}

// asked is how long a server takes to answer.
func asked(server *clickhousetest.Server, text string) (time.Duration, error) {
	best := time.Duration(0)
	for range 5 {
		begun := time.Now()
		answer, err := http.Post("http://"+server.Address+"/?wait_end_of_query=1", "text/plain", strings.NewReader(text))
		if err != nil {
			return 0, err
		}
		answer.Body.Close()
		if answer.StatusCode != http.StatusOK {
			return 0, fmt.Errorf("ClickHouse answers %s to %s", answer.Status, text)
		}
		if took := time.Since(begun); best == 0 || took < best {
			best = took
		}
	}
	return best, nil
}

// finalFigure is what it costs to take the latest row of each key where the server has merged what there is.
func finalFigure(show func(figure), server *clickhousetest.Server) error {
	if _, err := asked(server, "OPTIMIZE TABLE bench.usage FINAL"); err != nil {
		return err
	}
	query := "SELECT tenant, toDate(period_start) AS day, sum(toUInt128(vcpu_ms)), sum(toUInt128(mem_mib_ms)), sum(toUInt128(storage_byte_seconds)) " +
		"FROM bench.usage %s WHERE deleted = 0 GROUP BY tenant, day SETTINGS do_not_merge_across_partitions_select_final = 1 FORMAT RowBinary"
	plain, err := asked(server, fmt.Sprintf(query, ""))
	if err != nil {
		return err
	}
	final, err := asked(server, fmt.Sprintf(query, "FINAL"))
	if err != nil {
		return err
	}
	show(figure{
		"  FINAL, once merged", fmt.Sprintf("%.2f × without", ratio(final, plain)), "1.2 or less",
		seconds(final) + " against " + seconds(plain),
	})
	return nil
}
