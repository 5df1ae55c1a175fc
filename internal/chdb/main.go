// Command chdb answers ClickHouse's HTTP interface with the real engine, which the library of chdb has: for tests on
// machines where there is no ClickHouse server. It is a module of its own, so that microspend need not know the library
// that calls C without a C compiler.
//
//	chdb -library .../libchdb.so -data DIR
//
// It listens on a free port unless told otherwise, prints the address, and ends with its standard input, so that it does not
// outlive the test that started it.
package main

import (
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
)

func main() {
	library := flag.String("library", "", "path of libchdb.so")
	data := flag.String("data", "", "folder that the engine keeps its data in")
	user := flag.String("user", "default", "user that requests must be of")
	password := flag.String("password", "", "password of the user")
	listen := flag.String("listen", "127.0.0.1:0", "address to listen on")
	flag.Parse()
	if err := serve(*library, *data, *listen, *user, *password); err != nil {
		fmt.Fprintln(os.Stderr, "chdb:", err)
		os.Exit(1)
	}
}

func serve(library, data, listen, user, password string) error {
	if err := load(library); err != nil {
		return err
	}
	first, err := connect(data, nil) // the engine ends with its last session
	if err != nil {
		return err
	}
	defer first.close()
	listener, err := net.Listen("tcp", listen)
	if err != nil {
		return err
	}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	fmt.Println(listener.Addr())
	return http.Serve(listener, &server{data: data, user: user, password: password, idle: map[string][]connection{}})
}
