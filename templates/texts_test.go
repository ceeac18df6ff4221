package templates_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"unicode/utf8"

	"hikeshi/templates"
	"hikeshi/workflows/clock"
	"hikeshi/workflows/contact"
	"hikeshi/workflows/incident"
	"hikeshi/workflows/paging"
)

func texts(t testing.TB) *templates.Texts {
	t.Helper()
	loaded, err := templates.LoadTexts(nil)
	if err != nil {
		t.Fatal(err)
	}
	return loaded
}

func strs[T ~string](list []T) []string {
	var out []string
	for _, x := range list {
		out = append(out, string(x))
	}
	return out
}

func with(list []string, suffixes ...string) []string {
	var out []string
	for _, x := range list {
		for _, s := range suffixes {
			out = append(out, x+s)
		}
	}
	return out
}

func numbers(from, to int) []string {
	var out []string
	for n := from; n <= to; n++ {
		out = append(out, string(rune('0'+n/10))+string(rune('0'+n%10)))
	}
	for i, s := range out {
		out[i] = strings.TrimPrefix(s, "0")
		if out[i] == "" {
			out[i] = "0"
		}
	}
	return out
}

// The words that are about no incident: the desk's, which this package may not import.
var lookingWords = []string{"status", "list", "contacts", "who", "undelivered", "away", "compromised", "web", "draft", "link", "help"}

// The bot's own commands and buttons are no words of /incident.
var silentWords = []incident.Word{incident.WordAbsorb, incident.WordPassRound, incident.WordMeans, incident.WordRecall, incident.WordPassOffer, incident.WordRemind, incident.WordPropose, incident.WordSign}

func words() []string {
	var out []string
	for _, w := range incident.AllWords {
		if !slices.Contains(silentWords, w) {
			out = append(out, string(w))
		}
	}
	return append(out, lookingWords...)
}

func levels() []string {
	out := []string{incident.Unassessed.String()}
	for _, l := range incident.Levels {
		out = append(out, l.String())
	}
	return out
}

func eventKinds() []string {
	var out []string
	for _, e := range incident.Events {
		out = append(out, string(e.Kind()))
	}
	return out
}

var forms = append(strs(incident.AllWords), "detail", "alarm", "away", "filed", "passed", "unneeded", "reminders",
	"legal_data", "legal_persons", "legal_mynumber", "legal_cause", "legal_others", "sendback", "publish", "partytold", "partygone", "link_mail", "link_code", "link_name")

// notified are the facts that the forms of 届出の確認 ask for.
var notified = append(strs(incident.LegalFacts), "personal_data", "persons", "my_number", "ransomware", "unauthorized_access", "virus", "confidential")

// noForm are the words that a button carries out at once, or that are the bot's own.
var noForm = []string{"take", "advance", "accept", "doc", "propose", "absorb", "round", "means", "recall", "offer", "clock", "remind", "sign"}

// dynamic are the keys that code puts together, by what it puts in: complete is what must
// be there, optional what may.
var dynamic = []struct {
	prefix             string
	complete, optional []string
}{
	{"phase.", strs(incident.Phases), nil},
	{"level.", levels(), nil},
	{"levelmean.", levels(), nil},
	{"kind.", strs(incident.Kinds), nil},
	{"category.", strs(incident.Categories), nil},
	{"role.", append(strs(incident.Roles), string(incident.Discoverer)), nil},
	{"fact.", strs(incident.FactKeys), nil},
	{"factword.", strs(incident.FactKeys), nil},
	{"question.", strs(incident.FactKeys), nil},
	{"questionhint.", nil, strs(incident.FactKeys)},
	{"legal.ask.", notified, nil},
	{"legal.hint.", notified, nil},
	{"clock.source.", strs([]clock.Mark{clock.Primary, clock.Secondary, clock.General}), nil},
	{"field.", strs(incident.Fields), nil},
	{"answer.", []string{string(incident.Yes), string(incident.No), string(incident.Unknown)}, nil},
	{"choice.", []string{string(incident.Yes), string(incident.No), string(incident.Unknown)}, nil},
	{"unknown.", []string{string(incident.Yes), string(incident.No)}, nil},
	{"done.", []string{string(incident.Yes), string(incident.No)}, nil},
	{"stepkind.", strs(incident.StepKinds), nil},
	{"requirement.", []string{string(incident.Always), string(incident.If), string(incident.Optional)}, nil},
	{"publication.", strs(incident.Publications), nil},
	{"leadhow.", strs([]incident.LeadHow{incident.LeadOffice, incident.LeadDeputy, incident.LeadHandover, incident.LeadLast}), nil},
	{"pagestatus.", strs([]incident.PageStatus{incident.PageOpen, incident.PageAcknowledged, incident.PageDeclined, incident.PageEnded}), nil},
	{"why.", strs([]incident.Why{incident.WhyRole, incident.WhyPaged, incident.WhyAdded}), nil},
	{"source.", strs([]incident.Source{incident.FromPerson, incident.FromTimer, incident.FromCommand}), nil},
	{"standing.", strs([]incident.Standing{
		incident.StandAnyone, incident.StandReporter, incident.StandCircle, incident.StandPaged, incident.StandLead, incident.StandOffice,
		incident.StandResponsible, incident.StandSystemAdmin, incident.StandRepresentative, incident.StandReceiver, incident.StandBot, incident.StandSigner,
	}), nil},
	{"", incident.RefusalKeys, nil},
	{"what.", []string{
		"note", "question", "event", "contractor", "expected_damage", "reason", "result", "addition",
		"evidence_name", "evidence_where", "field", "action", "comment", "correction", "receipt", "clock_to",
		"outside_text", "outside_where", "party_name", "party_how",
	}, nil},
	{"word.", append(words(), string(incident.WordPropose), string(incident.WordSign)), nil},
	{"help.", words(), nil},
	{"form.", slices.DeleteFunc(with(forms, "", ".title", ".submit"), func(s string) bool {
		name, _, _ := strings.Cut(s, ".")
		return slices.Contains(noForm, name)
	}), nil},
	{"input.", []string{
		"reason", "text", "again", "comment", "name", "where", "value", "unknown", "field", "result", "step", "person", "level",
		"category", "effect", "seq", "into", "exclude", "kind", "contractor", "occurred", "owner", "due", "done",
		"publication", "event", "discovered_at", "occurred_at", "expected_damage", "file", "away_from", "away_to", "away_deputy",
		"clock", "on", "receipt", "clock_to", "evidence", "times", "left",
		"outside_kind", "outside_text", "outside_note", "outside_which", "outside_when", "outside_where", "unfinished",
		"party", "party_kind", "party_name", "party_count", "party_topics", "party_how",
		"link_mail", "link_code", "link_name",
	}, nil},
	{"button.", []string{"link_mail", "link_code", "link_name"}, nil},
	{"link.", with([]string{"asked", "decided_yes", "decided_no", "done", "sent", "undone"}, ".title"), nil},
	{"notice.linked.", []string{"on.title", "on.lead", "off.title", "off.lead"}, nil},
	{"hint.", nil, []string{"link_mail", "link_code", "link_name", "event", "expected_damage", "exclude", "where", "text", "seq", "into", "file", "away_to", "away_deputy", "times", "outside_text", "outside_where"}},
	{"notice.", strs(notices), nil},
	{"notice.", with(strs(titled), ".title"), nil},
	{"message.", []string{"pending", "sent", "failed", "dropped"}, nil},
	{"format.", []string{"pdf", "docx", "md"}, nil},
	{"log.", eventKinds(), with(eventKinds(), ".roles", ".self", ".exhausted", ".besides", ".back", ".raised", ".lowered", ".kept", ".step",
		".lifted", ".changed", ".unknown", ".cleared", ".false_alarm", ".done", ".passed", ".unneeded", ".rule", ".own")},
	{"log.what.", eventKinds(), nil},
	{"log.because.", []string{"report", "level", "reopened", "restricted", "deputy", "round", "added", "answered", "ended", "excluded", "again", "unreached", "waited", "silent", "failed", "recall"}, nil},
	{"log.part.", []string{"reason", "result", "comment", "publication", "contractor", "original", "by", "to", "receipt", "outside", "published", "how"}, nil},
	{"log.drawn.", []string{"report", "fact", "aware", "merged", "reopened", "dismissed", "elsewhere", "level", "rules"}, nil},
	{"outside.", strs(incident.TextKinds), nil},
	{"outsidestatus.", strs([]incident.TextStatus{
		incident.TextProposed, incident.TextApproved, incident.TextRefused, incident.TextPublished, incident.TextSuperseded, incident.TextWithdrawn,
	}), nil},
	{"partykind.", strs(incident.PartyKinds), nil},
	{"party.count.", strs(incident.PartyKinds), nil},
	{"topic.", strs(incident.Topics), nil},
	{"clockstatus.", strs([]incident.ClockStatus{incident.ClockOpen, incident.ClockFiled, incident.ClockPassed, incident.ClockUnneeded, incident.ClockLapsed}), nil},
	{"clock.mark.", []string{"P", "S", "G"}, nil},
	{"legal.topic.", []string{"legal_data", "legal_persons", "legal_mynumber", "legal_cause", "legal_others"}, nil},
	{"legal.", []string{"started_more", "changed_more", "gone_more"}, nil},
	{"hole.", paging.HoleKeys, nil},
	{"cli.paging.why.", paging.Whys, nil},
	{"means.", strs(incident.AllMeans), nil},
	{"trouble.", strs(incident.MeansTroubles), nil},
	{"platform.", []string{"slack", "discord", "mail", "phone"}, nil},
	{"time.month.", numbers(1, 12), nil},
	{"time.weekday.", numbers(0, 6), nil},
	{"", contact.MessageKeys(), nil},
	{"cli.part.", []string{"accepting", "database", "courier", "calendar", "contacts", "slack", "discord", "audit"}, nil},
	{"cli.check.", strs([]contact.Severity{contact.Severe, contact.Warning}), nil},
	{"audit.", with([]string{"timer", "timer.clocks", "timer.offer", "unled", "page", "means", "overdue", "unreadable", "edition"}, "", ".title", ".to_do"), nil},
	{"undelivered.means.", []string{"mail", "phone"}, nil},
	{"undelivered.reason.", []string{"unreachable", "timeout", "refused", "stopped", "other"}, nil},
	{"absent.why.", []string{"forbidden", "guest", "gone", "outside", "refused", "stays", "sees_all", "not_here"}, nil},
	{"absent.none.", []string{"forbidden", "refused", "forbidden.discord", "refused.discord"}, nil},
	{"share.", []string{"docx", "pdf"}, nil},
	{"drafts.save.", []string{"docx", "md"}, nil},
	{"drafts.group.", []string{"due", "free", "done", "never"}, nil},
	{"web.tone.", nil, []string{"good", "notice", "urgent", "refused"}},
}

// notices are the kinds of messages; titled are those whose title is a text of their own.
var (
	notices = append([]incident.NoticeKind{incident.NoticeReporter, incident.NoticeCard, incident.NoticeFeed, incident.NoticePhones, incident.NoticePlace, incident.NoticeAudit, incident.NoticeLinkCode, incident.NoticeLinkAsk, incident.NoticeLinked}, titled...)
	titled  = []incident.NoticeKind{
		incident.NoticePage, incident.NoticeHandover, incident.NoticeOffer, incident.NoticeRefused, incident.NoticeProposal, incident.NoticeAlarm,
		incident.NoticeQuestion, incident.NoticeApprove, incident.NoticeVoided, incident.NoticeAssigned, incident.NoticeEnded,
		incident.NoticeReopened, incident.NoticeHead, incident.NoticeDigest, incident.NoticeAbsent, incident.NoticeReport, incident.NoticeCompromised,
		incident.NoticeUnreached, incident.NoticeWaited, incident.NoticeClocks, incident.NoticeSign, incident.NoticeSigned,
	}
)

// Whatever code can ask for is there, in both languages.
func TestEveryWordOfTheDomainHasATextInBothLanguages(t *testing.T) {
	all := texts(t)
	for _, d := range dynamic {
		for _, name := range d.complete {
			if !all.Has(d.prefix + name) {
				t.Errorf("there is no text %q", d.prefix+name)
			}
		}
	}
}

var literal = regexp.MustCompile(`"([a-z]+(?:\.[a-z0-9_]+)+)"`)

// sources gives every literal of a key's shape in the product's code and pages, tests left out.
func sources(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, root := range []string{"../bot", "../templates", "../workflows", "../store"} {
		err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if entry.IsDir() && strings.HasSuffix(path, "test") { // such as bot/slack/slacktest: only tests import it
				return filepath.SkipDir
			}
			code := strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go")
			if entry.IsDir() || !code && filepath.Ext(path) != ".html" {
				return nil
			}
			b, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			for _, m := range literal.FindAllStringSubmatch(string(b), -1) {
				found[m[1]] = path
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return found
}

// A text that nothing says is dead weight in two languages, and a misspelt key shows as
// itself to a worried employee.
func TestEveryTextIsUsedAndEveryKeyInTheCodeHasAText(t *testing.T) {
	all, literals := texts(t), sources(t)
	asked := map[string]bool{"separator": true}
	for _, d := range dynamic {
		for _, name := range append(slices.Clone(d.complete), d.optional...) {
			asked[d.prefix+name] = true
		}
	}
	families := map[string]bool{}
	for _, key := range all.Keys() {
		family, _, _ := strings.Cut(key, ".")
		families[family] = true
		// A short card has its title beside its text: "outdated" and "outdated.title".
		base, titled := strings.CutSuffix(key, ".title")
		_, said := literals[key]
		if column, ok := strings.CutPrefix(key, "report.column."); ok {
			said = columns(t)[column]
		}
		short := bare(t, key) || titled && all.Has(base) && bare(t, base)
		// The texts of a draft are named by its fields; package draft looks at each of them.
		if !said && !asked[key] && !short && !strings.HasPrefix(key, "draft.") {
			t.Errorf("nothing says %q", key)
		}
	}
	for key, path := range literals {
		if family, _, _ := strings.Cut(key, "."); families[family] && !all.Has(key) && !slices.Contains(notKeys, key) {
			t.Errorf("%s: there is no text %q", path, key)
		}
	}
}

// notKeys only look like keys.
var notKeys = []string{"report.md", "report.docx", "room.css", "room.js", "text.ja", "text.en", "register.xlsx", "list.xlsx", "slack.com", "message.im", "discord.com", "refuse.link_"}

// columns are the words that the report uses as the names of columns.
var columns = func() func(*testing.T) map[string]bool {
	var once map[string]bool
	word := regexp.MustCompile(`"([a-z_]+)"`)
	return func(t *testing.T) map[string]bool {
		t.Helper()
		if once != nil {
			return once
		}
		once = map[string]bool{}
		files, err := filepath.Glob("../workflows/report/*.go")
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range word.FindAllStringSubmatch(string(b), -1) {
				once[m[1]] = true
			}
		}
		return once
	}
}()

var bareLiterals map[string]bool

// bare reports whether a key without its family stands in the code of the desk as a whole
// literal, such as "outdated", or as the beginning of one.
func bare(t *testing.T, key string) bool {
	if bareLiterals == nil {
		bareLiterals = map[string]bool{}
		files, err := filepath.Glob("../bot/desk/*.go")
		if err != nil {
			t.Fatal(err)
		}
		notice := regexp.MustCompile(`v\.notice\("([a-z_.]+)"`)
		for _, f := range files {
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range notice.FindAllStringSubmatch(string(b), -1) {
				bareLiterals[m[1]] = true
			}
		}
	}
	return bareLiterals[key]
}

// A refusal says why and ends with what to do: two sentences at least, or one that asks.
func TestEveryRefusalEndsWithWhatToDo(t *testing.T) {
	all := texts(t)
	for _, key := range incident.RefusalKeys {
		ja, en := all.Say("ja", key), all.Say("en", key)
		if !strings.HasSuffix(ja, "ください。") {
			t.Errorf("%s does not end with what to do: %s", key, ja)
		}
		if strings.Count(ja, "。") < 2 {
			t.Errorf("%s does not say why and what to do: %s", key, ja)
		}
		if strings.Count(en, ". ")+strings.Count(en, "; ")+strings.Count(en, ", and ") < 1 || !strings.HasSuffix(en, ".") {
			t.Errorf("%s does not say why and what to do: %s", key, en)
		}
	}
}

// Slack's modal takes a title and a button of at most 24 characters, and 75 on other buttons.
func TestFormTitlesAndButtonsFit(t *testing.T) {
	all := texts(t)
	for _, lang := range templates.Languages {
		for _, key := range all.Keys() {
			limit := 0
			switch {
			case strings.HasPrefix(key, "form.") && (strings.HasSuffix(key, ".title") || strings.HasSuffix(key, ".submit")):
				limit = 24
			case strings.HasPrefix(key, "button."):
				limit = 40
			}
			if n := utf8.RuneCountInString(all.Say(lang, key)); limit > 0 && n > limit {
				t.Errorf("%s in %s has %d characters, more than %d", key, lang, n, limit)
			}
		}
	}
}

func TestAnOperatorsMessagesLieOverTheEmbeddedOnes(t *testing.T) {
	over := func(body string) (*templates.Texts, error) {
		return templates.LoadTexts(fstest.MapFS{"messages/ours.ja.yaml": {Data: []byte(body)}})
	}
	got, err := over(`phases.none: ""`)
	if err == nil || !strings.Contains(err.Error(), `no message "phases.none"`) {
		t.Errorf("an unknown key is taken: %v %v", got, err)
	}
	if _, err = over(`level.provisional: "仮"`); err == nil || !strings.Contains(err.Error(), "{value}") {
		t.Errorf("a lost placeholder is taken: %v", err)
	}
	if _, err = over("phase.reported: [1, 2]"); err == nil || !strings.Contains(err.Error(), "ours.ja.yaml") {
		t.Errorf("a list is taken for a text: %v", err)
	}
	ours, err := over(`phase.reported: "第一報"`)
	if err != nil {
		t.Fatal(err)
	}
	if ja, en := ours.Say("ja", "phase.reported"), ours.Say("en", "phase.reported"); ja != "第一報" || en != "Report" {
		t.Errorf("the overlay gives %q and %q", ja, en)
	}
}

func TestWhatIsFilledInIsNeverReadForPlaceholders(t *testing.T) {
	all := texts(t)
	got := all.Say("ja", "person.of", "name", "{of}", "of", "{name}")
	if got != "{of}（{name}）" {
		t.Errorf("filled in twice: %q", got)
	}
	if got := all.Say("ja", "no.such.key"); got != "no.such.key" {
		t.Errorf("an unknown key is shown as %q", got)
	}
}
