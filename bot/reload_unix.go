//go:build !windows

package main

import (
	"os"
	"os/signal"
	"syscall"
)

// listenForReload gives the signals by which an operator says that the templates were
// changed. Two that come at once are one.
func listenForReload() (changed <-chan os.Signal, stop func()) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGHUP)
	return c, func() { signal.Stop(c) }
}
