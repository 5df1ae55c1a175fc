package meter

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/shopspring/decimal"

	"microspend/pricing"
)

const (
	exitExhausted   = 1
	exitUnreachable = 3

	askPatience = 5 * time.Second
	maxAnswer   = 64 << 10
)

// ask asks the meter that runs in this MicroVM whether that many dollars more may be spent, prints one line, and
// returns the exit code: 0 for yes, 1 for no. Where that cannot be told it is an error with exit code 3.
func ask(ctx context.Context, out io.Writer, address string, more decimal.Decimal) (code int, err error) {
	b, err := askBudget(ctx, address)
	if err != nil {
		return exitUnreachable, fmt.Errorf("asking the meter: %w", err)
	}
	fmt.Fprintln(out, b.inWords())
	switch {
	case b.Exhausted:
		return exitExhausted, nil
	case len(b.Faults) > 0 && b.Budget == nil:
		return exitUnreachable, errors.New("there may be a budget: " + b.Faults[0])
	case b.Budget != nil && b.Left == nil:
		return exitUnreachable, fmt.Errorf("what was spent is not known (%s)", b.State)
	case b.Left != nil && b.Left.LessThan(more):
		return exitExhausted, nil
	}
	return exitDone, nil
}

func askBudget(ctx context.Context, address string) (b Budget, err error) {
	ctx, cancel := context.WithTimeout(ctx, askPatience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+BudgetPath, nil)
	if err != nil {
		return b, err
	}
	response, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(request)
	if err != nil {
		return b, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("it answered %d: %.200s", response.StatusCode, text)
	}
	if err == nil {
		err = json.Unmarshal(text, &b)
	}
	return b, err
}

// parseAsk reads the dollars of --ask.
func parseAsk(text string) (decimal.Decimal, error) {
	more, err := pricing.ParseDecimal(text)
	if err == nil && more.IsNegative() {
		err = errors.New("below zero")
	}
	if err != nil {
		return more, fmt.Errorf("%.40q: %w", text, err)
	}
	return more, nil
}
