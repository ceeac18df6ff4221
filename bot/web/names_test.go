package web_test

import (
	"strings"
	"testing"
)

// Buttons of which a page has many say what they are about to whoever hears them one by one.
func TestButtonsAreNamedByWhatTheyAreAbout(t *testing.T) {
	r := openRoom(t)
	g := r.guest(t, suzuki)
	_, page := g.get("/incidents/" + incidentID)
	for _, want := range []string{
		`aria-label="済みにする 手順2がまだです">済みにする</button>`,
		`aria-label="書く 影響範囲が空です">書く</button>`,
		`aria-label="直す 発生事象">直す</button>`,
		`aria-label="取消 記録 4">取消</button>`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("no %s in the page:\n%s", want, page)
		}
	}
}
