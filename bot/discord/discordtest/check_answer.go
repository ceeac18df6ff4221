package discordtest

// checkMessage says what is wrong with a message that is sent (edit: changed). files are those
// sent along. interaction: it answers an interaction. mu is held.
func (g *Guild) checkMessage(body obj, files []upload, edit, interaction bool) *problem {
	of := newMessage
	switch {
	case edit:
		of = editMessage
	case interaction:
		of = newResponse
	}
	c := newMessageCheck(of, files)
	if empty := c.check(body); empty && c.found == nil {
		return no(400, 50006, "Cannot send an empty message")
	}
	return c.found
}
