package incident

// Means is a way of reaching a person. The names are stored and stand in the policy of calls:
// never rename one.
type Means string

// The means. Chat is wherever the company talks (Slack, Discord, or the web room in practice);
// mail and phone only say that there is a call, and whom to phone.
const (
	ByChat  Means = "chat"
	ByMail  Means = "mail"
	ByPhone Means = "phone"
)

// AllMeans lists every means, in the order in which they are told to people.
var AllMeans = []Means{ByChat, ByMail, ByPhone}

// orChat is the means of what was written before there were others.
func (m Means) orChat() Means {
	if m == "" {
		return ByChat
	}
	return m
}
