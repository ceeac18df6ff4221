package mail

import (
	"strconv"
	"strings"

	"hikeshi/bot/chat"
)

// callLetter words a page: that somebody is called, how grave it is taken for, whom to phone,
// and how to answer. What happened is not handed to it, so that it cannot say it.
func (m *Mail) callLetter(c chat.Call, resent bool) letter {
	lang := c.Lang
	if lang == "" {
		lang = m.config.Lang
	}
	say := m.say(lang)
	digit, level := levelOf(c, say)
	l := letter{Lang: lang, urgent: true}

	var marks []string
	if c.Practice {
		marks = append(marks, say("mark.practice"))
	}
	if resent {
		marks = append(marks, say("mark.resent"))
	}
	subject := "mail.call.subject"
	if c.Again {
		subject = "mail.call.subject_again"
	}
	l.Subject = marked(say, marks, say(subject, "id", oneLine(c.Incident), "level", level))
	l.Title = marked(say, marks, say("mail.call.title"))

	first := part{Text: []string{say("mail.call.first")}}
	if c.Again {
		first.Text = []string{say("mail.call.again")}
	}
	if c.Practice {
		first.Text = append(first.Text, say("mail.call.practice"))
	}
	if c.Avoid != "" {
		first.Text = append(first.Text, say("mail.call.avoid", "platform", oneLine(c.Avoid)))
	}
	if c.Avoid == "" && c.Down != "" {
		first.Text = append(first.Text, say("mail.call.down", "platform", oneLine(c.Down)))
	}
	first.Fields = []field{{say("mail.call.incident"), oneLine(c.Incident)}, {say("mail.call.level"), digit}}
	if c.More > 0 {
		first.Fields = append(first.Fields, field{say("mail.call.others"), say("mail.call.more", "count", strconv.Itoa(c.More))})
	}
	l.Parts = append(l.Parts, first)

	if url := m.url(c.AnswerPage); url != "" && c.Answer != "" {
		answer := part{Heading: say("mail.call.answer"), Text: []string{say("mail.call.page")}}
		if !c.Expires.IsZero() {
			answer.Text = append(answer.Text, say("mail.call.until", "at", c.Expires.In(tokyo).Format("2006-01-02 15:04")))
		}
		answer.Links = []link{{say("mail.call.link"), url}}
		l.Parts = append(l.Parts, answer)
		l.Foot = append(l.Foot, say("mail.call.yours"))
	} else {
		how := "mail.call.by_chat_or_phone"
		switch {
		case c.Avoid != "" && len(c.Phones) == 0:
			how = "" // the sentence on the chat is all there is to say
		case c.Avoid != "":
			how = "mail.call.by_phone"
		case len(c.Phones) == 0:
			how = "mail.call.by_chat"
		}
		if how != "" {
			l.Parts = append(l.Parts, part{Heading: say("mail.call.answer"), Text: []string{say(how)}})
		}
	}

	var people []item
	for _, p := range c.Phones {
		i := item{Text: oneLine(p.Name), Phone: oneLine(p.Number)}
		if role := oneLine(p.Role); role != "" {
			i.Text = say("mail.call.person", "role", role, "name", i.Text)
		}
		people = append(people, i)
	}
	if people != nil {
		l.Parts = append(l.Parts, part{Heading: say("mail.call.phones"), Items: people})
	}
	if c.Avoid == "" {
		l.Foot = append([]string{say("mail.call.nothing")}, l.Foot...)
	} else {
		l.Foot = append([]string{say("mail.call.nothing_by_phone")}, l.Foot...)
	}
	l.Foot = append(l.Foot, say("mail.no_answer"))
	return l
}

// levelOf is the working level in words, alone and under the heading of the level.
func levelOf(c chat.Call, say func(string, ...string) string) (digit, level string) {
	key := map[string]string{"0": "level.0", "1": "level.1", "2": "level.2", "3": "level.3"}[c.Level]
	if key == "" {
		return say("level.unassessed"), say("level.unassessed")
	}
	digit, level = c.Level, say(key)
	if c.Unsure {
		digit, level = say("level.provisional", "value", digit), say("level.provisional", "value", level)
	}
	return digit, level
}

// marked puts 訓練 and 再送 before a title.
func marked(say func(string, ...string) string, marks []string, title string) string {
	if len(marks) == 0 {
		return title
	}
	mark := marks[0]
	for _, m := range marks[1:] {
		mark = say("mark.both", "a", mark, "b", m)
	}
	return say("mail.mark", "mark", mark, "title", title)
}

// dialled is a number as it is dialled; empty where it is none.
func dialled(number string) string {
	var out strings.Builder
	for _, r := range number {
		switch {
		case r >= '0' && r <= '9', r == '+' && out.Len() == 0:
			out.WriteRune(r)
		case strings.ContainsRune(" -()‐－–", r):
		default: // an extension, or two numbers: a person dials better
			return ""
		}
	}
	return out.String()
}
