//go:build linux || darwin || freebsd

package store

import "golang.org/x/sys/unix"

// Room gives the bytes on the disk of a folder that this user may still write, and all.
func Room(folder string) (free, total float64, err error) {
	var s unix.Statfs_t
	if err := unix.Statfs(folder, &s); err != nil {
		return 0, 0, err
	}
	// The types of these fields differ between systems.
	return float64(s.Bavail) * float64(s.Bsize), float64(s.Blocks) * float64(s.Bsize), nil
}
