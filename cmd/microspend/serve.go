package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"microspend/serve"
)

const tokenVariable = "MICROSPEND_TOKEN"

func (a *app) serveCommand() *cobra.Command {
	var (
		listen, token, tokenFile string
		options                  serve.Options
	)
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve the report, spend as JSON, and metrics for Prometheus",
		Long: `serve answers over HTTP: / is the report of a month, /api/v1/spend what spend prints as JSON, /metrics is for Prometheus,
/healthz and /readyz are for whatever keeps it running. It reads the ledger again when it changes.

It listens on this machine alone unless --listen says otherwise, which needs a token: in --token-file, in the environment
as MICROSPEND_TOKEN, or in --token, where others on the machine can see it. There is no TLS; put a proxy before it.`,
		Example: `  microspend serve
  MICROSPEND_TOKEN=$(openssl rand -hex 32) microspend serve --listen 0.0.0.0:8480`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if options.Refresh < time.Second || options.Connections < 1 || options.Series < 1 || options.Drain < 0 {
				return errors.New("--refresh is 1s or more, --connections and --series 1 or more, --drain 0s or more")
			}
			var err error
			if options.Token, err = a.token(token, tokenFile); err != nil {
				return err
			}
			options.Load, options.Now = a.spendInputs, a.now
			if a.asOf != "" {
				day, err := a.today()
				if err != nil {
					return err
				}
				options.Now = func() time.Time { return day }
			}
			options.Logger = slog.New(slog.NewTextHandler(a.err, nil))
			server, err := serve.New(options)
			if err != nil {
				return err
			}
			listener, err := net.Listen("tcp", listen)
			if err != nil {
				return fmt.Errorf("--listen: %w", err)
			}
			if !serve.IsLoopback(listener.Addr()) && options.Token == "" {
				_ = listener.Close()
				return fmt.Errorf("--listen: %s can be reached from elsewhere, which needs a token; see %s --help", listen, cmd.CommandPath())
			}
			if a.patience != nil {
				a.patience(options.Drain + 2*time.Second)
			}
			fmt.Fprintf(a.err, "serving on http://%s/\n", listener.Addr())
			return server.Serve(cmd.Context(), listener)
		},
	}
	a.finance.addTo(cmd)
	flags := cmd.Flags()
	flags.StringVar(&listen, "listen", "127.0.0.1:8480", "`address` to listen on; port 0 chooses one")
	flags.StringVar(&tokenFile, "token-file", "", "`file` with the token that every request must have")
	flags.StringVar(&token, "token", "", "the `token` itself; others on the machine can see it, --token-file they cannot")
	flags.StringArrayVar(&options.Hosts, "host", nil, "answer also for this `name`, as of a proxy before a loopback address; may be repeated")
	flags.DurationVar(&options.Refresh, "refresh", 5*time.Second, "how `often` to look whether the ledger has changed")
	flags.IntVar(&options.Connections, "connections", 256, "the `most` connections at a time")
	flags.IntVar(&options.Series, "series", 1000, "the `most` combinations of tenant, image and region in metrics; the rest is (other)")
	flags.DurationVar(&options.Drain, "drain", 10*time.Second, "how `long` to wait for answers under way when told to stop")
	return cmd
}

// token is that of --token, of --token-file, or of the environment, the first that is given.
func (a *app) token(flag, file string) (string, error) {
	token := a.env(tokenVariable)
	switch {
	case flag != "" && file != "":
		return "", errors.New("give --token or --token-file, not both")
	case flag != "":
		token = flag
	case file != "":
		text, err := os.ReadFile(file)
		if err != nil {
			return "", err
		}
		if token = strings.TrimSpace(string(text)); token == "" {
			return "", fmt.Errorf("--token-file: %s is empty", file)
		}
	}
	if token == "" {
		return "", nil
	}
	return token, serve.CheckToken(token)
}
