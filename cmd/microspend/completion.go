package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
)

// completionCommand is the library's, as one command.
func (a *app) completionCommand() *cobra.Command {
	shells := []string{"bash", "zsh", "fish", "powershell"}
	plain := false
	cmd := a.command(&cobra.Command{
		Use:   "completion SHELL",
		Short: "Print a completion script for your shell",
		Long: `completion prints a script for SHELL: bash, zsh, fish or powershell. Loaded, it completes commands, flags
and their values when you press Tab: regions, formats, and the tenants and images of the ledger. In bash it needs
the package bash-completion; in zsh, compinit. Open a new shell after installing it.`,
		Example: `  # In this shell only
  source <(microspend completion bash)
  # In every new shell
  microspend completion bash > ~/.local/share/bash-completion/completions/microspend
  microspend completion zsh > "${fpath[1]}/_microspend"
  microspend completion fish > ~/.config/fish/completions/microspend.fish`,
		Args: func(cmd *cobra.Command, args []string) error {
			if err := exactly(1, "a shell: "+strings.Join(shells, ", "))(cmd, args); err != nil {
				return err
			}
			shell := ""
			if err := (choice{&shell, "shell", shells}).Set(args[0]); err != nil {
				return fmt.Errorf("%s: %w", cmd.CommandPath(), err)
			}
			return nil
		},
		ValidArgsFunction: cobra.FixedCompletions(shells, cobra.ShellCompDirectiveNoFileComp),
	}, func(cmd *cobra.Command, args []string) error {
		root, out := cmd.Root(), cmd.OutOrStdout()
		write := map[string]func(io.Writer) error{
			"bash":       func(w io.Writer) error { return root.GenBashCompletionV2(w, !plain) },
			"zsh":        root.GenZshCompletion,
			"fish":       func(w io.Writer) error { return root.GenFishCompletion(w, !plain) },
			"powershell": root.GenPowerShellCompletionWithDesc,
		}
		if plain {
			write["zsh"], write["powershell"] = root.GenZshCompletionNoDesc, root.GenPowerShellCompletion
		}
		return write[args[0]](out)
	})
	cmd.Flags().BoolVar(&plain, "no-descriptions", false, "complete names without descriptions")
	return cmd
}
