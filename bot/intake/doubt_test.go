package intake

import (
	"strconv"
	"testing"
	"time"
)

func TestAChannelStaysInDoubtUntilItWasLookedAt(t *testing.T) {
	var d Doubts
	now := time.Unix(1000, 0)
	if _, ok := d.About("a"); ok || len(d.Open()) > 0 {
		t.Error("there is a doubt from the beginning")
	}
	d.Add("a", now)
	if at, ok := d.About("a"); !ok || !at.Equal(now) {
		t.Errorf("in doubt %v, since %v", ok, at)
	}
	if _, ok := d.About("b"); ok {
		t.Error("so is another channel")
	}
	open := d.Open()
	d.Add("a", now.Add(time.Second)) // while it is looked at
	d.Settle(open[0])
	if at, ok := d.About("a"); !ok || !at.Equal(now.Add(time.Second)) {
		t.Error("what was told meanwhile is forgotten")
	}
	d.Postpone(now.Add(time.Minute))
	if at, _ := d.About("a"); !at.Equal(now.Add(time.Minute)) {
		t.Errorf("the wait began at %v", at)
	}
	d.Settle(d.Open()[0])
	if _, ok := d.About("a"); ok {
		t.Error("it was looked at and is in doubt")
	}
}

// Beyond the bound every channel is in doubt, until all were looked at.
func TestDoubtsAreBounded(t *testing.T) {
	var d Doubts
	for i := range maxDoubts + 1 {
		if _, ok := d.About("other"); ok {
			t.Fatalf("every channel is in doubt after %d", i)
		}
		d.Add(strconv.Itoa(i), time.Unix(1000, 0))
	}
	open := d.Open()
	if _, ok := d.About("other"); !ok || len(open) != 1 || open[0].ID != "" {
		t.Fatalf("in doubt %v: %d", ok, len(open))
	}
	d.Add("0", time.Unix(1001, 0))
	d.Settle(open[0])
	if _, ok := d.About("0"); !ok {
		t.Error("what was told meanwhile is forgotten")
	}
	d.Settle(d.Open()[0])
	if _, ok := d.About("other"); ok || len(d.Open()) > 0 {
		t.Error("all were looked at and are in doubt")
	}
}
