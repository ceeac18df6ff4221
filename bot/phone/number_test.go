package phone

import (
	"errors"
	"regexp"
	"testing"
)

func TestNumber(t *testing.T) {
	for written, want := range map[string]string{
		"090-0000-0002":      "+819000000002",
		"09000000002":        "+819000000002",
		" 090 0000 0002 ":    "+819000000002",
		"03-1234-5678":       "+81312345678",
		"(03) 1234-5678":     "+81312345678",
		"03(1234)5678":       "+81312345678",
		"050-1234-5678":      "+815012345678",
		"0120-123-456":       "+81120123456",
		"0800-123-4567":      "+818001234567",
		"+81 90-0000-0002":   "+819000000002",
		"+81 (0)90-000-0002": "+81900000002",
		"+81(0)3-1234-5678":  "+81312345678",
		"+1 212-555-0100":    "+12125550100",
		"+44.20.7946.0000":   "+442079460000",
		"+888123456789012":   "+888123456789012",
	} {
		if got, err := Number(written); err != nil || got != want {
			t.Errorf("%s: %q, %v; want %s", written, got, err, want)
		}
	}
	for written, want := range map[string]error{
		"#12": ErrExtension, "*12": ErrExtension, "#9110": ErrExtension, "110": ErrExtension, "4012": ErrExtension, "内線12": ErrNumber, "#0312345678": ErrExtension,
		"": ErrNumber, " ": ErrNumber, "+": ErrNumber, "-": ErrNumber, "#": ErrNumber, "自宅": ErrNumber, "090-0000-000x": ErrNumber,
		"0000000000": ErrNumber, "9000000002": ErrNumber, "090-0000-00023": ErrNumber, "03-1234-567": ErrNumber,
		"+81 90-0000-00023": ErrNumber, "+8112345678": ErrNumber, "+0123456789": ErrNumber, "+1234567": ErrNumber, "+1234567890123456": ErrNumber,
		"+12#345678": ErrNumber, "090-0000-0002 #12": ErrNumber, "０９０−００００−０００２": ErrNumber,
	} {
		if got, err := Number(written); !errors.Is(err, want) || got != "" {
			t.Errorf("%q: %q, %v; want %v", written, got, err, want)
		}
	}
}

func FuzzNumber(f *testing.F) {
	for _, s := range []string{"090-0000-0002", "+81 (0)3-1234-5678", "#12", "110", "+1", "0"} {
		f.Add(s)
	}
	e164 := regexp.MustCompile(`^\+[1-9][0-9]{7,14}$`)
	f.Fuzz(func(t *testing.T, s string) {
		n, err := Number(s)
		if (err == nil) == (n == "") || err == nil && !e164.MatchString(n) {
			t.Fatalf("%q: %q, %v", s, n, err)
		}
		if err != nil {
			return
		}
		// What is in this form stays as it is.
		if again, err := Number(n); err != nil || again != n {
			t.Fatalf("%q: %q, then %q, %v", s, n, again, err)
		}
	})
}
