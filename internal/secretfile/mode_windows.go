package secretfile

import "io/fs"

func readableByOthers(fs.FileInfo) fs.FileMode { return 0 }
