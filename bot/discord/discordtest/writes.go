package discordtest

// CanWrite says whether the person sees a channel, by its ID or name, and can write in it.
func (p *Person) CanWrite(channel string) bool {
	p.g.mu.Lock()
	defer p.g.mu.Unlock()
	c := p.at(channel)
	return c != nil && p.g.may(p.ID, c)&SendMessages != 0 && !c.locked
}
