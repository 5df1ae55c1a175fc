//go:build !unix

package meter

import (
	"context"
	"errors"
	"os"
)

var errUnixAlone = errors.New("a command can be run on Unix alone; start the meter beside it")

func supervise(context.Context, []string, *children, <-chan os.Signal) (int, error) {
	return exitUsage, errUnixAlone
}

type children struct{}

func (*children) run(context.Context, []string, []string) error { return errUnixAlone }

func parseSignal(string) (os.Signal, error) { return nil, errUnixAlone }
