package parquet

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"

	"microspend/internal/civil"
)

// rollupGroupRows is how many rows a row group of a rollup has at most, which readers hold in memory.
const rollupGroupRows = 128 * 1024

// write writes the rows of a day to a file, through to the disk, and describes it. The bytes depend on the records
// alone.
func (b *rollup) write(file *os.File, day civil.Day, codec compress.Codec) (rollupEntry, error) {
	sum := sha256.New()
	out := bufio.NewWriterSize(io.MultiWriter(sum, file), 1<<18)
	hours, days := b.sorted()
	columns := rollupColumns{of: b, day: day.UTC().UnixMilli()}
	to := parquet.NewGenericWriter[any](out,
		columns.schema(hours),
		parquet.Compression(codec),
		parquet.CreatedBy("microspend", "1", ""), // the bytes must not depend on the build
		parquet.DataPageVersion(1),
		parquet.PageBufferSize(pageBytes),
		parquet.DataPageStatistics(false),
	)
	for _, rows := range [...][]rollupRow{hours, days} {
		for group := range slices.Chunk(rows, rollupGroupRows) {
			for place, c := range layouts[rollupLayout] {
				if _, err := to.ColumnWriters()[place].WriteRowValues(columns.values(c, group)); err != nil {
					return rollupEntry{}, err
				}
			}
			if err := to.Flush(); err != nil {
				return rollupEntry{}, err
			}
		}
	}
	if err := errors.Join(to.Close(), out.Flush(), file.Sync()); err != nil {
		return rollupEntry{}, err
	}
	info, err := file.Stat()
	if err != nil {
		return rollupEntry{}, err
	}
	entry := b.entry
	entry.DayRows = int64(len(days))
	entry.partEntry, err = describe(file, partEntry{
		Name: rollupName, Bytes: info.Size(), SHA256: hex.EncodeToString(sum.Sum(nil)),
	})
	return entry, err
}

// rollupColumns gives the columns of a rollup's rows.
type rollupColumns struct {
	of  *rollup
	day int64 // in milliseconds
	to  []parquet.Value

	reader chunkReader // for proving
}

// schema has texts in dictionaries, which is also what [chunkReader.words] reads, and numbers as differences where many
// differ.
func (c *rollupColumns) schema(rows []rollupRow) *parquet.Schema {
	layout := layouts[rollupLayout]
	fields := make([]reflect.StructField, len(layout))
	for i, column := range layout {
		of, encoding := reflect.TypeFor[string](), "dict"
		if number := c.number(column); number != nil {
			of = reflect.TypeFor[int64]()
			values := make([]int64, len(rows))
			for i := range rows {
				values[i] = number(&rows[i])
			}
			if !fewValues(values) {
				encoding = "delta"
			}
		}
		if column == columnPeriodStart {
			encoding = "timestamp(millisecond),dict" // of 24
		}
		fields[i] = reflect.StructField{
			Name: fmt.Sprint("Column", i), Type: of,
			Tag: reflect.StructTag(fmt.Sprintf(`parquet:"%s,%s"`, columnNames[column], encoding)),
		}
	}
	return parquet.SchemaOf(reflect.New(reflect.StructOf(fields)).Interface())
}

// number is a column of whole numbers; nil for those of texts.
func (c *rollupColumns) number(of column) func(*rollupRow) int64 {
	switch {
	case of == columnPeriodStart:
		return func(r *rollupRow) int64 { return c.day + int64(r.hour%wholeDayHour)*hourSeconds*1000 }
	case of == columnPeriodSeconds:
		return (*rollupRow).length
	case of == columnSeconds:
		return func(r *rollupRow) int64 { return r.seconds }
	case of == columnCoveredSeconds:
		return func(r *rollupRow) int64 { return r.covered }
	case of == columnRecords:
		return func(r *rollupRow) int64 { return r.records }
	case of >= firstAmount && of < columnCoverage: // the amounts
		return func(r *rollupRow) int64 { return r.amounts[of-firstAmount] }
	}
	return nil
}

// length is the stretch of time that a row is of, in seconds.
func (r *rollupRow) length() int64 {
	if r.hour == wholeDayHour {
		return secondsInDay
	}
	return hourSeconds
}

func (c *rollupColumns) text(of column) func(*rollupRow) string {
	names := func(r *rollupRow) *seriesNames { return &c.of.series[r.series] }
	switch of {
	case columnTenant:
		return func(r *rollupRow) string { return names(r).tenant }
	case columnTenantBy:
		return func(r *rollupRow) string { return names(r).tenantBy }
	case columnImage:
		return func(r *rollupRow) string { return names(r).image }
	case columnArch:
		return func(r *rollupRow) string { return names(r).arch }
	case columnKind:
		return func(r *rollupRow) string { return names(r).kind.String() }
	case columnRole:
		return func(r *rollupRow) string { return names(r).role }
	case columnRegion:
		return func(r *rollupRow) string { return names(r).region }
	case columnAccount:
		return func(r *rollupRow) string { return names(r).account }
	default:
		return func(r *rollupRow) string { return names(r).source }
	}
}

// values are a column's of some rows, until the next call.
func (c *rollupColumns) values(of column, rows []rollupRow) []parquet.Value {
	c.to = c.to[:0]
	if number := c.number(of); number != nil {
		for i := range rows {
			c.to = append(c.to, parquet.Int64Value(number(&rows[i])))
		}
		return c.to
	}
	text, last := c.text(of), ""
	for i := range rows {
		is := text(&rows[i])
		if i > 0 && is == last { // as is usual of sorted rows
			c.to = append(c.to, c.to[i-1])
			continue
		}
		last = is
		c.to = append(c.to, parquet.ByteArrayValue([]byte(is)))
	}
	return c.to
}

// addRollup makes the rollup of a day's next version from the sums of its records, if it is to have one.
func (b *builder) addRollup(ctx context.Context, p *prepared, old *manifest) error {
	m, sums := p.manifest, p.sums
	m.Rollup = nil
	switch rows := int64(len(sums.rows)); {
	case m.Rows < b.w.sizes.rollupFrom:
		return nil
	case sums.over() || rows*b.w.sizes.rollupShare > m.Rows:
		m.Rollup = &rollupEntry{partEntry: partEntry{Rows: rows}}
		m.Rollup.Of = m.Rollup.content(m)
		return nil
	}
	path := filepath.Join(b.staging, fmt.Sprintf("%s-%s-rollup", b.name, p.day))
	file, err := b.w.files.Create(path)
	if err != nil {
		return err
	}
	entry, err := sums.write(file, p.day, b.w.codec)
	if err := errors.Join(err, file.Close()); err != nil {
		return errors.Join(err, b.place.Remove(path))
	}
	entry.Of = entry.content(m)
	m.Rollup = &entry
	if old.Rollup != nil && old.Rollup.SHA256 == entry.SHA256 { // it is there already
		entry.partEntry = old.Rollup.partEntry
		return b.place.Remove(path)
	}
	p.pending = append(p.pending, entry.file())
	entry.Object, err = b.w.files.Add(ctx, p.day, entry.file(), path)
	p.pending[len(p.pending)-1].Object = entry.Object
	return err
}
