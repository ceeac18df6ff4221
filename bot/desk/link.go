package desk

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// Whose an account of a chat platform is: 連携 as a word, as forms and as buttons, what the
// administrators are asked, and who is told. What is answered to a stranger is the same whoever
// stands on the contact list.

const (
	wordLink   = "link"
	actLinkYes = "link_yes" // it is he: arg is what was asked
	actLinkNo  = "link_no"
	actUnlink  = "unlink" // arg is the platform, and after a dot the account; seen is when it was linked
)

// linkWant is what follows the word.
type linkWant int

const (
	linkLook linkWant = iota // nothing: how it stands
	linkOff                  // take it back: of himself, or of whom is named
	linkMail                 // an address: send a code
	linkCode                 // a code
)

var (
	addressTyped = regexp.MustCompile(`^[^\s@<>|]+@[^\s@<>|]+\.[^\s@<>|]+$`)
	codeTyped    = regexp.MustCompile(`^[0-9]{6,8}$`)
	// addressLink is what Slack makes of an address: <mailto:a@example.co.jp|a@example.co.jp>.
	addressLink = regexp.MustCompile(`^<mailto:[^|<>]*\|([^|<>]*)>$`)
	codeParts   = strings.NewReplacer(" ", "", "　", "", "-", "")
)

// linking reads what follows the word; anything else is rather a report that begins so. A name is
// asked for by a form: nobody could tell it from a report.
func (v vocabulary) linking(rest string) (want linkWant, arg string, ok bool) {
	first, after := cut(rest)
	typed := fold(rest)
	if m := addressLink.FindStringSubmatch(typed); m != nil {
		typed = m[1]
	}
	switch {
	case rest == "":
		return linkLook, "", true
	case v.off[fold(first)]:
		return linkOff, after, true
	case addressTyped.MatchString(typed):
		return linkMail, typed, true
	case codeTyped.MatchString(codeParts.Replace(typed)):
		return linkCode, codeParts.Replace(typed), true
	}
	return linkLook, "", false
}

// unlinks reports whether what follows 連携 is what it seems to be where a link is to be taken back:
// nothing more, or whose. Of a stranger nothing more: he is not to learn who is listed.
func (v *visit) unlinks(rest string) bool {
	want, whose, _ := v.vocabulary.linking(rest)
	if want != linkOff || whose == "" {
		return true
	}
	return v.known && (addressTyped.MatchString(fold(whose)) || len(v.people(whose)) > 0)
}

// link answers 連携.
func (v *visit) link(r reading, key string) chat.Reply {
	want, arg, ok := v.vocabulary.linking(r.rest)
	switch {
	case r.meaning == meansAlmost || !ok || want == linkLook:
		return v.showLink()
	case want == linkOff:
		return v.unlinkTyped(key, arg)
	case want == linkMail:
		return v.linkAnswer(v.askCode(key, arg), nil)
	}
	return v.linkAnswer(v.enterCode(key, arg), nil)
}

// help says what a word is for.
func (v voice) help(word string) string {
	if word == wordLink && !v.mail {
		return v.say("link.help.no_mail")
	}
	return v.say("help." + word)
}

// asker is the account that asks.
func (v *visit) asker() workflows.Account {
	platform, id, _ := strings.Cut(string(v.r.From), ":")
	return workflows.Account{Platform: platform, ID: id, Name: v.r.Name}
}

// linkOutcome is what came of asking for a code, of entering one, or of asking the administrators.
type linkOutcome struct {
	workflows.Outcome
	err   error
	said  string // the key of what is said where it was accepted
	input string // which is to blame where it was not
}

// alreadyKnown refuses to link the account of somebody who is recognised, be it by his address.
func (v *visit) alreadyKnown() (linkOutcome, bool) {
	if !v.known {
		return linkOutcome{}, false
	}
	return linkOutcome{Outcome: workflows.Outcome{Refusal: &incident.Refusal{Key: "refuse.link_known", Args: map[string]any{"person": v.who.ID}}}}, true
}

// askCode has a code sent, or where there is no mail, the administrators asked.
func (v *visit) askCode(key, address string) linkOutcome {
	if !v.mail {
		return v.askAdministrators(key, address)
	}
	if o, known := v.alreadyKnown(); known {
		return o
	}
	out, err := v.service.AskLinkCode(v.ctx, key, v.asker(), address)
	return linkOutcome{out, err, "link.sent", inputLinkMail}
}

func (v *visit) enterCode(key, code string) linkOutcome {
	// The same request again finds him known by what the first has done.
	if !v.mail && !v.known {
		return linkOutcome{Outcome: workflows.Outcome{Refusal: &incident.Refusal{Key: "refuse.link_no_mail"}}, input: inputLinkCode}
	}
	out, err := v.service.EnterLinkCode(v.ctx, key, v.asker(), code)
	return linkOutcome{out, err, "link.done", inputLinkCode}
}

func (v *visit) askAdministrators(key, typed string) linkOutcome {
	if o, known := v.alreadyKnown(); known {
		return o
	}
	out, err := v.service.AskLink(v.ctx, key, v.asker(), typed)
	return linkOutcome{out, err, "link.asked", inputLinkName}
}

// linkAnswer says what came of it.
func (v *visit) linkAnswer(o linkOutcome, sent *sentForm) chat.Reply {
	switch {
	case o.err != nil:
		return v.fault(o.err, task{sent: sent})
	case o.Refusal != nil && sent != nil && o.Refusal.Key != "refuse.link_known":
		return v.wrongForm(sent, map[string]string{o.input: v.sentence(nil, o.Refusal)})
	case o.Refusal != nil:
		return v.refusal(nil, o.Refusal, task{})
	}
	card := chat.Card{Key: "link", Tone: chat.Good, Mark: v.mark(), Title: v.say(o.said + ".title")}
	switch o.said {
	case "link.done":
		v.again()
		card.Blocks = []chat.Block{{Text: v.say("link.done", "person", v.who.Name)}}
		card.Buttons = []chat.Button{
			{Label: v.say("button.help"), Action: v.act(wordHelp, "", 0, "")}, {Label: v.say("button.list"), Action: v.act(wordList, "", 0, "")},
		}
	case "link.sent":
		card.Blocks = []chat.Block{{Text: v.say("link.sent", "word", v.word(wordLink))}, {Text: v.say("link.sent.none"), Small: true}}
		card.Buttons = []chat.Button{v.linkButton(formLinkCode, chat.Primary), v.linkButton(formLinkName, chat.Normal)}
	default:
		card.Blocks = []chat.Block{{Text: v.say("link.asked")}}
	}
	return chat.Reply{Accepted: true, Cards: []chat.Card{card}}
}

func (v voice) linkButton(form string, style chat.Style) chat.Button {
	return chat.Button{Label: v.say("button." + form), Action: v.openAct(form, "", 0, ""), Style: style}
}

// linkListButton shows how it stands.
func (v voice) linkListButton() chat.Button {
	return chat.Button{Label: v.say("button.link"), Action: v.act(wordLink, "", 0, "")}
}

// canLink reports whether somebody asks from an account that can be linked.
func (v *visit) canLink() bool {
	door, _, _ := strings.Cut(string(v.r.From), ":")
	return !v.known && slices.Contains(workflows.Linked, door)
}

// showLink answers 連携 alone: to a stranger how he becomes known, to everybody else as whom he is,
// and to who may say so whose accounts wait for it.
func (v *visit) showLink() chat.Reply {
	card := chat.Card{Key: "link", Mark: v.mark(), Title: v.say("link.title"), Whole: v.act(wordLink, "", 0, "")}
	switch {
	case v.canLink() && v.mail:
		card.Blocks = []chat.Block{{Text: v.say("link.how", "word", v.word(wordLink))}}
		card.Buttons = []chat.Button{v.linkButton(formLinkMail, chat.Primary), v.linkButton(formLinkCode, chat.Normal), v.linkButton(formLinkName, chat.Normal)}
		return chat.Reply{Cards: []chat.Card{card}}
	case v.canLink():
		card.Blocks = []chat.Block{{Text: v.say("link.how.no_mail")}}
		card.Buttons = []chat.Button{v.linkButton(formLinkName, chat.Primary)}
		return chat.Reply{Cards: []chat.Card{card}}
	case !v.known:
		return v.refusal(nil, &incident.Refusal{Key: "refuse.not_known"}, task{})
	}
	card.Blocks = []chat.Block{{Text: v.say("link.you", "person", v.who.Name)}}
	var items []chat.Item
	for _, l := range v.service.LinksOf(v.who.ID) {
		items = append(items, chat.Item{Text: v.account(l.Account), Small: v.linkedBy(l), Buttons: []chat.Button{v.unlinkButton(l)}})
	}
	if items != nil {
		card.Blocks = append(card.Blocks, chat.Block{Heading: v.say("link.own"), Items: items})
	}
	asks, err := v.service.LinkAsks(v.ctx, v.who.ID)
	if err != nil {
		return v.fault(err, task{})
	}
	if len(asks) > 0 {
		card.Tone = chat.Notice
		card.Blocks = append(card.Blocks, v.linkAsks(asks))
	}
	card.Blocks = append(card.Blocks, chat.Block{Text: v.say("link.elsewhere"), Small: true})
	return chat.Reply{Cards: []chat.Card{card}}
}

func (v voice) linkAsks(asks []workflows.LinkAsk) chat.Block {
	b := chat.Block{Heading: v.say("link.waiting", "count", number(len(asks)))}
	for _, a := range asks {
		item := chat.Item{Text: v.say("link.says", "account", v.account(a.Account), "typed", a.Typed), Small: v.say("link.nobody_listed")}
		if a.Person != "" {
			number := v.numberOf(a.Person)
			item.Small = v.say("link.means", "person", v.listedPerson(a.Person)) + v.say("separator") + v.say("link.phone.line", "label", number.Label, "value", number.Value)
		}
		item.Buttons = v.linkDecide(a)
		b.Items = append(b.Items, item)
	}
	return b
}

// linkDecide are the buttons by which an administrator answers.
func (v voice) linkDecide(a workflows.LinkAsk) (buttons []chat.Button) {
	if a.Person != "" {
		buttons = append(buttons, chat.Button{
			Label: v.say("button.link_yes"), Action: v.act(actLinkYes, "", 0, a.ID), Style: chat.Primary,
			Confirm: v.say("link.confirm", "account", v.account(a.Account), "person", v.listedPerson(a.Person)),
		})
	}
	return append(buttons, chat.Button{Label: v.say("button.link_no"), Action: v.act(actLinkNo, "", 0, a.ID)})
}

// account is how an account is called: its platform, its name there, and its ID, for the name is
// its owner's choice.
func (v voice) account(a workflows.Account) string {
	if a.Name == "" {
		return v.say("link.account.unnamed", "platform", v.platformName(a.Platform), "id", a.ID)
	}
	return v.say("link.account", "platform", v.platformName(a.Platform), "name", a.Name, "id", a.ID)
}

// listedPerson is somebody with what tells him from others of the same name.
func (v voice) listedPerson(id incident.PersonID) string {
	p, _ := v.service.Contacts().Person(id)
	if p.Department == "" {
		return p.Name
	}
	return v.say("link.person", "name", p.Name, "department", p.Department)
}

// numberOf is the number at which somebody is asked: that of the list, for whoever asks might give
// his own.
func (v voice) numberOf(id incident.PersonID) chat.Pair {
	if p, _ := v.service.Contacts().Person(id); p.Phone != "" {
		return chat.Pair{Label: v.say("link.phone"), Value: p.Phone}
	}
	return chat.Pair{Label: v.say("link.phone"), Value: v.say("link.phone.none"), Gap: true}
}

func (v voice) linkedBy(l workflows.Link) string {
	if l.By == "" {
		return v.say("link.by_code", "at", v.when(l.At))
	}
	return v.say("link.by_person", "at", v.when(l.At), "person", v.person(nil, l.By))
}

func (v voice) unlinkButton(l workflows.Link) chat.Button {
	return chat.Button{
		Label: v.say("button.unlink"), Action: v.act(actUnlink, "", l.At.UnixMicro(), l.Platform+"."+l.ID), Style: chat.Danger,
		Confirm: v.say("link.unlink_confirm", "account", v.account(l.Account)),
	}
}

// pressedLink answers the buttons of the administrators and those that take a link back.
func (v *visit) pressedLink(a action) chat.Reply {
	if !v.known {
		return v.refusal(nil, &incident.Refusal{Key: "refuse.not_known"}, task{})
	}
	key := "press:" + string(v.r.Action) + ":" + string(v.who.ID)
	if a.word == actUnlink {
		platform, id, ok := strings.Cut(a.arg, ".")
		if !ok || a.seen == 0 {
			return v.outdated()
		}
		return v.unlinked(v.service.Unlink(v.ctx, key, v.who.ID, platform, id, time.UnixMicro(a.seen).UTC()))
	}
	out, err := v.service.DecideLink(v.ctx, key, v.who.ID, a.arg, a.word == actLinkYes)
	switch {
	case err != nil:
		return v.fault(err, task{})
	case out.Refusal != nil:
		return v.refusal(nil, out.Refusal, task{})
	case a.word == actLinkYes:
		if waits, err := v.service.LinkWaits(v.ctx, a.arg); err != nil {
			return v.fault(err, task{})
		} else if waits {
			return v.linkSaid("link.first_yes")
		}
		return v.linkSaid("link.decided_yes")
	}
	return v.linkSaid("link.decided_no")
}

// linkSaid is an answer of one sentence to what was carried out.
func (v *visit) linkSaid(key string) chat.Reply {
	reply := v.notice(key, nil)
	reply.Accepted, reply.Cards[0].Tone = true, chat.Good
	return reply
}

func (v *visit) unlinked(out workflows.Outcome, err error) chat.Reply {
	switch {
	case err != nil:
		return v.fault(err, task{})
	case out.Refusal != nil:
		return v.refusal(nil, out.Refusal, task{})
	}
	return v.linkSaid("link.undone")
}

// unlinkTyped reads 「連携 解除」, and 「連携 解除 山本」 of who may.
func (v *visit) unlinkTyped(key, whose string) chat.Reply {
	if !v.known {
		return v.refusal(nil, &incident.Refusal{Key: "refuse.not_known"}, task{})
	}
	person := v.who.ID
	if whose != "" {
		// Who may not is answered the same whoever has a link and whoever is listed.
		switch found := v.people(whose); {
		case slices.Equal(found, []incident.PersonID{v.who.ID}):
		case !v.service.MayLink(v.who.ID):
			return v.refusal(nil, &incident.Refusal{Key: "refuse.link_role"}, task{})
		case len(found) == 1:
			person = found[0]
		default:
			return v.refusal(nil, &incident.Refusal{Key: "refuse.person_unknown"}, task{typed: whose})
		}
	}
	linked := v.service.LinksOf(person)
	if len(linked) == 0 {
		// Whose account it was, the same request did before.
		out, err := v.service.Unlink(v.ctx, key, v.who.ID, "", "", time.Time{})
		return v.unlinked(out, err)
	}
	var reply chat.Reply
	for i, l := range linked {
		k := key
		if i > 0 {
			k += ":" + l.Platform
		}
		if reply = v.unlinked(v.service.Unlink(v.ctx, k, v.who.ID, l.Platform, l.ID, l.At)); !reply.Accepted {
			return reply
		}
	}
	return reply
}

// freshWithin is how long somebody waits for the list as it is stored: what is asked for has to
// be answered within three seconds, and the database is needed for that as well.
const freshWithin = 300 * time.Millisecond

// again looks a stranger up in the list as it is stored: another server may have linked his account
// a moment ago.
func (v *visit) again() {
	ctx, cancel := context.WithTimeout(v.ctx, freshWithin)
	defer cancel()
	if err := v.service.Freshen(ctx); err != nil {
		return // what is in memory counts then, as everywhere
	}
	v.who, v.known = v.actor(v.r.From, v.r.Name)
}

// asReporter lets whoever has reported before his account was linked go on with his report: the
// record knows him by the account alone. It gives him nothing else of it than he had before, and
// nothing where he is left out as the person he is.
func (v *visit) asReporter() {
	if !v.known || !slices.ContainsFunc(v.service.LinksOf(v.who.ID), func(l workflows.Link) bool { return v.r.From == chat.UserID(l.Platform+":"+l.ID) }) {
		return
	}
	id := v.about()
	if id == "" {
		return
	}
	if _, _, err := v.service.Incident(v.ctx, v.who.ID, id); !errors.Is(err, workflows.ErrNotFound) {
		return
	}
	account := incident.PersonID(v.r.From)
	if in, _, err := v.service.Incident(v.ctx, account, id); err == nil && in.ReportedBy(account) && !in.IsExcluded(v.who.ID) {
		v.who.ID = account
	}
}

// about is the incident that a request names; empty: none.
func (v *visit) about() incident.ID {
	switch v.r.Kind {
	case chat.Pressed:
		a, _ := parseAction(v.r.Action)
		return a.id
	case chat.Submitted:
		k, _ := parseDraft(v.r.Draft)
		return k.id
	case chat.Said:
		if id, ok := fullNumber(v.typedLine().number); ok {
			return incident.ID(id)
		}
	}
	return ""
}

// linkCard renders the notices of this file.
func (v voice) linkCard(ctx context.Context, m workflows.Message) (chat.Card, error) {
	switch m.Kind {
	case incident.NoticeLinkCode:
		return v.linkLetter(ctx, m)
	case incident.NoticeLinkAsk:
		return v.linkAskCard(ctx, m)
	}
	return v.linkedCard(ctx, m)
}

// linkLetter is the mail with a code.
func (v voice) linkLetter(ctx context.Context, m workflows.Message) (chat.Card, error) {
	l, err := v.service.LinkLetter(ctx, m.Notice)
	if err != nil {
		return chat.Card{}, err
	}
	platform := v.platformName(l.Account.Platform)
	return chat.Card{
		Key: m.Key, Mark: v.mark(), Title: v.say("notice.link_code.title", "platform", platform),
		Blocks: []chat.Block{
			{Text: v.say("notice.link_code.text", "account", v.account(l.Account))},
			{Fields: []chat.Pair{{Label: v.say("link.code"), Value: l.Code}, {Label: v.say("link.until"), Value: v.when(l.Expires)}}},
			{Text: v.say("notice.link_code.enter", "platform", platform, "word", v.word(wordLink), "code", l.Code)},
			{Text: v.say("notice.link_code.not_you")},
		},
	}, nil
}

// linkAskCard asks an administrator whose an account is, and says afterwards what was answered.
func (v voice) linkAskCard(ctx context.Context, m workflows.Message) (chat.Card, error) {
	a, err := v.service.LinkAskOf(ctx, m.Notice)
	if err != nil {
		return chat.Card{}, err
	}
	card := chat.Card{Key: m.Key, Mark: v.mark(), Tone: chat.Notice, Title: v.say("notice.link_ask.title")}
	fields := chat.Block{Fields: []chat.Pair{
		{Label: v.say("link.typed"), Value: a.Typed}, {Label: v.say("link.platform"), Value: v.platformName(a.Account.Platform)},
		{Label: v.say("link.name"), Value: a.Account.Name, Gap: a.Account.Name == ""}, {Label: v.say("link.id"), Value: a.Account.ID},
	}}
	if fields.Fields[2].Gap {
		fields.Fields[2].Value = v.say("link.no_name")
	}
	if a.Person != "" {
		fields.Fields = append(fields.Fields, chat.Pair{Label: v.say("link.listed"), Value: v.listedPerson(a.Person)}, v.numberOf(a.Person))
	}
	switch {
	case !a.Open():
		key := "link.answered_no"
		if card.Tone = chat.Plain; a.Yes {
			card.Tone, key = chat.Good, "link.answered_yes"
		}
		card.Blocks = []chat.Block{{Text: v.say(key, "person", v.person(nil, a.By), "at", v.when(a.Decided))}, fields}
		return card, nil
	case a.Person == "":
		card.Blocks = []chat.Block{{Text: v.say("notice.link_ask.nobody", "platform", v.platformName(a.Account.Platform))}, fields}
	default:
		card.Blocks = []chat.Block{{Text: v.say("notice.link_ask.text", "platform", v.platformName(a.Account.Platform))}, fields}
	}
	if a.First != "" {
		card.Blocks = append(card.Blocks, chat.Block{Text: v.say("link.first", "person", v.person(nil, a.First), "at", v.when(a.FirstAt))})
	}
	card.Blocks = append(card.Blocks, chat.Block{Text: v.say("notice.link_ask.where", "word", v.word(wordLink)), Small: true})
	card.Buttons = v.linkDecide(a)
	return card, nil
}

// linkedCard tells the person and the lead that an account was linked or is not any more, and the
// one who asked that an administrator has said no.
func (v voice) linkedCard(ctx context.Context, m workflows.Message) (chat.Card, error) {
	told, err := v.service.LinkToldOf(ctx, m.Notice)
	if err != nil {
		return chat.Card{}, err
	}
	l := told.Link
	card := chat.Card{Key: m.Key, Mark: v.mark(), Tone: chat.Notice}
	if told.Denied {
		card.Title = v.say("notice.linked.denied.title")
		card.Blocks = []chat.Block{{Text: v.say("notice.linked.denied")}}
		return card, nil
	}
	pairs := []string{"account", v.account(l.Account), "person", v.person(nil, l.Person), "word", v.word(wordLink)}
	key := "notice.linked.on"
	if !l.Until.IsZero() {
		key = "notice.linked.off"
	}
	card.Title = v.say(key + ".title")
	if m.To != l.Person {
		key += ".lead"
	}
	card.Blocks = []chat.Block{{Text: v.say(key, pairs...)}}
	if l.Until.IsZero() {
		card.Blocks = append(card.Blocks, chat.Block{Text: v.linkedBy(l), Small: true})
		card.Buttons = []chat.Button{v.unlinkButton(l)}
		if m.To == l.Person {
			card.Blocks = append(card.Blocks, v.emergencyPhones([]incident.PersonID{m.To})...)
		}
		return card, nil
	}
	by := v.say("link.ended_list", "at", v.when(l.Until))
	if l.EndedBy != "" {
		by = v.say("link.ended_by", "at", v.when(l.Until), "person", v.person(nil, l.EndedBy))
	}
	card.Blocks = append(card.Blocks, chat.Block{Text: by, Small: true})
	return card, nil
}
