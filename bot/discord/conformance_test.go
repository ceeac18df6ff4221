package discord

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"hikeshi/bot/chat"
	"hikeshi/bot/chat/chattest"
	"hikeshi/bot/discord/discordtest"
)

func TestConformance(t *testing.T) {
	for _, lang := range []string{"ja", "en"} {
		t.Run(lang, func(t *testing.T) {
			chattest.Run(t, func(t *testing.T, desk chat.Handler) chattest.Driver {
				g := discordtest.New(t)
				g.AddChannel("general")
				d := &driver{t: t, g: g, lang: lang, people: map[chat.UserID]*discordtest.Person{}}
				for _, name := range []string{"一", "二"} {
					p := g.AddMember(name)
					d.ids = append(d.ids, userID(p.ID))
					d.people[userID(p.ID)] = p
				}
				d.f = openDoor(t, g, &doorDesk{handle: desk.Handle}, func(f *Front) {
					f.config.Lang = lang
					f.draw.say = func(key string, pairs ...string) string { return f.config.Say(lang, key, pairs...) }
					f.sender.draw.say = f.draw.say
				})
				kept, err := d.f.Keep(t.Context(), chat.Place{Channel: d.Channel(), Topic: "試験", Members: d.ids})
				if err != nil || len(kept.Missing) > 0 || kept.ID == "" {
					t.Fatalf("the channel: %+v, %v", kept, err)
				}
				t.Cleanup(func() { blameless(t, g) })
				return d
			})
		})
	}
}

// driver acts as people do in Discord.
type driver struct {
	t      *testing.T
	g      *discordtest.Guild
	f      *Front
	lang   string
	ids    []chat.UserID
	people map[chat.UserID]*discordtest.Person
}

func (d *driver) Frontend() chat.Frontend          { return d.f }
func (d *driver) People() (one, other chat.UserID) { return d.ids[0], d.ids[1] }
func (d *driver) Channel() string                  { return "inc-2026-0001" }

func (d *driver) say(key string, pairs ...string) string { return d.f.draw.say(key, pairs...) }

// after gives what is shown because of something: new messages, and the form that is open, or
// can be opened by the button of the newest one.
func (d *driver) after(who chat.UserID, do func(p *discordtest.Person)) chattest.Shown {
	p := d.people[who]
	look := func() []discordtest.Message {
		all := append(p.Look(""), p.Look(d.Channel())...)
		for _, m := range p.Whispers() {
			if !slices.ContainsFunc(all, func(o discordtest.Message) bool { return o.ID == m.ID }) {
				all = append(all, m)
			}
		}
		return all
	}
	before := map[string]bool{}
	for _, m := range look() {
		before[m.ID] = true
	}
	do(p)
	idle(d.g, d.f)
	var s chattest.Shown
	fix := ""
	for _, m := range look() {
		if before[m.ID] {
			continue
		}
		s.Text += m.Text() + "\n"
		s.Buttons = append(s.Buttons, m.Buttons()...)
		for _, label := range m.Buttons() {
			if strings.HasPrefix(label, d.say("discord.form.fix", "at", "")) && fix == "" {
				fix = label
			}
		}
	}
	if fix != "" {
		p.Press(discordtest.Whisper, fix, "")
		idle(d.g, d.f)
	}
	if m := p.Modal(); m != nil {
		s.Text += m.Text()
		s.Form = d.form(who, m, s.Text)
	}
	return s
}

// form reads a form off a window, and what its other pages hold off the sheet behind it: nobody
// sees them before he has answered this one.
func (d *driver) form(who chat.UserID, m *discordtest.Modal, said string) *chattest.ShownForm {
	b, ok := readID(m.CustomID)
	user, _ := discordUser(who)
	at, err := d.f.sheets.get(d.t.Context(), user, b.draft)
	if !ok || err != nil || at == nil || at.form == nil {
		d.t.Fatalf("the window %q is of no form: %+v %v", m.CustomID, at, err)
	}
	title, _, paged := strings.Cut(m.Title, " 1/")
	if !paged {
		title = m.Title
	}
	out := &chattest.ShownForm{Title: title}
	if e := at.form.Error; e != "" && strings.Contains(said, e) {
		out.Error = e
	}
	seen := map[string]bool{}
	for _, in := range m.Inputs {
		how, name, ok := readAsked(in.ID)
		if !ok {
			d.t.Errorf("the input %q has no name", in.Label)
		}
		seen[name] = true
		value := in.Value
		switch how {
		case askedMoment:
			value, _ = readMoment(value, d.f.clock())
		case askedChoice, askedChoices:
			value = strings.Join(in.Values, ",")
		}
		wrong, _ := strings.CutPrefix(in.Hint, wrongSign+" ")
		if wrong == in.Hint {
			wrong = ""
		}
		out.Inputs = append(out.Inputs, chattest.ShownInput{Name: name, Label: in.Label, Value: value, Error: wrong})
	}
	for _, i := range at.form.Inputs {
		if !seen[i.Name] {
			out.Inputs = append(out.Inputs, chattest.ShownInput{Name: i.Name, Label: i.Label, Value: at.Values[i.Name]})
		}
	}
	return out
}

// Say types a command. One that goes over several lines is written to the bot with its name
// before it: a command has one line.
func (d *driver) Say(who chat.UserID, channel, text string) chattest.Shown {
	return d.after(who, func(p *discordtest.Person) {
		line, command := strings.CutPrefix(text, slash)
		line = strings.TrimSpace(line)
		at := channel
		if at == "" {
			at = "general"
		}
		switch {
		case !command && channel == "":
			p.DM(text)
			taken(d.g, d.f, p)
		case strings.Contains(text, "\n"):
			p.Post(channel, "<@"+d.g.BotID()+"> "+text)
			taken(d.g, d.f, p)
		case line == "":
			p.Command(at, "incident report", nil)
		default:
			p.Command(at, "incident line", map[string]string{"text": line})
		}
	})
}

func (d *driver) Press(who chat.UserID, channel, label string) chattest.Shown {
	return d.after(who, func(p *discordtest.Person) { p.Press(channel, label, "") })
}

func (d *driver) Fill(who chat.UserID, values chat.Values) chattest.Shown {
	return d.Send(who, values, "")
}

// Send goes through the pages of a form.
func (d *driver) Send(who chat.UserID, values chat.Values, input string, files ...chattest.ChosenFile) chattest.Shown {
	return d.after(who, func(p *discordtest.Person) {
		for {
			m := p.Modal()
			if m == nil {
				d.t.Fatal("no form is open")
			}
			for _, in := range m.Inputs {
				_, name, _ := readAsked(in.ID)
				if value, ok := values[name]; ok {
					p.Fill(in.ID, value)
				}
				for _, f := range files {
					if name == input {
						p.Attach(in.ID, f.Name, f.Bytes)
					}
				}
			}
			if p.Submit() == nil {
				d.t.Fatalf("the client does not send the form:\n%s", p.Modal().Text())
			}
			idle(d.g, d.f)
			next := ""
			if w := p.Whispers(); len(w) > 0 {
				for _, label := range w[len(w)-1].Buttons() {
					if strings.HasPrefix(label, d.say("discord.form.next", "at", "")) {
						next = label
					}
				}
			}
			if next == "" {
				return
			}
			p.Press(discordtest.Whisper, next, "")
			idle(d.g, d.f)
		}
	})
}

func (d *driver) Repeat(who chat.UserID) {
	d.people[who].Repeat()
	taken(d.g, d.f, d.people[who])
}

// Deliver waits as the courier does when Discord is not to be called yet.
func (d *driver) Deliver(what chat.Delivery) (chat.MessageID, error) {
	for {
		id, err := d.f.Send(d.t.Context(), what)
		later := (*chat.Later)(nil)
		if !errors.As(err, &later) {
			return id, err
		}
		if !pauseFor(context.Background(), later.Wait) {
			return "", err
		}
	}
}

func (d *driver) Look(who chat.UserID, channel string) chattest.Shown {
	var s chattest.Shown
	for _, m := range d.people[who].Look(channel) {
		s.Text += m.Text() + "\n"
		s.Buttons = slices.Concat(s.Buttons, m.Buttons())
	}
	return s
}
