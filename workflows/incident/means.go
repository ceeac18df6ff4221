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

// MeansTrouble says in a word why a means did not get through. The names are stored.
type MeansTrouble string

// The troubles.
const (
	TroubleRefused     MeansTrouble = "refused"     // the platform or the gateway refused
	TroubleUnreachable MeansTrouble = "unreachable" // the person has no account, address or number there, or it does not take anything
	TroubleSlow        MeansTrouble = "slow"        // no answer in time, or put off for too long
	TroubleDown        MeansTrouble = "down"        // nothing has got through by it lately
	TroubleCompromised MeansTrouble = "compromised" // marked as read by others
	TroubleOurs        MeansTrouble = "ours"        // a lasting fault of this program or its database; the means was not used
)

// MeansTroubles lists every trouble.
var MeansTroubles = []MeansTrouble{TroubleRefused, TroubleUnreachable, TroubleSlow, TroubleDown, TroubleCompromised, TroubleOurs}
