package store

import "golang.org/x/sys/windows"

// Room gives the bytes on the disk of a folder that this user may still write, and all.
func Room(folder string) (free, total float64, err error) {
	name, err := windows.UTF16PtrFromString(folder)
	if err != nil {
		return 0, 0, err
	}
	var f, t uint64
	err = windows.GetDiskFreeSpaceEx(name, &f, &t, nil)
	return float64(f), float64(t), err
}
