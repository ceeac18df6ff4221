//go:build linux || darwin || freebsd

package main

import "golang.org/x/sys/unix"

// room gives the bytes on the disk of a folder that this user may still write, and all.
func room(folder string) (free, total uint64, err error) {
	var s unix.Statfs_t
	if err := unix.Statfs(folder, &s); err != nil {
		return 0, 0, err
	}
	block := uint64(s.Bsize)                                       //nolint:gosec,unconvert // never negative, and of another type on other systems
	return uint64(s.Bavail) * block, uint64(s.Blocks) * block, nil //nolint:gosec,unconvert // the same
}
