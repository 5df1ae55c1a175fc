package main

import (
	"errors"
	"fmt"
	"runtime"
	"unsafe"

	"github.com/ebitengine/purego"
)

// The functions of chdb.h that the bridge calls, as of chdb 3.4.0. Handles are opaque pointers.
var (
	chdbConnect      func(argc int32, argv **byte) *uintptr
	chdbClose        func(conn *uintptr)
	chdbNoSignals    func(enabled int32)
	chdbQuery        func(conn uintptr, query *byte, length uintptr, format *byte, formatLength uintptr) uintptr
	chdbQueryBound   boundQuery
	chdbStream       func(conn uintptr, query *byte, length uintptr, format *byte, formatLength uintptr) uintptr
	chdbStreamBound  boundQuery
	chdbFetch        func(conn, stream uintptr) uintptr
	chdbCancel       func(conn, stream uintptr)
	chdbDestroy      func(result uintptr)
	chdbBuffer       func(result uintptr) unsafe.Pointer
	chdbLength       func(result uintptr) uintptr
	chdbError        func(result uintptr) string
	chdbRowsWritten  func(result uintptr) uint64
	chdbInsert       func(conn uintptr, query *byte, length uintptr, format *byte, formatLength uintptr) uintptr
	chdbAppend       func(stream uintptr, data *byte, length uintptr) int32
	chdbDone         func(stream uintptr) uintptr
	chdbInsertCancel func(stream uintptr)
	chdbInsertError  func(stream uintptr) string
	chdbInsertFree   func(stream uintptr)
)

// boundQuery is a function that runs a statement with parameters.
type boundQuery = func(conn uintptr, query *byte, length uintptr, format *byte, formatLength uintptr,
	names **byte, nameLengths *uintptr, values **byte, valueLengths *uintptr, count uintptr) uintptr

// load opens the library.
func load(path string) error {
	library, err := purego.Dlopen(path, purego.RTLD_NOW|purego.RTLD_LOCAL)
	if err != nil {
		return fmt.Errorf("loading chdb: %w", err)
	}
	for name, function := range map[string]any{
		"chdb_connect": &chdbConnect, "chdb_close_conn": &chdbClose, "chdb_set_signal_handlers_enabled": &chdbNoSignals,
		"chdb_query_n": &chdbQuery, "chdb_query_with_params_n": &chdbQueryBound,
		"chdb_stream_query_n": &chdbStream, "chdb_stream_query_with_params_n": &chdbStreamBound,
		"chdb_stream_fetch_result": &chdbFetch, "chdb_stream_cancel_query": &chdbCancel,
		"chdb_destroy_query_result": &chdbDestroy, "chdb_result_buffer": &chdbBuffer, "chdb_result_length": &chdbLength,
		"chdb_result_error": &chdbError, "chdb_result_rows_written": &chdbRowsWritten,
		"chdb_stream_insert_n": &chdbInsert, "chdb_stream_append": &chdbAppend, "chdb_stream_done": &chdbDone,
		"chdb_stream_cancel_insert": &chdbInsertCancel, "chdb_stream_insert_error": &chdbInsertError,
		"chdb_destroy_insert_stream": &chdbInsertFree,
	} {
		purego.RegisterLibFunc(function, library, name)
	}
	chdbNoSignals(0) // they are Go's
	return nil
}

// connection is a session of the engine, which runs one statement at a time.
type connection struct{ handle *uintptr }

// connect opens a session on a folder of data with settings of its own, which cannot be taken back from it.
func connect(folder string, settings map[string]string) (connection, error) {
	arguments := []string{"clickhouse", "--path=" + folder}
	for name, value := range settings {
		arguments = append(arguments, "--"+name+"="+value)
	}
	var pins runtime.Pinner
	defer pins.Unpin()
	argv := make([]*byte, len(arguments))
	for i, argument := range arguments {
		argv[i] = unsafe.SliceData(append([]byte(argument), 0))
		pins.Pin(argv[i])
	}
	handle := chdbConnect(int32(len(argv)), unsafe.SliceData(argv))
	if handle == nil || *handle == 0 {
		return connection{}, errors.New("Code: 115. DB::Exception: the session was refused; a setting is unknown or has no such value. (UNKNOWN_SETTING)")
	}
	return connection{handle}, nil
}

func (c connection) close() { chdbClose(c.handle) }

// engineError is a message of the engine.
type engineError string

func (e engineError) Error() string { return string(e) }

func failure(message string) error {
	if message == "" {
		return nil
	}
	return engineError(message)
}

// query runs a statement that gives rows, and gives them piece by piece.
func (c connection) query(q *request, give func([]byte) error) error {
	stream := c.start(q, chdbStream, chdbStreamBound)
	defer chdbDestroy(stream)
	if err := failure(chdbError(stream)); err != nil {
		return err
	}
	for {
		piece := chdbFetch(*c.handle, stream)
		err := failure(chdbError(piece))
		length := chdbLength(piece)
		if err == nil && length > 0 {
			err = give(unsafe.Slice((*byte)(chdbBuffer(piece)), length))
			if err != nil {
				chdbCancel(*c.handle, stream)
			}
		}
		chdbDestroy(piece)
		if err != nil || length == 0 {
			return err
		}
	}
}

// execute runs a statement that gives no rows.
func (c connection) execute(q *request) error {
	result := c.start(q, chdbQuery, chdbQueryBound)
	defer chdbDestroy(result)
	return failure(chdbError(result))
}

// start runs a statement with or without parameters.
func (c connection) start(
	q *request, plain func(uintptr, *byte, uintptr, *byte, uintptr) uintptr, bound boundQuery,
) uintptr {
	query, format := unsafe.StringData(q.query), unsafe.StringData(q.format)
	if len(q.parameters) == 0 {
		return plain(*c.handle, query, uintptr(len(q.query)), format, uintptr(len(q.format)))
	}
	var pins runtime.Pinner
	defer pins.Unpin()
	var names, values []*byte
	var nameLengths, valueLengths []uintptr
	add := func(text string, to *[]*byte, lengths *[]uintptr) {
		bytes := unsafe.SliceData(append([]byte(text), 0))
		pins.Pin(bytes)
		*to, *lengths = append(*to, bytes), append(*lengths, uintptr(len(text)))
	}
	for name, value := range q.parameters {
		add(name, &names, &nameLengths)
		add(value, &values, &valueLengths)
	}
	return bound(*c.handle, query, uintptr(len(q.query)), format, uintptr(len(q.format)), unsafe.SliceData(names),
		unsafe.SliceData(nameLengths), unsafe.SliceData(values), unsafe.SliceData(valueLengths), uintptr(len(names)))
}

// insert runs an INSERT whose data next gives, nil at the end.
func (c connection) insert(statement, format string, next func() ([]byte, error)) (rows uint64, err error) {
	stream := chdbInsert(*c.handle, unsafe.StringData(statement), uintptr(len(statement)),
		unsafe.StringData(format), uintptr(len(format)))
	defer chdbInsertFree(stream)
	if err := failure(chdbInsertError(stream)); err != nil {
		return 0, err
	}
	for {
		data, err := next()
		if err != nil {
			chdbInsertCancel(stream)
			return 0, err
		}
		if data == nil {
			break
		}
		if len(data) > 0 && chdbAppend(stream, unsafe.SliceData(data), uintptr(len(data))) != 0 {
			break // what is wrong the end says
		}
	}
	result := chdbDone(stream)
	defer chdbDestroy(result)
	if err := failure(chdbError(result)); err != nil {
		return 0, err
	}
	return chdbRowsWritten(result), failure(chdbInsertError(stream))
}
