package main

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"hikeshi/bot/chat"
	"hikeshi/bot/discord/discordtest"
)

// act does what a line says, as its person does it on Discord, and waits until he has seen the
// answer.
func (s *discordNight) act(ctx context.Context, line string) {
	name := s.called(line)
	before, n := s.surfacesOf(name), s.ear.count()
	switch {
	case fills.MatchString(line):
		m := fills.FindStringSubmatch(line)
		if why := s.fill(m[1], m[2], true); why != "" {
			s.tell(1, "("+why+")")
			return
		}
	case types.MatchString(line):
		m := types.FindStringSubmatch(line)
		if why := s.fill(m[1], m[2], false); why != "" {
			s.t.Fatalf("%q: %s", s.script, why)
		}
		return
	case presses.MatchString(line):
		m := presses.FindStringSubmatch(line)
		where := s.where(m[1], m[3])
		if m[2] != "" {
			s.held[m[1]] = s.look(m[1], where, m[4])
			return
		}
		label := m[4]
		if m[5] == "" { // the number of what it belongs to says nothing here
			label = "/^((手順)?\\d+：)?" + regexp.QuoteMeta(label) + "$/"
		}
		s.accounts[name].Press(s.turnTo(name, where, label, m[5]), label, m[5])
		s.sure(name, n, before)
	case stale.MatchString(line):
		h := s.held[stale.FindStringSubmatch(line)[1]]
		s.accounts[name].PressAgain(h.channel, h.message, h.id)
		s.sure(name, n, before)
	case again.MatchString(line):
		s.account(again.FindStringSubmatch(line)[1]).Repeat()
		s.guild.Wait("nobody is at the desk", func() bool { _, busy := s.ear.since(n); return !busy })
		return
	case pages.MatchString(line):
		m := pages.FindStringSubmatch(line)
		s.page(ctx, m[1], m[2])
		return
	case looks.MatchString(line):
		m := looks.FindStringSubmatch(line)
		s.lookAt(m[1], channelName(m[2]))
		return
	case speaks.MatchString(line):
		m := speaks.FindStringSubmatch(line)
		if why := refusedByDiscord(m[3]); why != "" {
			s.tell(1, "("+why+")")
			return
		}
		s.says(m[1], m[2], m[3])
	default:
		s.t.Fatalf("nobody understands %q", line)
	}
	s.answeredSince(n, before, name)
}

// called gives the whole name of whom a line begins with; a stranger gets an account.
func (s *discordNight) called(line string) string {
	name := strings.TrimSuffix(strings.Fields(line)[0], ":")
	for _, full := range s.names {
		if strings.HasPrefix(full, name) {
			return full
		}
	}
	s.names = append(s.names, name)
	s.accounts[name] = s.guild.AddMember(name)
	return name
}

func (s *discordNight) account(name string) *discordtest.Person { return s.accounts[s.called(name)] }

// writes reports whether somebody can write in an incident's channel.
func (s *discordNight) writes(name, id string) bool {
	return s.account(name).CanWrite(channelName(id))
}

// says types a line where it can be typed.
func (s *discordNight) says(name, id, text string) {
	p := s.account(name)
	p.CloseModal()
	word, isWord := strings.CutPrefix(text, "/")
	if rest, ok := strings.CutPrefix(word, "incident"); isWord && ok {
		word = strings.TrimSpace(rest)
	}
	channel := channelName(id)
	switch inside := id != "" && s.writes(name, id); {
	case isWord && id == "":
		s.command(p, lobby, word)
	case isWord && inside:
		s.command(p, channel, word)
	case isWord:
		s.command(p, lobby, id+" "+word)
	case id == "":
		p.DM(text)
	case inside && timed.MatchString(text):
		s.command(p, channel, "記録 "+text)
	case inside:
		p.React(channel, p.Post(channel, text), "📌")
	default:
		s.command(p, lobby, id+" 記録 "+text)
	}
}

// command runs /incident: by the word's own subcommand where it has one that people would
// take, else by the one that takes any line.
func (s *discordNight) command(p *discordtest.Person, channel, line string) {
	first, rest, _ := strings.Cut(line, " ")
	switch {
	case line == "":
		p.Command(channel, "incident 報告", nil)
	case first == "報告" && rest != "":
		p.Command(channel, "incident 報告", map[string]string{"内容": rest})
	case first == "記録" && rest != "":
		p.Command(channel, "incident 記録", map[string]string{"内容": rest})
	case line == "状況" || line == "一覧" || line == "ヘルプ":
		p.Command(channel, "incident "+line, nil)
	default:
		p.Command(channel, "incident その他", map[string]string{"内容": line})
	}
}

// refusedByDiscord says why a line does not leave somebody's Discord client: a message has 2,000
// characters, an option of a command 6,000 (Discord, "Create Message", "Application Command
// Option Structure").
func refusedByDiscord(text string) string {
	n := utf8.RuneCountInString(text)
	switch {
	case n > 6000, n > 2000 && !strings.HasPrefix(text, "/"):
		return "Discord does not take that much at once"
	case text == "/じょうきょう":
		return "Discord knows no such command"
	}
	return ""
}

// where is the place at which somebody presses: in the channel, or in the newest message that has
// the button. Who is not in the channel has the incident's card shown first.
func (s *discordNight) where(name, id string) string {
	s.t.Helper()
	p := s.account(name)
	p.CloseModal()
	switch {
	case id == "":
		return discordtest.Visible
	case s.writes(name, id):
		return channelName(id)
	}
	full := s.called(name)
	before, n := s.surfacesOf(full), s.ear.count()
	s.says(name, id, "/状況")
	s.answeredSince(n, before, full)
	return discordtest.Visible
}

// turnTo turns the pages of a long card until it shows a button, and gives the place to press it.
func (s *discordNight) turnTo(name, where, label, beside string) string {
	s.t.Helper()
	p := s.accounts[name]
	for _, turns := range []string{"discord.draw.more_button", "discord.draw.page_after", "discord.draw.page_after", "discord.draw.page_after"} {
		if p.CanPress(where, label, beside) {
			return where
		}
		turn := s.house.say("ja", turns)
		if !p.CanPress(where, turn, "") {
			break
		}
		before := s.surfacesOf(name)
		p.Press(where, turn, "")
		where = discordtest.Whisper
		s.guild.Wait("the next page", func() bool {
			for id, f := range s.surfacesOf(name) {
				if f.own && f.text != before[id].text {
					return true
				}
			}
			return false
		})
	}
	return where
}

// look finds a button without pressing it.
func (s *discordNight) look(name, where, label string) heldButton {
	s.t.Helper()
	p := s.account(name)
	messages := append(p.Whispers(), p.DMs()...)
	if where != discordtest.Visible {
		messages = p.Look(where)
	}
	for _, m := range slices.Backward(messages) {
		if id := m.ButtonID(label); id != "" {
			return heldButton{m.Channel, m.ID, id}
		}
	}
	s.t.Fatalf("%s sees no button %q at %q", name, label, s.script)
	return heldButton{}
}

// sure says yes where it is asked whether somebody is sure.
func (s *discordNight) sure(name string, n int, before map[string]surface) {
	s.t.Helper()
	p := s.accounts[name]
	yes, title := s.house.say("ja", "discord.sure.yes"), s.house.say("ja", "discord.sure.what", "question", "")
	var asked discordtest.Message
	s.guild.Until(func() bool {
		if list, busy := s.ear.since(n); busy || len(list) > 0 {
			return true
		}
		for _, m := range append(p.Whispers(), p.DMs()...) {
			if strings.Contains(m.Text(), title) && m.ButtonID(yes) != "" && before[m.ID].text != m.Text() {
				asked = m
			}
		}
		return asked.ID != ""
	})
	if asked.ID != "" {
		p.PressAgain(asked.Channel, asked.ID, asked.ButtonID(yes))
	}
}

// fill types what a line says into the form, page by page, and sends it. What Discord's inputs
// cannot hold is not typed; why says so then.
func (s *discordNight) fill(name, text string, sends bool) (why string) {
	s.t.Helper()
	full := s.called(name)
	p, form := s.accounts[full], s.open[full]
	if form == nil {
		s.t.Fatalf("no form was opened for %s at %q", name, s.script)
	}
	left := map[string]string{}
	for pair := range strings.SplitSeq(text, "; ") {
		k, val, ok := strings.Cut(strings.TrimSpace(pair), ":")
		if !ok {
			continue
		}
		i := slices.IndexFunc(form.Inputs, func(in chat.Input) bool { return in.Name == k })
		if i < 0 {
			s.t.Fatalf("the form has no input %q at %q", k, s.script)
		}
		in := form.Inputs[i]
		if in.Kind == chat.DateTime || in.Kind == chat.Date {
			in.Kind = chat.Line // typed as a text there
		}
		if left[k], ok = s.holds(in, strings.ReplaceAll(val, `\n`, "\n")); !ok {
			why = "Discord has no way to enter " + pair
			delete(left, k)
		}
	}
	n := s.ear.count()
	for page := 0; ; page++ {
		if page > 10 {
			s.t.Fatalf("%q: the form has no place for %v", s.script, left)
		}
		if p.Modal() == nil {
			s.nextPage(full, left)
		}
		for k, v := range left {
			in := p.Modal().Input(k)
			if in.ID == "" {
				continue
			}
			if i := slices.IndexFunc(form.Inputs, func(in chat.Input) bool { return in.Name == k }); in.Kind == 4 && len(form.Inputs[i].Options) > 0 {
				v = labelOf(form.Inputs[i], v)
			}
			p.Fill(k, v)
			delete(left, k)
		}
		if !sends && len(left) == 0 && page == 0 {
			return why // typed, and not even gone on
		}
		before := s.surfacesOf(full)
		if p.Submit() == nil {
			return "Discord does not send it"
		}
		if s.unsent(full, n, before) {
			if len(left) > 0 {
				continue
			}
			if sends && !s.pressNewest(full, s.house.say("ja", "discord.form.send"), s.house.say("ja", "discord.form.send_now")) {
				return "Discord shows what cannot be read"
			}
			return why
		}
		if len(left) > 0 {
			s.t.Fatalf("%q: sent without %v", s.script, left)
		}
		return why
	}
}

func labelOf(in chat.Input, value string) string {
	for _, o := range in.Options {
		if o.Value == value {
			return o.Label
		}
	}
	return value
}

// unsent waits until a page was taken; true: the form says that it is not sent yet.
func (s *discordNight) unsent(name string, n int, before map[string]surface) bool {
	s.t.Helper()
	unsent := false
	title, _, _ := strings.Cut(s.house.say("ja", "discord.form.unsent.title", "form", "\x00"), "\x00")
	if !s.guild.Until(func() bool {
		if list, busy := s.ear.since(n); busy || len(list) > 0 {
			return true
		}
		for id, f := range s.surfacesOf(name) {
			unsent = unsent || before[id].text != f.text && strings.Contains(f.text, title)
		}
		return unsent
	}) {
		s.t.Fatalf("%q: nothing came of a page of the form", s.script)
	}
	return unsent
}

// nextPage opens a page of the form: the one that is to be mended, else the next.
func (s *discordNight) nextPage(name string, left map[string]string) {
	s.t.Helper()
	p := s.accounts[name]
	begins := []string{
		strings.TrimSpace(s.house.say("ja", "discord.form.fix", "at", "")), strings.TrimSpace(s.house.say("ja", "discord.form.next", "at", "")),
		s.house.say("ja", "discord.form.open"),
	}
	var newest discordtest.Message
	for _, m := range append(p.DMs(), p.Whispers()...) {
		if slices.ContainsFunc(m.Buttons(), func(label string) bool {
			return slices.ContainsFunc(begins, func(b string) bool { return strings.HasPrefix(label, b) })
		}) && (newest.ID == "" || laterID(m.ID, newest.ID)) {
			newest = m
		}
	}
	if newest.ID == "" {
		s.t.Fatalf("%q: no button leads to the form", s.script)
	}
	for _, label := range newest.Buttons() {
		if !slices.ContainsFunc(begins, func(b string) bool { return strings.HasPrefix(label, b) }) {
			continue
		}
		p.PressAgain(newest.Channel, newest.ID, newest.ButtonID(label))
		p.Wait("a page of the form", func() bool { return p.Modal() != nil })
		for k := range left {
			if p.Modal().Input(k).ID != "" {
				return
			}
		}
	}
}

// laterID reports whether an ID was given out after another.
func laterID(a, b string) bool { return len(a) > len(b) || len(a) == len(b) && a > b }

// pressNewest presses a button of somebody's own newest message; false: that has none such.
func (s *discordNight) pressNewest(name string, labels ...string) bool {
	s.t.Helper()
	p := s.accounts[name]
	var newest discordtest.Message
	for _, m := range append(p.DMs(), p.Whispers()...) {
		if newest.ID == "" || laterID(m.ID, newest.ID) {
			newest = m
		}
	}
	for _, label := range labels {
		if id := newest.ButtonID(label); id != "" {
			p.PressAgain(newest.Channel, newest.ID, id)
			return true
		}
	}
	return false
}

// surfaces is everything that can be read now.
func (s *discordNight) surfaces() map[string]surface {
	all := map[string]surface{}
	for _, c := range s.guild.Channels() {
		if c.Name == lobby {
			continue
		}
		for _, m := range c.Messages {
			if m.Text() != "" {
				all[m.ID] = surface{"#" + c.Name, m.ID, m.Text(), m.Text(), false}
			}
		}
	}
	for _, name := range s.names {
		for id, f := range s.surfacesOf(name) {
			all[id] = f
		}
	}
	return all
}

// surfacesOf are those that only one person can read.
func (s *discordNight) surfacesOf(name string) map[string]surface {
	all := map[string]surface{}
	p := s.accounts[name]
	if m := p.Modal(); m != nil {
		id := "window/" + name
		all[id] = surface{name, id, "", "〔" + m.Title + "〕\n" + strings.TrimPrefix(m.Text(), m.Title+"\n"), true}
	}
	for _, m := range append(p.DMs(), p.Whispers()...) {
		if m.Author != p.ID && !m.Loading() && m.Text() != "" {
			all[m.ID] = surface{name, m.ID, m.Text(), m.Text(), true} // an answer there is a message like any other
		}
	}
	return all
}

func (s *discordNight) until(cond func() bool) bool { return s.guild.Until(cond) }

func (s *discordNight) refused() []string { return s.guild.Refused() }

func (s *discordNight) userOf(name string) chat.UserID {
	return chat.UserID("discord:" + s.accounts[name].ID)
}

// mustRead is how an answer's cards begin, the form's title and what is wrong in it.
func (s *discordNight) mustRead(r chat.Reply) []string {
	out := saidInCards(r)
	if r.Form != nil {
		out = append(append(out, r.Form.Title), wrongInForm(r.Form)...)
	}
	return out
}

// lookAt tells what stands in somebody's messages or in a channel.
func (s *discordNight) lookAt(name, channel string) {
	p := s.account(name)
	messages := append(p.DMs(), p.Whispers()...)
	if channel != "" {
		messages = p.Look(channel)
	}
	for _, m := range messages {
		first, _, _ := strings.Cut(m.Text(), "\n")
		s.tell(1, first+" "+strings.Join(m.Buttons(), " "))
	}
}
