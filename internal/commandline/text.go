package commandline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// mostWord bounds a word of a message: longer than this, it is a slip, such as a file given in place of its name.
const mostWord = 300

// Text is what an error says to a user: its own text, but for what the standard library and the system put into it in
// words of their own, and with what is too long to be read cut short.
func Text(err error) string {
	text := err.Error()
	for _, each := range tree(err) {
		if ours := reworded(each); ours != "" {
			text = strings.ReplaceAll(text, each.Error(), ours)
		}
	}
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		words := strings.Split(line, " ")
		for j, word := range words {
			if utf8.RuneCountInString(word) > mostWord {
				words[j] = string([]rune(word)[:mostWord/2]) + "…"
			}
		}
		lines[i] = strings.Join(words, " ")
	}
	return strings.Join(lines, "\n")
}

// tree is an error and everything that it wraps, the outermost first.
func tree(err error) (all []error) {
	if err == nil {
		return nil
	}
	all = append(all, err)
	switch wrapping := err.(type) {
	case interface{ Unwrap() error }:
		return append(all, tree(wrapping.Unwrap())...)
	case interface{ Unwrap() []error }:
		for _, each := range wrapping.Unwrap() {
			all = append(all, tree(each)...)
		}
	}
	return all
}

// reworded is what an error of the standard library says in our words, "" of any other.
func reworded(err error) string {
	switch err := err.(type) {
	case *fs.PathError:
		return fmt.Sprintf("cannot %s: %s", done(err.Op, err.Path), cause(err.Err))
	case *os.LinkError:
		return fmt.Sprintf("cannot %s %s to %s: %s", err.Op, err.Old, err.New, cause(err.Err))
	case *os.SyscallError:
		return cause(err.Err)
	case *url.Error:
		if lookup, ok := errors.AsType[*net.DNSError](err); ok { // what is asked for is of no use to who is offline
			return reworded(lookup)
		}
		return err.URL + ": " + Text(err.Err)
	case *net.OpError:
		return connection(err)
	case *net.DNSError:
		return fmt.Sprintf("cannot find the address of %s: %s", err.Name, err.Err)
	case *json.SyntaxError:
		character, is := strings.CutPrefix(err.Error(), "invalid character ")
		if !is {
			return "it ends too early"
		}
		character, _, _ = strings.Cut(character, "' ")
		return "unexpected character " + character + "'"
	case *strconv.NumError:
		return fmt.Sprintf("%.40q is not a number", err.Num)
	case *time.ParseError:
		return fmt.Sprintf("%.40q is not a time", err.Value)
	}
	switch err {
	case io.ErrUnexpectedEOF:
		return "it ends too early"
	case context.Canceled:
		return "interrupted"
	case context.DeadlineExceeded:
		return "there was no answer in time"
	}
	return ""
}

// done is what was done to a path, by the system's name of it.
func done(op, path string) string {
	if path == "" {
		path = "a file without a name"
	}
	switch op {
	case "open":
		return "open " + path
	case "mkdir":
		return "create the directory " + path
	case "read", "stat", "lstat", "fstat", "readdirent", "readlink", "fdopendir":
		return "read " + path
	}
	return "write " + path
}

func connection(err *net.OpError) string {
	if malformed, ok := errors.AsType[*net.AddrError](err); ok {
		return fmt.Sprintf("%.100q is not an address such as 127.0.0.1:8480: %s", malformed.Addr, malformed.Err)
	}
	at := err.Net
	if err.Addr != nil {
		at = err.Addr.String()
	}
	switch err.Op {
	case "listen":
		return fmt.Sprintf("cannot listen on %s: %s", at, cause(err.Err))
	case "dial":
		return fmt.Sprintf("cannot connect to %s: %s", at, cause(err.Err))
	}
	return fmt.Sprintf("the connection to %s failed: %s", at, cause(err.Err))
}

// cause is an error without the names of calls around it.
func cause(err error) string {
	if call, ok := errors.AsType[*os.SyscallError](err); ok {
		err = call.Err
	}
	return err.Error()
}
