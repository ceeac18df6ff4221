package workflows

import "hikeshi/workflows/incident"

// What is told of clocks to somebody who has no account where the company talks goes to him by
// mail instead: a day of the law does not wait for an account. It is no call, so that it rings
// nobody, and it goes out once: the letter is saved with the end of the try that found no account.

// byMail gives what became of a try together with the letter that goes out in its place, where one
// does: then nobody misses the message by chat.
func (s *Service) byMail(m Message, res Sent) Sent {
	if m.Kind != incident.NoticeClocks || m.By() != incident.ByChat || m.To == "" || !m.FirstSent.IsZero() || m.Resent {
		return res
	}
	gone := !res.OK && !res.Dropped && !res.Waited && res.Retry.IsZero() && res.Error == ReasonUnreachable
	if !gone || !s.people.Load().Reaches(m.To, incident.ByMail) {
		return res
	}
	letter := m.Notice
	letter.Key, letter.Means, letter.Urgent = m.Key+":"+string(incident.ByMail), incident.ByMail, false
	res.Dropped, res.Error = true, ""
	res.Then = append(res.Then, letter)
	return res
}
