package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"microspend/internal/tenantproof"
)

func (a *app) tenantProofCommand() *cobra.Command {
	var keyFile string
	var newKey bool
	cmd := a.command(&cobra.Command{
		Use:   "tenant-proof [TENANT]",
		Short: "Print the launch payload that proves a MicroVM's tenant",
		Long: `tenant-proof prints the payload that your control plane passes to RunMicrovm: the tenant's name and its proof, the
HMAC-SHA256 of the name under a key that no MicroVM knows. The meter passes the proof on, and microspend collect
--source logs verifies it with the same key (collect.tenant_key_file). A tenant whose proof is missing or wrong is
shown as "(unverified) NAME".`,
		Example: `  # Create the key once, where the control plane and the collector can read it
  microspend tenant-proof --new-key --key-file tenant.key
  # The payload of a MicroVM for the tenant acme
  microspend tenant-proof acme --key-file tenant.key`,
		Args: atMostOne,
	}, func(_ *cobra.Command, args []string) error {
		switch {
		case keyFile == "":
			return errors.New("--key-file is missing; create a key with --new-key --key-file FILE")
		case newKey && len(args) > 0:
			return errors.New("--new-key only creates a key; leave out the tenant")
		case newKey:
			return a.writeNewKey(keyFile)
		case len(args) == 0:
			return errors.New("tenant-proof needs a tenant; see microspend tenant-proof --help")
		}
		key, err := tenantproof.ReadKey(keyFile)
		if err != nil {
			return err
		}
		payload, err := key.Payload(args[0])
		if err != nil {
			return err
		}
		out := json.NewEncoder(a.out)
		out.SetEscapeHTML(false)
		return out.Encode(payload)
	})
	cmd.Flags().StringVar(&keyFile, "key-file", "", "`FILE` with the key, 16 bytes or more that only its user may read")
	cmd.Flags().BoolVar(&newKey, "new-key", false, "create the file with a new random key, and print no proof")
	return cmd
}

// writeNewKey creates a key's file. It never replaces one: every proof under the old key would be lost.
func (a *app) writeNewKey(path string) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s exists; a new key needs a file of its own", path)
	}
	if err != nil {
		return err
	}
	_, err = file.Write(tenantproof.NewKey())
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	_, err = io.WriteString(a.notes, "wrote "+path+"; next: microspend tenant-proof TENANT --key-file "+path+"\n")
	return err
}
