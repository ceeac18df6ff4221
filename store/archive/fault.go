package archive

import "strings"

// Fault is why an archive cannot be written or used, as a message of the product: its key and
// what stands in it, name and value in turn.
type Fault struct {
	Key  string
	Args []string
}

func (f *Fault) Error() string { return f.Key + " " + strings.Join(f.Args, " ") }

// fault names the archive by its path first.
func fault(key, path string, pairs ...string) error {
	return &Fault{Key: key, Args: append([]string{"file", path}, pairs...)}
}
