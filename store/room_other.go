//go:build !linux && !darwin && !freebsd && !windows

package store

import "errors"

// Room is not known on this system.
func Room(string) (free, total float64, err error) { return 0, 0, errors.ErrUnsupported }
