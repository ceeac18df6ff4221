//go:build !linux && !darwin && !freebsd && !windows

package main

import "errors"

// room is not known on this system.
func room(string) (free, total float64, err error) { return 0, 0, errors.ErrUnsupported }
