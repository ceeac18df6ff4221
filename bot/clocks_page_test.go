package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// clockReader is somebody's browser in the practice room.
type clockReader struct {
	t       *testing.T
	browser *http.Client
	at      string
}

func readerOf(t *testing.T, n *night, at, who string) clockReader {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	r := clockReader{t, &http.Client{Jar: jar}, at}
	_, page := r.get("/be")
	token := regexp.MustCompile(`name="csrf" value="([^"]+)"`).FindStringSubmatch(page)
	if token == nil {
		t.Fatalf("nobody can be chosen: %s", page)
	}
	res, err := r.browser.PostForm(at+"/be", url.Values{"csrf": {token[1]}, "who": {string(n.who(who).User)}, "back": {"/"}})
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	return r
}

func (r clockReader) get(path string) (int, string) {
	r.t.Helper()
	res, err := r.browser.Get(r.at + path)
	if err != nil {
		r.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return res.StatusCode, string(body)
}

// The page of all deadlines, as a browser gets it: the incidents that its reader may read and no
// others, in his language.
func TestThePageOfAllDeadlines(t *testing.T) {
	for lang, rule := range map[string]string{"ja": "個人情報保護委員会への速報", "en": "First report to the Personal Information Protection Commission"} {
		t.Run(lang, func(t *testing.T) {
			n := newNight(t, lang)
			server := httptest.NewServer(n.house.web.Handler())
			t.Cleanup(server.Close)
			keys := 0
			do := func(who string, id incident.ID, do incident.Command) incident.ID {
				t.Helper()
				keys++
				p, _ := n.house.service.Contacts().Person(incident.PersonID(strings.TrimPrefix(string(n.who(who).User), "web:")))
				out, err := n.house.service.Do(t.Context(), workflows.Command{
					Key: fmt.Sprint("page-", keys), Incident: id, By: incident.Actor{ID: p.ID, Name: p.Name, Department: p.Department}, Source: incident.FromPerson, Do: do,
				})
				if err != nil || !out.Accepted() {
					t.Fatalf("%+v, %v", out.Refusal, err)
				}
				return out.Incident
			}
			sees := func(who string, want ...string) {
				t.Helper()
				status, page := readerOf(t, n, server.URL, who).get("/clocks")
				if status != http.StatusOK || !strings.Contains(page, `lang="`+lang+`"`) {
					t.Errorf("%s gets %d", who, status)
				}
				_, page, _ = strings.Cut(page, "<main") // beside it stand the reader's own messages
				page, _, whole := strings.Cut(page, "</main>")
				if !whole {
					t.Fatal("the page has no main part")
				}
				for _, text := range []string{"USBメモリー", "業務の横領"} {
					if got := strings.Contains(page, text); got != slices.Contains(want, text) {
						t.Errorf("%s sees %s: %v", who, text, got)
					}
				}
				none := n.house.say(lang, "clocks.all_none")
				if empty := strings.Contains(page, none); empty != (len(want) == 0) || strings.Contains(page, rule) == empty {
					t.Errorf("%s is told that there are none: %v\n%s", who, empty, page)
				}
				if advice := n.house.say(lang, "clocks.advice"); len(want) > 0 && strings.Count(page, advice) != 1 {
					t.Errorf("%s reads %d times that it is no advice", who, strings.Count(page, advice))
				}
			}
			// Nothing has happened yet.
			sees("佐藤")
			sees("山本")
			lost := do("山本", "", incident.Report{Text: "USBメモリーがない", What: incident.KindLoss})
			sees("佐藤", "USBメモリー")
			sees("山本") // who reported it is not asked to file anything
			sees("中村")
			// An insider case leaves out whom it is about, though he leads everything else.
			inside := do("山本", "", incident.Report{Text: "業務の横領の疑い、顧客名簿の持ち出し", What: incident.KindRuleBreach, Exclude: []incident.PersonID{incident.PersonID(strings.TrimPrefix(string(n.who("佐藤").User), "web:"))}})
			sees("佐藤", "USBメモリー")
			sees("田中", "USBメモリー", "業務の横領")
			// What has ended owes nothing.
			do("佐藤", lost, incident.Dismiss{Reason: "机の中にあった"})
			sees("佐藤")
			sees("田中", "業務の横領")
			do("鈴木", inside, incident.Dismiss{Reason: "勘違いだった"})
			sees("田中")

			// Who is nobody is asked who he is, and sees nothing.
			inside = do("山本", "", incident.Report{Text: "USBメモリーを盗まれた", What: incident.KindTheft})
			stranger := clockReader{t, &http.Client{}, server.URL}
			if _, page := stranger.get("/clocks"); strings.Contains(page, rule) || strings.Contains(page, "USBメモリー") || !strings.Contains(page, n.house.say(lang, "web.choose.title")) {
				t.Errorf("a stranger, with %s open, gets\n%s", inside, page)
			}
		})
	}
}
