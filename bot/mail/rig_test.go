package mail_test

import (
	"context"
	"flag"
	"log/slog"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/bot/mail"
	"hikeshi/bot/mail/mailtest"
	"hikeshi/templates"
)

var update = flag.Bool("update", false, "write the golden files anew")

const (
	from   = "hikeshi@example.co.jp"
	sato   = chat.UserID("mail:sato@example.co.jp")
	public = "https://hikeshi.example.co.jp"
)

var night = time.Date(2026, 11, 24, 2, 0, 0, 0, time.FixedZone("JST", 9*60*60))

func texts(t testing.TB) *templates.Texts {
	t.Helper()
	all, err := templates.LoadTexts(nil)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// config is a means that reaches a server by a name that is not this machine's, as it would a
// company's.
func config(t testing.TB, s *mailtest.Server) mail.Config {
	return mail.Config{
		URL: s.URLAt(mailtest.Host), From: from, PublicURL: public, Say: texts(t).Say, Lang: "ja",
		Log: slog.New(slog.DiscardHandler), Roots: s.Roots(), Clock: func() time.Time { return night },
		Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, s.Address())
		},
	}
}

func newMail(t testing.TB, c mail.Config) *mail.Mail {
	t.Helper()
	m, err := mail.New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	return m
}

// aCall is the page of the night's incident.
func aCall() chat.Call {
	return chat.Call{
		Incident: "INC-2026-0001", Level: "2", Unsure: true, Lang: "ja", Text: "読み上げる文",
		Phones: []chat.Phone{
			{Name: "佐藤 美咲", Role: "インシデント対応責任者", Number: "090-0000-0002"},
			{Name: "鈴木 健", Role: "システム管理者", Number: "03-0000-0003（内線12）"},
		},
		Answer: "t0ken", AnswerPage: "/answer/t0ken", Expires: night.Add(24 * time.Hour),
	}
}

func page(c chat.Call) chat.Delivery {
	return chat.Delivery{
		Key: "page:INC-2026-0001:3:p-00000001:mail", To: chat.Target{User: sato}, Urgent: true, About: "INC-2026-0001", Call: &c,
		Card: chat.Card{
			Key: "page:INC-2026-0001:3", Tone: chat.Urgent, Mark: "再送", Title: "呼び出し：顧客名簿の漏えい",
			Blocks:  []chat.Block{{Text: "顧客名簿を誤送信しました。"}, {Fields: []chat.Pair{{Label: "報告者", Value: "山本 花子"}}}},
			Buttons: []chat.Button{{Label: "対応します", Action: "take|INC-2026-0001|3"}, {Label: "ページを開く", Page: "/incidents/INC-2026-0001"}},
		},
	}
}

// aCard is what is no page, with every part that a card can have.
func aCard() chat.Card {
	return chat.Card{
		Key: "head:INC-2026-0001", Tone: chat.Notice, Mark: "訓練・再送", Title: "記録の確認値：INC-2026-0001",
		Blocks: []chat.Block{
			{Text: "終結しました。\n控えてください。\n\n二つ目の段落です。"},
			{Heading: "いつ", Fields: []chat.Pair{{Label: "終結", Value: "きのう", At: night}, {Label: "番号", Value: "INC-2026-0001"}, {Label: "<b>&", Value: "一行目\n二行目"}}},
			{Heading: "手順", Items: []chat.Item{
				{Mark: "済", Text: "LANケーブルを抜く", Small: "佐藤 01:50", Buttons: []chat.Button{{Label: "ページで見る", Page: "/incidents/INC-2026-0001#s1"}}},
				{Mark: "未", Text: "<script>alert(1)</script>", Buttons: []chat.Button{{Label: "済にする", Action: "done|1"}}},
			}},
			{Text: "小さな字", Small: true},
		},
		Buttons: []chat.Button{
			{Label: "ページを開く", Page: "/incidents/INC-2026-0001?a=1&b=2"}, {Label: "押すだけ", Action: "x"},
			{Label: "よそ", Page: "https://evil.example/"}, {Label: "よそ", Page: "javascript:alert(1)"},
		},
	}
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v; write it with -update and read it", err)
	}
	g, w := strings.Split(got, "\n"), strings.Split(string(want), "\n")
	for i := range max(len(g), len(w)) {
		var a, b string
		if i < len(g) {
			a = g[i]
		}
		if i < len(w) {
			b = w[i]
		}
		if a != b {
			t.Fatalf("%s differs at line %d; if the new text is right, run with -update\n got: %s\nwant: %s", file, i+1, a, b)
		}
	}
}
