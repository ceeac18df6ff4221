package discordtest

import "github.com/coder/websocket"

// DropSockets cuts every connection of the gateway without a word. Sessions can be resumed.
func (g *Guild) DropSockets() { g.each(func(s *socket) { _ = s.raw.Close() }) }

// CloseSockets ends every connection of the gateway with a close code of Discord's, such as
// 4000. Sessions can be resumed.
func (g *Guild) CloseSockets(code int) {
	g.each(func(s *socket) { s.end(websocket.StatusCode(code), "") })
}

// Reconnect asks every connection to come back and to resume (opcode 7).
func (g *Guild) Reconnect() { g.each(func(s *socket) { s.send(opReconnect, nil) }) }

// InvalidSession says on every connection that the session is over (opcode 9): resumable, or
// not.
func (g *Guild) InvalidSession(resumable bool) {
	g.each(func(s *socket) {
		if s.session != nil && !resumable {
			delete(g.gateway.sessions, s.session.id)
			s.session.socket, s.session = nil, nil
		}
		s.send(opInvalidSession, resumable)
	})
}

// RefuseResumes answers the next n RESUMEs with INVALID_SESSION: the session may be resumed
// later, or is over.
func (g *Guild) RefuseResumes(n int, resumable bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for range n {
		g.gateway.refusals = append(g.gateway.refusals, resumable)
	}
}

// ForgetSessions lets every session be over, as after a few minutes without a connection: a
// RESUME is answered with INVALID_SESSION. What happened meanwhile is lost.
func (g *Guild) ForgetSessions() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, s := range g.gateway.sessions {
		if s.socket != nil {
			s.socket.session = nil
		}
	}
	clear(g.gateway.sessions)
}

// LoseHeartbeat lets every connection that is open fall silent: heartbeats are not acknowledged
// and events do not come any more, and nothing is closed.
func (g *Guild) LoseHeartbeat() { g.each(func(s *socket) { s.zombie, s.queue = true, nil }) }

// Greet sends texts in the place of the next connections' HELLO, one to each, whatever is in them.
func (g *Guild) Greet(hellos ...string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.gateway.hellos = append(g.gateway.hellos, hellos...)
}

// AskHeartbeat asks every connection for a heartbeat at once (opcode 1).
func (g *Guild) AskHeartbeat() { g.each(func(s *socket) { s.send(opHeartbeat, nil) }) }

// Replay lets the next RESUME begin n events before the one that the application names: it gets
// them once more.
func (g *Guild) Replay(n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.gateway.again = n
}

// ResetToken gives the bot another token, as the owner does in the portal. The old one is
// refused from now on, and connections that used it are closed.
func (g *Guild) ResetToken() string {
	g.mu.Lock()
	g.oldTokens = append(g.oldTokens, g.token)
	g.token = "MTA.bot-token." + random() // three parts, as every token of Discord
	token := g.token
	clear(g.gateway.sessions)
	g.mu.Unlock()
	g.CloseSockets(closeWrongToken)
	return token
}

// Portal takes the place of the privileged intents that are switched on in the developer
// portal. Sessions that asked for more are closed.
func (g *Guild) Portal(intents Intent) {
	g.mu.Lock()
	g.portal = intents
	g.mu.Unlock()
	g.each(func(s *socket) {
		if s.session != nil && s.session.intents&privileged&^intents != 0 {
			delete(g.gateway.sessions, s.session.id)
			s.end(closeIntents, "Disallowed intent(s).")
		}
	})
}

// each does something with every connection; mu is held meanwhile.
func (g *Guild) each(do func(*socket)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, s := range g.gateway.sockets {
		do(s)
	}
	g.touch()
}
