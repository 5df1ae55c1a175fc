package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

func TestFormerly(t *testing.T) {
	for _, test := range []struct {
		name, args, want string
		fails            string
	}{
		{name: "the new name", args: "--every 5m --role-arn a", want: "5m a"},
		{name: "the old names", args: "--collect-every=5m --role a", want: "5m a"},
		{name: "both, of which the last counts", args: "--every 5m --collect-every 6m", want: "6m -"},
		{name: "both, the other way around", args: "--collect-every 6m --every 5m", want: "5m -"},
		{name: "none", want: "- -"},
		{name: "near an old name", args: "--collect-evry 5m", fails: "unknown flag --collect-evry; see x --help"},
		{name: "near the new name", args: "--evry 5m", fails: "unknown flag --evry; did you mean --every? See x --help"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got string
			var every, role string
			cmd := &cobra.Command{Use: "x", SilenceUsage: true, SilenceErrors: true}
			cmd.RunE = func(cmd *cobra.Command, _ []string) error {
				for i, name := range []string{"every", "role-arn"} {
					if value := []string{every, role}[i]; cmd.Flags().Changed(name) {
						got += value + " "
					} else {
						got += "- "
					}
				}
				return nil
			}
			cmd.Flags().StringVar(&every, "every", "", "")
			cmd.Flags().StringVar(&role, "role-arn", "", "")
			formerly(cmd, "collect-every", "every")
			formerly(cmd, "role", "role-arn")
			cmd.SetFlagErrorFunc(flagError)
			cmd.SetArgs(strings.Fields(test.args))
			switch err := cmd.Execute(); {
			case test.fails != "":
				if err == nil || err.Error() != test.fails {
					t.Errorf("got error %v, want %s", err, test.fails)
				}
			case err != nil || strings.TrimSpace(got) != test.want:
				t.Errorf("got %q (%v), want %q", got, err, test.want)
			}
		})
	}
}

// The old name shows neither in help nor in completion.
func TestFormerlyIsHidden(t *testing.T) {
	for _, args := range [][]string{{"x", "--help"}, {"__complete", "x", "--"}} {
		root := &cobra.Command{Use: "root"}
		cmd := &cobra.Command{Use: "x", Run: func(*cobra.Command, []string) {}}
		root.AddCommand(cmd)
		cmd.Flags().String("every", "", "")
		formerly(cmd, "poll", "every")
		var out bytes.Buffer
		root.SetOut(&out)
		root.SetErr(&out)
		root.SetArgs(args)
		if err := root.Execute(); err != nil {
			t.Fatal(err)
		}
		if text := out.String(); strings.Contains(text, "poll") || !strings.Contains(text, "--every") {
			t.Errorf("%v prints %s", args, text)
		}
	}
}
