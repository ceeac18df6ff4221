package slacktest

import "strings"

// User is an account. Empty names and addresses are filled in from the ID.
type User struct {
	ID, Name, RealName string
	Email              string
	EmailConfirmed     bool
	Guest              bool // of several channels
	SingleChannelGuest bool
	Bot                bool
	Deleted            bool
	TeamID             string // empty: this workspace
}

// AddUser adds an account, or puts it in the place of the one with its ID.
func (w *Workspace) AddUser(u User) *Person {
	w.mu.Lock()
	if u.Name == "" {
		u.Name = strings.ToLower(u.ID)
	}
	if u.RealName == "" {
		u.RealName = u.Name
	}
	if u.TeamID == "" {
		u.TeamID = w.TeamID
	}
	if _, there := w.users[u.ID]; !there {
		w.order = append(w.order, u.ID)
	}
	w.users[u.ID] = &u
	w.touch()
	w.mu.Unlock()
	return w.Person(u.ID)
}

// shown is the account as the API shows it; mu is held.
func (w *Workspace) shown(u *User) obj {
	profile := obj{"real_name": u.RealName, "display_name": u.Name, "team": u.TeamID}
	if w.scopes["users:read.email"] && u.Email != "" && u.TeamID == w.TeamID {
		profile["email"] = u.Email
	}
	o := obj{
		"id": u.ID, "team_id": u.TeamID, "name": u.Name, "deleted": u.Deleted, "is_bot": u.Bot,
		"profile": profile, "is_app_user": false, "updated": 1600000000,
	}
	if !u.Deleted {
		o["real_name"] = u.RealName
		o["tz"], o["tz_offset"] = "Asia/Tokyo", 32400
		o["is_restricted"] = u.Guest || u.SingleChannelGuest
		o["is_ultra_restricted"] = u.SingleChannelGuest
		o["is_email_confirmed"] = u.EmailConfirmed
	}
	if u.TeamID != w.TeamID {
		o["is_stranger"] = true
	}
	return o
}

func usersInfo(w *Workspace, a args) (obj, *problem) {
	u := w.users[a.str("user")]
	if u == nil {
		return nil, no("user_not_found").because("%s", a.str("user"))
	}
	return obj{"user": w.shown(u)}, nil
}

func usersList(w *Workspace, a args) (obj, *problem) {
	ids, next := page(w.order, a, 1000, 1000)
	members := []obj{}
	for _, id := range ids {
		members = append(members, w.shown(w.users[id]))
	}
	return obj{"members": members, "cache_ts": 1600000000, "response_metadata": cursor(next)}, nil
}

func usersLookupByEmail(w *Workspace, a args) (obj, *problem) {
	for _, id := range w.order {
		u := w.users[id]
		if u.Email != "" && strings.EqualFold(u.Email, a.str("email")) && !u.Deleted && !u.Bot && u.TeamID == w.TeamID {
			return obj{"user": w.shown(u)}, nil
		}
	}
	return nil, no("users_not_found")
}

func authTest(w *Workspace, _ args) (obj, *problem) {
	return obj{
		"url": "https://fake.slack.com/", "team": "Fake", "user": "hikeshi", "team_id": w.TeamID,
		"user_id": w.BotUser, "bot_id": "B0BOT", "is_enterprise_install": false,
	}, nil
}
