package templates

import (
	"os"
	"testing"
)

func mustPDF(t testing.TB, d interface{}) {}

func TestTryPDF(t *testing.T) {
	b, err := PDF(longRenderingSample(60), renderingMade)
	if err != nil {
		t.Fatal(err)
	}
	os.WriteFile("/tmp/pdfx/a.pdf", b, 0o644)
}

func BenchmarkPDF500(b *testing.B) {
	d := longRenderingSample(500)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := PDF(d, renderingMade); err != nil {
			b.Fatal(err)
		}
	}
}
