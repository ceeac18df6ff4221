package discordtest

// Person is somebody with a Discord client. What cannot be done in a client ends the test.
type Person struct {
	ID string

	g *Guild
}

// AddMember makes an account with a displayed name and lets it join the company's server.
func (g *Guild) AddMember(name string) *Person {
	g.mu.Lock()
	defer g.mu.Unlock()
	u := g.newUser(name)
	g.home.enter(&member{user: u.id, joined: g.now()})
	g.touch()
	return &Person{ID: u.id, g: g}
}

// AddStranger makes an account that is in no server of ours.
func (g *Guild) AddStranger(name string) *Person {
	g.mu.Lock()
	defer g.mu.Unlock()
	return &Person{ID: g.newUser(name).id, g: g}
}

// Owner is who owns the company's server.
func (g *Guild) Owner() *Person { return &Person{ID: g.home.owner, g: g} }

// Person gives the person with an ID.
func (g *Guild) Person(id string) *Person { return &Person{ID: id, g: g} }

func (g *Guild) newUser(name string) *user {
	id := g.snowflake()
	u := &user{id: id, name: "user" + id, shown: name}
	g.users[id] = u
	return u
}

func (p *Person) fail(format string, args ...any) {
	p.g.t.Helper()
	p.g.t.Fatalf("%s: "+format, append([]any{p.ID}, args...)...)
}

// userJSON is an account as Discord gives it; mu is held.
func (g *Guild) userJSON(id string) obj {
	u := g.users[id]
	if u == nil {
		return obj{"id": id, "username": "deleted_user", "discriminator": "0000", "avatar": nil, "global_name": nil}
	}
	o := obj{"id": u.id, "username": u.name, "discriminator": "0", "avatar": nil, "global_name": nil, "public_flags": 0}
	if u.shown != "" {
		o["global_name"] = u.shown
	}
	if u.bot {
		o["bot"] = true
	}
	return o
}

// memberJSON is a member as Discord gives him; mu is held.
func (g *Guild) memberJSON(s *server, id string) obj {
	m := s.members[id]
	o := obj{
		"user": g.userJSON(id), "nick": nil, "avatar": nil, "roles": []string{}, "joined_at": stamp(m.joined), "premium_since": nil,
		"deaf": false, "mute": false, "flags": 0, "pending": false, "communication_disabled_until": nil,
	}
	if m.nick != "" {
		o["nick"] = m.nick
	}
	if len(m.roles) > 0 {
		o["roles"] = append([]string{}, m.roles...)
	}
	return o
}
