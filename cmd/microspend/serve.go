package main

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/spf13/cobra"

	"microspend/internal/secretfile"
	"microspend/serve"
)

const (
	tokenVariable = "MICROSPEND_TOKEN"
	maxToken      = 4 << 10 // bytes of a token's file
)

func (a *app) serveCommand() *cobra.Command {
	var listen, token, tokenFile string
	options := serve.Options{}.WithDefaults()
	cmd := a.command(&cobra.Command{
		Use:   "serve",
		Short: "Serve reports, a JSON API and Prometheus metrics over HTTP",
		Long: `serve answers over HTTP: / is the report of a month, /api/v1/spend is the output of microspend spend as JSON,
/metrics is for Prometheus, and /healthz and /readyz are for health checks. It runs until interrupted.

serve listens on the loopback interface. To listen elsewhere, give --listen and a token, in --token-file or
MICROSPEND_TOKEN. There are no user accounts: anyone with the token can see all tenants' figures. There is no TLS;
put a proxy in front.`,
		Example: `  # http://127.0.0.1:8480
  microspend serve
  # For other machines, with a token
  (umask 077; openssl rand -hex 32 > token)
  microspend serve --listen 0.0.0.0:8480 --token-file token
  # Spend as JSON
  curl 'http://127.0.0.1:8480/api/v1/spend?by=tenant,day'`,
	}, func(cmd *cobra.Command, _ []string) error {
		if options.Refresh < time.Second || min(options.Connections, options.Series, options.Rows) < 1 || options.Drain < 0 {
			return errors.New(
				"--refresh must be at least 1s, --connections, --series and --rows at least 1, --drain at least 0s")
		}
		var err error
		if options.Token, err = a.token(token, tokenFile); err != nil {
			return err
		}
		options.Load, options.Now = a.advisedInputs, a.today
		options.Logger = slog.New(slog.NewTextHandler(a.err, a.logOptions()))
		server, err := serve.New(cmd.Context(), options)
		if err != nil {
			return err
		}
		listener, err := server.Listen(listen)
		if err != nil {
			return fmt.Errorf("--listen: %w; see %s --help", err, cmd.CommandPath())
		}
		if a.patience != nil {
			a.patience(options.Drain + 2*time.Second)
		}
		fmt.Fprintf(a.notes, "serving on http://%s/\n", listener.Addr())
		err = server.Serve(cmd.Context(), listener)
		a.usage = nil // damage was shown on pages while it served
		return err
	})

	a.ledgerFlags(cmd)
	a.currencyFlag(cmd)
	flags := cmd.Flags()
	flags.StringVar(&listen, "listen", "127.0.0.1:8480", "`ADDRESS` to listen on; port 0 picks a free one")
	flags.StringVar(&tokenFile, "token-file", "", "`FILE` with the token that requests must carry")
	flags.StringVar(&token, "token", "",
		"the `TOKEN` itself, which other users of the machine can see; prefer --token-file")
	flags.StringArrayVar(&options.Hosts, "host", nil,
		"also accept this host `NAME`, for example that of a proxy in front of a loopback address (repeatable)")
	flags.DurationVar(&options.Refresh, "refresh", options.Refresh, "`INTERVAL` at which to check the ledger for changes")
	flags.IntVar(&options.Connections, "connections", options.Connections, "maximum `N` of open connections")
	flags.IntVar(&options.Series, "series", options.Series,
		"maximum `N` of tenant, image and region combinations in metrics; the rest is (other)")
	flags.IntVar(&options.Rows, "rows", options.Rows,
		"maximum `N` of rows of a JSON answer; larger ones are refused, or need top")
	flags.DurationVar(&options.Drain, "drain", options.Drain, "`DURATION` to wait for requests in flight on shutdown")
	return cmd
}

// token is that of --token, of --token-file, or of the environment, the first that is given.
func (a *app) token(flag, file string) (string, error) {
	token := a.env(tokenVariable)
	switch {
	case flag != "" && file != "":
		return "", errors.New("give either --token or --token-file, not both")
	case flag != "":
		token = flag
	case file != "":
		text, err := secretfile.Read(file, maxToken)
		if err != nil {
			return "", fmt.Errorf("--token-file: %w", err)
		}
		token = string(text)
	}
	return token, nil
}
