package desk

import (
	"hikeshi/bot/chat"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

const (
	formLinkMail = "link_mail"
	formLinkCode = "link_code"
	formLinkName = "link_name"
)

const (
	inputLinkMail = "link_mail"
	inputLinkCode = "link_code"
	inputLinkName = "link_name"
)

// linkSpec asks for one thing by which an account becomes somebody's. It is about no incident:
// carry takes the place of commands.
func linkSpec(input string, most int, carry func(v *visit, key, typed string) linkOutcome) formSpec {
	return formSpec{
		inputs: func(v *visit, _ draft, _ *incident.Incident) []chat.Input {
			i := v.input(input, chat.Line, true)
			i.Max = most
			return []chat.Input{i}
		},
		take: func(*visit, draft, *incident.Incident, *answers) {},
		carry: func(v *visit, _ string, sent *sentForm, a *answers) chat.Reply {
			// By the account, which stays the same while its person changes.
			by, key := v.who.ID, "draft:"+string(v.r.From)+":"+sent.draft.String()
			reply := v.linkAnswer(carry(v, key, a.get(input)), sent)
			if reply.Accepted {
				err := v.service.SaveDraft(v.ctx, workflows.Draft{ID: sent.draft.String(), By: by, Form: sent.draft.form, Done: true})
				if err != nil {
					v.log.WarnContext(v.ctx, "a draft could not be marked as done", "component", "desk", "form", sent.draft.form, "error", err)
				}
			}
			return reply
		},
	}
}

func linkMailSpec() formSpec {
	return linkSpec(inputLinkMail, 254, func(v *visit, key, typed string) linkOutcome {
		if !addressTyped.MatchString(fold(typed)) {
			return linkOutcome{Outcome: workflows.Outcome{Refusal: &incident.Refusal{Key: "refuse.link_address"}}, input: inputLinkMail}
		}
		return v.askCode(key, fold(typed))
	})
}

func linkCodeSpec() formSpec {
	return linkSpec(inputLinkCode, 20, func(v *visit, key, typed string) linkOutcome {
		return v.enterCode(key, codeParts.Replace(fold(typed)))
	})
}

func linkNameSpec() formSpec {
	return linkSpec(inputLinkName, 80, func(v *visit, key, typed string) linkOutcome {
		return v.askAdministrators(key, typed)
	})
}
