package main

import "golang.org/x/sys/windows"

// room gives the bytes on the disk of a folder that this user may still write, and all.
func room(folder string) (free, total uint64, err error) {
	name, err := windows.UTF16PtrFromString(folder)
	if err != nil {
		return 0, 0, err
	}
	err = windows.GetDiskFreeSpaceEx(name, &free, &total, nil)
	return free, total, err
}
