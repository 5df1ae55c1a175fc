// Command microspend-meter is microspend meter alone: the smallest program for an image, which links nothing else.
package main

import (
	"os"

	"microspend/collector/meter"
)

func main() {
	os.Exit(meter.Main(os.Args[1:], meter.Process{
		Out: os.Stdout, Err: os.Stderr, Env: os.Getenv, Root: "/", Clock: meter.SystemClock(),
	}))
}
