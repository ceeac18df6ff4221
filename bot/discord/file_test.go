package discord

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"hikeshi/bot/chat"
	"hikeshi/bot/discord/discordtest"
)

// attachDesk asks for files, refuses the form once, and notes what files come then.
func attachDesk(got *[]string) *doorDesk {
	form := chat.Form{Draft: "attach|||files", Title: "ファイルを添付する", Inputs: []chat.Input{{Name: "file", Label: "ファイル", Kind: chat.Upload, Required: true}}}
	sent := 0
	return &doorDesk{
		draft: func(context.Context, string) (chat.Form, error) { return form, nil },
		handle: func(_ context.Context, r chat.Request) chat.Reply {
			if r.Kind != chat.Submitted {
				return chat.Reply{Form: &form}
			}
			if sent++; sent == 1 {
				refused := form
				refused.Error = "いまは受け付けられません。"
				return chat.Reply{Form: &refused}
			}
			*got = nil
			for file, err := range r.Files {
				switch {
				case errors.Is(err, chat.ErrGone):
					*got = append(*got, file.Input+" "+file.Name+" gone")
				case err != nil:
					*got = append(*got, "later")
				default:
					body, _ := io.ReadAll(file.Body)
					*got = append(*got, file.Input+" "+file.Name+" "+string(body))
				}
			}
			return chat.Reply{Accepted: true, Cards: []chat.Card{{Title: "受け付けました"}}}
		},
	}
}

// A form that has waited for more than a day: the addresses that its files had are over, and
// Discord is asked for others. One that is gone does not keep the others away.
func TestFilesOfAFormThatWaited(t *testing.T) {
	for name, c := range map[string]struct {
		gone  string
		fails discordtest.Kind
		want  []string
	}{
		"all are there":             {want: []string{"file a.png aa", "file b.png bb"}},
		"one is gone":               {gone: "a.png", want: []string{"file a.png gone", "file b.png bb"}},
		"Discord renews no address": {fails: discordtest.ServerError, want: []string{"later"}},
		"too much is asked for":     {fails: discordtest.Limited, want: []string{"later"}},
		"the line breaks":           {fails: discordtest.CutBefore, want: []string{"later"}},
	} {
		t.Run(name, func(t *testing.T) {
			g := discordtest.New(t)
			p := g.AddMember("山本")
			g.AddChannel("general")
			var got []string
			desk := attachDesk(&got)
			f := openDoor(t, g, desk)
			p.Command("general", "incident attach", nil)
			p.WaitModal("ファイル")
			p.Attach("file", "a.png", []byte("aa"))
			p.Attach("file", "b.png", []byte("bb"))
			p.Submit()
			p.WaitWhisper("いまは受け付けられません")
			g.ExpireLinks()
			if c.gone != "" {
				g.Forget(c.gone)
			}
			if c.fails != 0 {
				g.Fail(discordtest.RefreshURLs, 1, c.fails, 0)
			}
			r := f.request(t.Context(), sheetOnly(t, f), chat.Request{From: userID(p.ID)})
			if reply := desk.handle(t.Context(), r); !reply.Accepted || !slices.Equal(got, c.want) {
				t.Errorf("%q, want %q", got, c.want)
			}
			if n := len(g.Calls(discordtest.RefreshURLs)); n != 1 {
				t.Errorf("asked %d times for new addresses", n)
			}
			if c.fails != 0 { // sent again, it has its files
				want := []string{"file a.png aa", "file b.png bb"}
				if desk.handle(t.Context(), r); !slices.Equal(got, want) {
					t.Errorf("the next time %q, want %q", got, want)
				}
			}
			idle(g, f)
			blameless(t, g)
		})
	}
}

// sheetOnly is the one form that is on its way.
func sheetOnly(t *testing.T, f *Front) *sheet {
	t.Helper()
	f.sheets.mu.Lock()
	defer f.sheets.mu.Unlock()
	if len(f.sheets.by) != 1 {
		t.Fatalf("%d forms are on their way", len(f.sheets.by))
	}
	for _, at := range f.sheets.by {
		return at.clone()
	}
	return nil
}

// A report of somebody's message, sent two days later, has the message's files; where they were
// deleted meanwhile it is accepted without.
func TestQuotedFilesOfAFormThatWaited(t *testing.T) {
	for _, deleted := range []bool{false, true} {
		g := discordtest.New(t)
		p, author := g.AddMember("山本"), g.AddMember("鈴木")
		g.AddChannel("general")
		var got []string
		desk := attachDesk(&got)
		take := desk.handle
		desk.handle = func(ctx context.Context, r chat.Request) chat.Reply {
			if r.Kind == chat.Quoted {
				return chat.Reply{Form: &chat.Form{Draft: "report|||quoted", Title: "報告する", Inputs: []chat.Input{{Name: "event", Label: "何が", Kind: chat.Lines, Required: true, Value: r.Quote.Text}}}}
			}
			return take(ctx, r)
		}
		take(t.Context(), chat.Request{Kind: chat.Submitted}) // the first is refused
		f := openDoor(t, g, desk)
		m := author.Share("general", "サーバーが落ちています", "画面.png", []byte("png"))
		p.MessageCommand("インシデントとして報告", "general", m)
		p.WaitModal("何が")
		g.ExpireLinks()
		want := "quoted 画面.png png"
		if deleted {
			g.Forget("画面.png")
			want = "quoted 画面.png gone"
		}
		p.Submit()
		p.WaitWhisper("受け付けました")
		idle(g, f)
		if strings.Join(got, ",") != want {
			t.Errorf("%q, want %q", got, want)
		}
		blameless(t, g)
	}
}
