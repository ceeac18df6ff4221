package main

import (
	"path/filepath"
	"strings"
	"testing"

	"hikeshi/store"
	"hikeshi/store/pgtest"
)

// A database that practice has used is refused to a live server and the other way round, on
// either kind of database; whoever only reads is refused as well.
func TestPracticeAndLiveAreKeptApart(t *testing.T) {
	for name, url := range map[string]string{
		"SQLite":     "sqlite:" + filepath.Join(t.TempDir(), "shared.db"),
		"PostgreSQL": pgtest.Shared(t).Empty(t),
	} {
		t.Run(name, func(t *testing.T) {
			open := func(mode string, options ...store.Option) error {
				p := &program{settings: settings{DatabaseURL: url, Lang: "ja", Mode: mode}}
				o, err := p.openStore(t.Context(), options...)
				if err != nil {
					return err
				}
				return o.store.Close()
			}
			for range 2 {
				if err := open(modePractice); err != nil {
					t.Fatal(err)
				}
			}
			p := &program{settings: settings{Lang: "ja"}}
			for _, options := range [][]store.Option{nil, {store.WithReadOnly()}} {
				if err := open(modeLive, options...); err == nil || !strings.Contains(p.inWords(err), "practice モードのもの") {
					t.Errorf("a live start: %v", err)
				}
			}
			if err := open(modePractice, store.WithReadOnly()); err != nil {
				t.Error(err)
			}
		})
	}
}
