//go:build !unix

package meter

import (
	"context"
	"errors"
)

func supervise(context.Context, []string) (int, error) {
	return exitUsage, errors.New("a command can be run on Unix alone; start the meter beside it")
}
