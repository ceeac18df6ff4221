package courier_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"hikeshi/bot/chat"
	"hikeshi/workflows/incident"
)

// A ヒヤリハット gets nobody out of bed, and its messages are given up like others. That nothing
// reaches who was called stands in the record all the same, as soon as it is so.
func TestACallThatIsGivenUpStandsInTheRecord(t *testing.T) {
	b := newBench(t)
	gone := b.person("鈴木").ID
	b.platform.answer = func(_ context.Context, d chat.Delivery) error {
		if strings.HasPrefix(d.Key, "page:") && strings.HasSuffix(d.Key, string(gone)) {
			return fmt.Errorf("no account: %w", chat.ErrGone)
		}
		return nil
	}
	id := b.do("r1", "山本", "", incident.Report{Text: "送る前に気づいた", What: incident.KindNearMiss}).Incident
	b.drain()
	records, err := b.store.Records(t.Context(), id, 1, 0)
	if err != nil {
		t.Fatal(err)
	}
	failed, unreached := 0, 0
	for _, r := range records {
		switch e := r.Event.(type) {
		case incident.MeansFailed:
			if failed++; e.Person != gone || e.Means != incident.ByChat || e.Why != incident.TroubleUnreachable {
				t.Errorf("%+v", e)
			}
		case incident.Unreached:
			unreached++
		}
	}
	if failed != 1 || unreached != 1 {
		t.Errorf("%d means failed, %d unreached; want one of each", failed, unreached)
	}
}
