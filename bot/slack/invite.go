package slack

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	sl "github.com/slack-go/slack"

	"hikeshi/bot/chat"
)

// invited is how many people one invitation may name (Slack, conversations.invite).
const invited = 100

// kick takes out whom we once brought in and who does not belong there any more.
func (k *keeping) kick(ctx context.Context) error {
	// Until he is out, nothing is said there: it must be known before he is asked out. A try that
	// failed does not begin the time anew.
	if !slices.ContainsFunc(slices.Concat(k.place.Invited, k.place.Inviting), func(u string) bool { return !slices.Contains(k.place.Members, u) }) {
		k.place.Leaving = time.Time{}
	} else {
		if k.place.Leaving.IsZero() {
			k.place.Leaving = time.Now().UTC()
		}
		if err := k.rememberPlace(ctx, k.want.Channel, *k.place); err != nil {
			return err
		}
	}
	unsure := false
	var errs []error
	for _, user := range slices.Concat(k.place.Invited, k.place.Inviting) {
		if slices.Contains(k.place.Members, user) {
			continue
		}
		err := k.call(ctx, k.personal("conversations.kick", user), func(ctx context.Context) error {
			return k.client.KickUserFromConversationContext(ctx, k.place.ID, user)
		})
		switch {
		case err == nil, refused(err, "not_in_channel", "user_not_found", "cant_kick_self"):
			// He is not there. not_in_channel speaks of him or of us; if of us, whatever
			// comes next says so too.
			k.place.Invited = without(k.place.Invited, user)
			k.place.Inviting = without(k.place.Inviting, user)
		case refused(err, "channel_not_found", "is_archived"):
			return k.channelGone(ctx, err)
		case code(err) != "" && !errors.Is(err, chat.ErrUnsure):
			k.stays = true
		default:
			unsure = true // he may be out; it is tried again
			errs = append(errs, err)
		}
	}
	if unsure { // what was known before holds
		k.place.Stays = k.place.Stays || k.stays
	} else {
		k.place.Leaving, k.place.Stays = time.Time{}, k.stays
	}
	maps.DeleteFunc(k.place.Absent, func(user string, _ absence) bool { return !slices.Contains(k.place.Members, user) })
	return errors.Join(errs...)
}

// invite brings in who belongs there: all at once, and one by one where Slack refuses that,
// because one who cannot come stops everybody. Who cannot come is remembered with the reason.
func (k *keeping) invite(ctx context.Context) error {
	if k.lost {
		return nil
	}
	var all []string
	for _, user := range k.place.Members {
		if slices.Contains(k.place.Invited, user) {
			continue
		}
		if a, ok := k.place.Absent[user]; ok && time.Since(a.At) < askAgain {
			continue
		}
		if why := k.hopeless(user); why != "" {
			k.miss(user, why)
			continue
		}
		all = append(all, user)
	}
	if err := k.setOut(ctx, all); err != nil {
		return err
	}
	var errs []error
	for batch := range slices.Chunk(all, invited) {
		err := k.bring(ctx, batch...)
		switch {
		case k.lost:
			return errors.Join(append(errs, err)...)
		case err == nil:
			continue
		case refused(err, "channel_not_found", "not_in_channel", "is_archived"):
			return k.channelGone(ctx, err)
		case code(err) == "" || errors.Is(err, chat.ErrUnsure):
			// Nobody was refused: the next one would fare the same.
			return errors.Join(append(errs, err)...)
		}
		for _, user := range batch {
			if len(batch) > 1 {
				err = k.bring(ctx, user)
			}
			if k.lost {
				return errors.Join(append(errs, err)...)
			}
			if err == nil {
				continue
			}
			if code(err) == "" || errors.Is(err, chat.ErrUnsure) {
				errs = append(errs, err)
				continue
			}
			k.miss(user, k.why(ctx, user, code(err)))
		}
	}
	return errors.Join(errs...)
}

// bring invites people and notes them as brought in. Whoever is in the channel already counts
// as well: an earlier invitation may have been ours, its answer lost.
func (k *keeping) bring(ctx context.Context, users ...string) error {
	var c *sl.Channel
	err := k.call(ctx, k.personal("conversations.invite", users[0]), func(ctx context.Context) (err error) {
		c, err = k.client.InviteUsersToConversationContext(ctx, k.place.ID, users...)
		return err
	})
	if len(users) == 1 && refused(err, "already_in_channel", "cant_invite_self") {
		err = nil
	}
	if err != nil {
		return err
	}
	for _, user := range users {
		k.place.Invited = append(k.place.Invited, user)
		k.place.Inviting = without(k.place.Inviting, user)
		delete(k.place.Absent, user)
	}
	return k.watch(ctx, c)
}

// setOut notes whom we are about to bring in, before anybody can come.
func (k *keeping) setOut(ctx context.Context, users []string) error {
	more := slices.DeleteFunc(slices.Clone(users), func(u string) bool { return slices.Contains(k.place.Inviting, u) })
	if len(more) == 0 {
		return nil
	}
	k.place.Inviting = append(k.place.Inviting, more...)
	return k.rememberPlace(ctx, k.want.Channel, *k.place)
}

func without(users []string, one string) []string {
	return slices.DeleteFunc(users, func(u string) bool { return u == one })
}

// personal is the turn of an effect that is done for each person.
func (k *keeping) personal(method, user string) turn {
	t := k.line.turn(method, "")
	t.ticket += user
	return t
}

func (k *keeping) miss(user string, why chat.Problem) {
	k.place.Inviting = without(k.place.Inviting, user)
	if k.place.Absent == nil {
		k.place.Absent = map[string]absence{}
	}
	k.place.Absent[user] = absence{Why: why, At: time.Now().UTC()}
}

// hopeless is why somebody cannot be invited, by what is known of him already.
func (k *keeping) hopeless(user string) chat.Problem {
	who, _ := k.people.get(user)
	switch {
	case who.Gone:
		return chat.ProblemGone
	case who.Outside:
		return chat.ProblemOutside
	}
	return ""
}

// why says what a refused invitation means (Slack, conversations.invite). cant_invite and
// what is not known do not say it: the person does.
func (k *keeping) why(ctx context.Context, user, code string) chat.Problem {
	switch code {
	case "user_is_restricted", "user_is_ultra_restricted", "ura_max_channels":
		return chat.ProblemGuest
	case "user_not_found", "users_not_found", "user_disabled", "no_user":
		return chat.ProblemGone
	case "invitee_cant_see_channel", "no_external_invite_permission", "org_user_not_in_team", "user_team_not_in_channel", "not_in_team":
		return chat.ProblemOutside
	}
	who, err := k.user(ctx, user)
	switch {
	case errors.Is(err, chat.ErrGone), who.Gone:
		return chat.ProblemGone
	case err != nil:
		return chat.ProblemRefused
	case who.Outside:
		return chat.ProblemOutside
	case who.Guest:
		return chat.ProblemGuest
	}
	return chat.ProblemRefused
}
