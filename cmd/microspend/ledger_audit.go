package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"microspend/ledger"
	"microspend/ledger/audit"
	"microspend/report"
	"microspend/view"
)

// auditedInput is a file that is imported. What is read of it is hashed on the way, so that the audit log has what was
// imported and not what the file had a moment before; a Parquet file is read here and there and is hashed by itself.
type auditedInput struct {
	path    string
	in      io.Reader
	size    int64 // 0 where it is not known
	reading *audit.Reading
}

func (i *auditedInput) reader() io.Reader {
	if file, ok := i.in.(*os.File); ok {
		begin := make([]byte, len(parquetMagic))
		n, _ := file.ReadAt(begin, 0) // what cannot be read is reported when all of it is
		if bytes.HasPrefix(begin[:n], []byte(parquetMagic)) || strings.HasSuffix(i.path, ".parquet") {
			i.reading = audit.NewReading(inputName(i.path), io.NewSectionReader(file, 0, i.size))
			return file
		}
	}
	i.reading = audit.NewReading(inputName(i.path), i.in)
	return i.reading
}

func (i *auditedInput) file() (audit.File, error) { return i.reading.File() }

func (a *app) ledgerAuditCommand() *cobra.Command {
	var (
		day                 string
		action              string
		expect, acknowledge string
	)
	cmd := a.printing(&cobra.Command{
		Use:   "audit",
		Short: "Show who changed the ledger, and verify that nothing else did",
		Long: `audit lists the entries of the ledger's audit log: who imported, collected, closed or repaired what, when and from
where. It verifies that each entry follows from the one before, and that every day, closed month and stored bill is
what the last entry about it says. It exits with 1 if something does not match, until you have looked into it and
give --acknowledge.

Anyone who can write to the ledger can also replace its log. To detect that, keep the hash of the newest entry
elsewhere: --expect HASH fails unless the log has an entry with that hash.`,
		Example: `  microspend ledger audit
  # Imports of last month
  microspend ledger audit --period last-month --action import
  # Who changed a day
  microspend ledger audit --day 2026-10-03
  # Compare with a hash that is kept elsewhere
  microspend ledger audit --expect "$(cat /mnt/elsewhere/head)"`,
	}, func(cmd *cobra.Command, _ []string) (view.Document, error) {
		if expect != "" && !regexp.MustCompile(`^[0-9a-f]{64}$`).MatchString(expect) {
			return view.Document{}, errors.New("--expect: give the 64 hexadecimal digits of an entry's hash")
		}
		from, to, err := a.dayRange()
		if err != nil {
			return view.Document{}, err
		}
		opened, err := a.openLedger(cmd.Context())
		if err != nil {
			return view.Document{}, err
		}
		if cmd.Flags().Changed("acknowledge") {
			if err := a.acknowledge(cmd.Context(), acknowledge); err != nil {
				return view.Document{}, err
			}
		}
		found, err := opened.AuditLog(cmd.Context(), audit.Options{
			Expect: expect,
			Keep: func(e *audit.Entry) bool {
				return !e.At.Before(from) && e.At.Before(to) && (action == "" || e.Action == action) && (day == "" || e.Concerns(day))
			},
		})
		if err != nil {
			return view.Document{}, err
		}
		return report.LedgerAudit(opened.Name(), found), passes(found.OK())
	})
	a.ledgerFlags(cmd)
	a.periodFlags(cmd, theWholeOf("log"))
	formerly(cmd, "since", "from")
	a.parsedFlag(cmd, "day", "", "list only entries that changed usage of this UTC `DAY`", func(text string) error {
		of, err := utcDay(text)
		day = of.Format(time.DateOnly)
		return err
	})
	flags := cmd.Flags()
	flags.StringVar(&action, "action", "", "list only entries of this `ACTION`, such as import, collect or close")
	flags.StringVar(&expect, "expect", "", "fail unless the log has the entry with this `HASH`, noted elsewhere before")
	flags.StringVar(&acknowledge, "acknowledge", "", "record that what does not hold was looked into, for this `REASON`")
	return cmd
}

func utcDay(text string) (time.Time, error) {
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return day, fmt.Errorf("%.40q is not a day such as 2026-10-03", text)
	}
	return day, nil
}

func (a *app) acknowledge(ctx context.Context, reason string) error {
	if strings.TrimSpace(reason) == "" {
		return errors.New("--acknowledge: give a reason for whoever reads the log later")
	}
	options := ledger.Options{Command: "microspend ledger audit"}
	return a.writeLedger(ctx, options, func(ctx context.Context, w ledger.Store) error {
		faults, err := w.Acknowledge(ctx, reason)
		if err == nil && len(faults) == 0 {
			fmt.Fprintln(a.notes, "there is nothing to acknowledge")
		}
		return err
	})
}
