package report

import "strconv"

// Size says how large a file is, as people say it: 412 B, 12.3 KB, 4.0 MB of 1024 each.
func Size(n int64, say Say) string {
	switch {
	case n < 1<<10:
		return say("size.b", "n", strconv.FormatInt(n, 10))
	case n < 1<<20:
		return say("size.kb", "n", strconv.FormatFloat(float64(n)/(1<<10), 'f', 1, 64))
	}
	return say("size.mb", "n", strconv.FormatFloat(float64(n)/(1<<20), 'f', 1, 64))
}
