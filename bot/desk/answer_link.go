package desk

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// PathAnswers is where answer links lead; PathAnswer is the path of one token's page.
const PathAnswers = "/answer/"

// PathAnswer is the page on which somebody who is called takes or declines, by a token of
// workflows.Service.AnswerToken.
func PathAnswer(token string) string { return PathAnswers + token }

// Errors of an answer. Each is told to the one who brought it, and nothing else is.
var (
	// ErrAnswerUnknown is one and the same for a forged token, for one of somebody who has left,
	// for one of an incident that leaves its person out, and for a mail's while mail is marked as
	// compromised: nobody learns which it is.
	ErrAnswerUnknown = errors.New("the answer link answers nothing")
	ErrAnswerExpired = errors.New("the answer link has expired")
	// ErrAnswerForm says that an answer did not come from the page of its link.
	ErrAnswerForm = errors.New("the answer was not sent by the page of its link")
	// ErrAnswerChoice says that the answer is none of the two.
	ErrAnswerChoice = errors.New("the answer is neither take nor decline")
)

// What can be answered. The names travel in forms and in a phone gateway's callback.
const (
	AnswerTake    = "take"
	AnswerDecline = "decline"
)

// Given is an answer as the page of a link sends it.
type Given struct {
	Form   string   // AnswerPage.Form
	Choice string   // AnswerTake or AnswerDecline
	Calls  []string // AnswerCall.Ref of each call it is for
	Reason string   // of AnswerDecline; may be empty
}

// Bounds of one answer: 200 reports in a few seconds call the same person 200 times.
const maxAnswered = 500

// AnswerPage is all that an answer link shows. A mail can be read by others, and so can the
// page behind its link: of an incident stand here its number and level, who has taken it and
// whom to phone.
type AnswerPage struct {
	User  chat.UserID // whose link it is
	Lang  string
	To    string // a line that says for whom the page is
	Form  string // to be sent back with an answer
	Calls []AnswerCall
	All   []string // AnswerCall.Ref of every call that waits, where there are several
	More  int      // calls that wait and are not among Calls
}

// AnswerCall is one call on the page of a link.
type AnswerCall struct {
	Ref    string // names the call, and what it was when the page was made
	ID     string
	Level  string
	Tone   chat.Tone
	Said   string // what came of the answer that was just given
	State  string
	Waits  bool // it can be taken or declined
	Again  bool // it was declined, and can be taken all the same
	Phones []chat.Phone
	Page   string // the incident's own page, for whom has taken it; needs a sign-in
}

// AnswerPage gives the page of a link. It changes nothing: programs that scan mails and
// preview links ask for it, too. ErrAnswerUnknown, ErrAnswerExpired; with any other error the
// User of the page is set if the link was good.
func (d *Desk) AnswerPage(ctx context.Context, token string) (AnswerPage, error) {
	v, a, err := d.answeringByMail(ctx, token)
	if err != nil {
		return AnswerPage{User: a.user()}, err
	}
	return v.answerPage(a, nil)
}

// Answer takes or declines calls as the person of a link, and gives the page with what came
// of it. The same answer sent twice is one. Errors as of AnswerPage; ErrAnswerForm and
// ErrAnswerChoice, when nothing was recorded.
func (d *Desk) Answer(ctx context.Context, token string, g Given) (AnswerPage, error) {
	v, a, err := d.answeringByMail(ctx, token)
	if err != nil {
		return AnswerPage{User: a.user()}, err
	}
	form, err := d.service.AnswerForm(ctx, token)
	if err != nil {
		return AnswerPage{User: a.user()}, err
	}
	if !hmac.Equal([]byte(form), []byte(g.Form)) || len(g.Calls) > maxAnswered {
		return AnswerPage{}, ErrAnswerForm
	}
	if g.Choice != AnswerTake && g.Choice != AnswerDecline {
		return AnswerPage{}, ErrAnswerChoice
	}
	var given []answered
	for _, ref := range g.Calls {
		x, ok := parseAnswerRef(ref)
		if !ok || slices.ContainsFunc(given, func(o answered) bool { return o.id == x.id }) {
			continue
		}
		x.choice = g.Choice
		if x.offer, x.refusal, err = v.answerCall(a, x, g.Reason); err != nil {
			return AnswerPage{User: a.user()}, err
		}
		given = append(given, x)
	}
	return v.answerPage(a, given)
}

// link is a good answer link.
type link struct {
	workflows.Answer
	token string
}

func (l link) user() chat.UserID {
	if l.Person == "" {
		return ""
	}
	return User(l.Person)
}

// answeringByMail lets in who brings a good link to its page. Those come by mail alone: while mail
// is marked as compromised, whoever reads it must not end the calls of the night by them.
func (d *Desk) answeringByMail(ctx context.Context, token string) (*visit, link, error) {
	v, l, err := d.answering(ctx, token)
	if err != nil {
		return v, l, err
	}
	marks, err := d.service.Compromised(ctx)
	if err != nil {
		return nil, l, err
	}
	if marks[string(incident.ByMail)].On {
		return nil, link{}, ErrAnswerUnknown
	}
	return v, l, nil
}

// answering lets in who brings a good link: to a call of an incident that he may see.
func (d *Desk) answering(ctx context.Context, token string) (*visit, link, error) {
	a, err := d.service.ReadAnswer(ctx, token)
	l := link{a, token}
	switch {
	case errors.Is(err, workflows.ErrAnswerExpired):
		return nil, link{}, ErrAnswerExpired
	case errors.Is(err, workflows.ErrAnswerUnknown), errors.Is(err, workflows.ErrAnswerLeft):
		return nil, link{}, ErrAnswerUnknown
	case err != nil:
		return nil, l, err
	}
	v := d.visit(ctx, User(a.Person), "")
	if !v.known {
		return nil, link{}, ErrAnswerUnknown
	}
	in, err := v.answerIncident(l, a.Incident)
	if err != nil {
		return nil, l, err
	}
	if in == nil {
		return nil, link{}, ErrAnswerUnknown
	}
	return v, l, nil
}

// answerIncident gives an incident that the person may see, and was called for or has a link of;
// nil: there is none.
func (v *visit) answerIncident(l link, id incident.ID) (*incident.Incident, error) {
	in, access, err := v.service.Incident(v.ctx, v.who.ID, id)
	if errors.Is(err, workflows.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if _, called := in.Page(v.who.ID); !called && id != l.Incident || access != workflows.AccessFull {
		return nil, nil
	}
	return in, nil
}

// answered is an answer to one call. seen and reply say what the call was when the person saw
// it: the same press arriving twice is one, and the same button on a page that has changed
// since is another.
type answered struct {
	id      incident.ID
	seen    int64 // Seq of the page
	reply   int64 // microseconds of its answer; 0: none
	choice  string
	offer   bool   // it answers an offer of the lead
	refusal string // why it was not recorded
}

func answerRef(in *incident.Incident, p incident.Page) string {
	reply := int64(0)
	switch {
	case offered(in, p.Person):
		reply = in.Handover.At.UnixMicro()
	case !p.Reply.IsZero():
		reply = p.Reply.UnixMicro()
	}
	return strings.Join([]string{string(in.ID), number36(p.Seq), number36(reply)}, ".")
}

func parseAnswerRef(s string) (x answered, ok bool) {
	parts := strings.Split(s, ".")
	if len(s) > maxToken || len(parts) != 3 || !isID(incident.ID(parts[0])) {
		return answered{}, false
	}
	seen, seenOK := parse36(parts[1])
	reply, replyOK := parse36(parts[2])
	return answered{id: incident.ID(parts[0]), seen: seen, reply: reply}, seenOK && replyOK
}

// key is the same for the same press on the same page of the same link.
func (x answered) key(token string) string {
	sum := sha256.Sum256([]byte(token))
	return strings.Join([]string{"answer", hex.EncodeToString(sum[:16]), string(x.id), number36(x.seen), number36(x.reply), x.choice}, ":")
}

// answerCall carries out an answer where the call, or an offer of the lead, still waits for one.
// Where none does, its state says all there is to say: somebody else was quicker, or the same was
// said before.
func (v *visit) answerCall(l link, x answered, reason string) (offer bool, refusal string, err error) {
	in, err := v.answerIncident(l, x.id)
	if err != nil || in == nil {
		return false, "", err
	}
	page, _ := in.Page(v.who.ID)
	offer = offered(in, v.who.ID)
	waits := offer || page.Status == incident.PageOpen || page.Status == incident.PageDeclined && x.choice == AnswerTake
	if !waits || in.Phase.Ended() {
		return false, "", nil
	}
	var do incident.Command = incident.Take{}
	switch {
	case offer && x.choice == AnswerTake:
		do = incident.AcceptHandover{}
	case offer && page.Status != incident.PageOpen:
		do = incident.AcceptHandover{Refuse: true, Reason: reason}
	case x.choice == AnswerDecline:
		do = incident.Decline{Reason: reason} // of his own call and of the offer
	}
	out, err := v.service.Do(v.ctx, workflows.Command{
		Key: x.key(l.token), Incident: x.id, By: v.who, Source: incident.FromPerson, Do: do,
	})
	if err != nil || out.Refusal == nil {
		return offer, "", err
	}
	return offer, v.sentence(in, out.Refusal), nil
}

// answerPage shows the calls that were just answered, the call of the link, and whatever else
// waits for the same person, the most urgent first.
func (v *visit) answerPage(l link, given []answered) (AnswerPage, error) {
	out := AnswerPage{User: l.user(), Lang: v.lang, To: v.say("answerlink.to", "person", v.person(nil, v.who.ID))}
	var err error
	if out.Form, err = v.service.AnswerForm(v.ctx, l.token); err != nil {
		return out, err
	}
	open, err := v.service.OpenCalls(v.ctx, v.who.ID)
	if err != nil {
		return out, err
	}
	slices.SortStableFunc(open, func(a, b workflows.OpenCall) int { return byUrgency(a.Incident, b.Incident) })
	ids := make([]incident.ID, 0, len(given)+len(open)+1)
	for _, x := range given {
		ids = append(ids, x.id)
	}
	ids = append(ids, l.Incident)
	waits := map[incident.ID]*incident.Incident{}
	for _, c := range open {
		ids = append(ids, c.Incident.ID)
		waits[c.Incident.ID] = c.Incident
		out.All = append(out.All, answerRef(c.Incident, c.Page))
	}
	var seen []incident.ID
	for _, id := range ids {
		if slices.Contains(seen, id) {
			continue
		}
		seen = append(seen, id)
		in := waits[id]
		if in == nil {
			if in, err = v.answerIncident(l, id); err != nil {
				return out, err
			}
		}
		if in == nil {
			continue
		}
		call := v.answerCallShown(in, given)
		if call.Waits && len(out.Calls) >= maxListed {
			out.More++
			continue
		}
		out.Calls = append(out.Calls, call)
	}
	if out.All = out.All[:min(len(out.All), maxAnswered)]; len(out.All) < 2 {
		out.All = nil
	}
	return shown(out), nil
}

// answerCallShown is one call as it is now.
func (v *visit) answerCallShown(in *incident.Incident, given []answered) AnswerCall {
	page, _ := in.Page(v.who.ID)
	page.Person = v.who.ID // who was offered the lead may never have been called
	offer := offered(in, v.who.ID)
	c := AnswerCall{Ref: answerRef(in, page), ID: string(in.ID), Level: v.workingLevel(in), State: v.answerState(in, page)}
	if !in.Phase.Ended() {
		c.Phones = v.answerPhones(in)
		c.Waits, c.Again = offer || page.Status == incident.PageOpen, !offer && page.Status == incident.PageDeclined && in.Lead != v.who.ID
	}
	switch {
	case c.Waits && in.Chased():
		c.Tone = chat.Urgent
	case c.Waits:
		c.Tone = chat.Notice // level 0 hurries nobody
	case takes(in, page) && !in.Phase.Ended():
		c.Tone, c.Page = chat.Good, PathIncident(in.ID)
	}
	at := slices.IndexFunc(given, func(x answered) bool { return x.id == in.ID })
	switch {
	case at < 0 || in.Phase.Ended():
	case given[at].refusal != "":
		c.Said, c.Tone = given[at].refusal, chat.Refused
	case takes(in, page) && given[at].choice == AnswerTake:
		c.Said = v.took()
	case given[at].offer && !offer && given[at].choice == AnswerDecline:
		c.Said = v.say("answerlink.offer_refused", "lead", v.lead(in))
	case page.Status == incident.PageDeclined && given[at].choice == AnswerDecline:
		c.Said = v.say("answerlink.declined")
	case page.Spared && given[at].choice == AnswerDecline:
		c.Said = v.say("answerlink.spared")
	default:
		c.Said = v.say("answerlink.changed")
	}
	return c
}

// takes reports whether the person of a page works on the incident: he took the call, or leads
// it by a handover that he accepted after he had declined.
func takes(in *incident.Incident, p incident.Page) bool {
	return p.Status == incident.PageAcknowledged || p.Status != incident.PageOpen && in.Lead == p.Person
}

// answerState says in a sentence how far a call has come.
func (v voice) answerState(in *incident.Incident, p incident.Page) string {
	switch {
	case in.MergedInto != "":
		return v.say("answerlink.merged", "id", string(in.MergedInto))
	case in.Phase.Ended():
		return v.say("answerlink.over")
	case offered(in, p.Person):
		return v.say("answerlink.offer", "person", v.person(in, in.Handover.From), "at", v.when(in.Handover.At))
	case takes(in, p) && p.Status != incident.PageAcknowledged:
		return v.say("answerlink.leads")
	case p.Seq == 0:
		return v.say("handover.over", "lead", v.lead(in))
	case p.Status != incident.PageOpen:
		return v.pageAnswer(in, p)
	}
	if acked := v.coming(in); len(acked) > 0 {
		var people []incident.PersonID
		for _, a := range acked {
			people = append(people, a.Person)
		}
		return v.say("answerlink.waits_taken", "at", v.when(p.At), "people", v.persons(in, people))
	}
	return v.say("answerlink.waits", "at", v.when(p.At))
}

// answerPhones lists whom to phone about an incident: who leads it, and then those of §9.3,
// without the one who asks.
func (v *visit) answerPhones(in *incident.Incident) []chat.Phone {
	var list []phone
	if p, ok := v.service.Contacts().Person(in.Lead); ok && in.Lead != v.who.ID && p.Active && p.Phone != "" && !in.IsExcluded(in.Lead) {
		list = append(list, phone{person: p, role: incident.IncidentLead, deputy: !v.service.Contacts().Holds(in.Lead, incident.IncidentLead)})
	}
	for _, p := range v.phones(in, append(v.rolesToPhone(in), incident.Representative), []incident.PersonID{v.who.ID}, false) {
		if p.person.ID != in.Lead {
			list = append(list, p)
		}
	}
	var out []chat.Phone
	for _, p := range list {
		role := v.role(p.role)
		if p.deputy {
			role = v.say("role.deputy", "value", role)
		}
		out = append(out, chat.Phone{Name: p.person.Name, Role: role, Number: p.person.Phone})
	}
	return out
}

// heard reports whether a call was among those that a link's person was told of: it was made
// before the link, or is of the link's own incident, whatever the clocks of two servers say.
func (l link) heard(in *incident.Incident, at time.Time) bool {
	return in.ID == l.Incident || !at.After(l.Issued)
}
