package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"microspend/report/focus"
	"microspend/report/xlsx"
	"microspend/spend"
	"microspend/view"
)

// exportFormats are the formats of spend that are handed on, beside those of every document.
var exportFormats = []view.Format{view.FormatXLSX, view.FormatFOCUSCSV, view.FormatFOCUSParquet}

// exportSpend writes spend in one of exportFormats. It reports false for other formats.
func (a *app) exportSpend(cmd *cobra.Command, source spend.Source, request spend.Request,
	account string,
) (done bool, err error) {
	format := view.Format(a.output.format)
	switch format {
	case view.FormatXLSX:
		if err := a.refuseFlags(cmd, "by", "sort", "top", "min", "billing-account"); err != nil {
			return true, err
		}
		gathered, err := xlsx.Gather(cmd.Context(), source, request, a.now())
		if err != nil {
			return true, err
		}
		return true, a.printBinary(func(w io.Writer) error { return xlsx.Write(w, gathered) })
	case view.FormatFOCUSCSV, view.FormatFOCUSParquet:
		if err := a.refuseFlags(cmd, "by", "sort", "top", "min", "previous", "basis", "tz"); err != nil {
			return true, err
		}
		charges, err := source.Charges(cmd.Context(), request.From, request.To, request.Filter)
		if err != nil {
			return true, err
		}
		data := focus.Dataset{Charges: charges, Account: account}
		if format == view.FormatFOCUSCSV {
			return true, a.printBinary(func(w io.Writer) error { return focus.WriteCSV(w, data) })
		}
		return true, a.printBinary(func(w io.Writer) error { return focus.WriteParquet(w, data) })
	default:
		return false, nil
	}
}

func (a *app) writesFOCUS() bool {
	format := view.Format(a.output.format)
	return format == view.FormatFOCUSCSV || format == view.FormatFOCUSParquet
}

// refuseFlags refuses flags that a format has no use for, instead of leaving them out in silence.
func (a *app) refuseFlags(cmd *cobra.Command, names ...string) error {
	for _, name := range names {
		if cmd.Flags().Changed(name) {
			return fmt.Errorf("--%s cannot be combined with --format %s", name, a.output.format)
		}
	}
	return nil
}
