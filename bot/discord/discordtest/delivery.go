package discordtest

import (
	"slices"
	"time"
)

// Delivery is something that a person did, on its way to the app.
type Delivery struct {
	ID   string // of the interaction; empty: it was none
	What string // the command, the button's label, the event
	User string

	g       *Guild
	event   string
	channel *channel // nil for interactions: they come wherever they were made
	payload obj
	it      *interaction
}

// do sends what the person did, and waits as his client does.
func (p *Person) do(d *Delivery) *Delivery {
	p.start(d)
	d.Await()
	return d
}

// start sends what the person did.
func (p *Person) start(d *Delivery) {
	p.g.mu.Lock()
	defer p.g.mu.Unlock()
	d.g, d.User = p.g, p.ID
	p.g.engine.last[p.ID] = d
	if p.g.engine.held {
		p.g.engine.queue = append(p.g.engine.queue, d)
		return
	}
	p.g.launch(d)
}

// launch gives a delivery to the gateway; mu is held.
func (g *Guild) launch(d *Delivery) {
	select {
	case <-g.closed:
		return
	default:
	}
	if d.it != nil && d.it.issued.IsZero() {
		d.it.issued = time.Now()
		g.running.Go(func() { g.mourn(d.it) })
	}
	times := 1
	if g.engine.twice {
		times = 2
	}
	for range times {
		g.dispatch(d.event, d.channel, d.payload)
	}
	g.touch()
}

// carried is called when an event leaves for the app; mu is held.
func (g *Guild) carried(e event) {
	if e.name != "INTERACTION_CREATE" {
		return
	}
	it := g.engine.all[text(e.payload, "id")]
	if it == nil {
		return
	}
	it.brought++
	if it.sent.IsZero() {
		it.sent = time.Now()
	}
}

// mourn notes what the app did not answer in time.
func (g *Guild) mourn(it *interaction) {
	defer close(it.over)
	timer := time.NewTimer(g.engine.within)
	defer timer.Stop()
	select {
	case <-it.answered:
	case <-g.closed:
	case <-timer.C:
		g.mu.Lock()
		defer g.mu.Unlock()
		if it.first == 0 && !it.odd {
			g.engine.lost = append(g.engine.lost, it.what+" of "+it.person)
			g.touch()
		}
	}
}

// Await waits for the first answer, for as long as a client does. It says whether there was
// one; what is no interaction has none and is not waited for.
func (d *Delivery) Await() bool {
	if d.it == nil {
		return true
	}
	d.g.mu.Lock()
	held := d.it.issued.IsZero()
	d.g.mu.Unlock()
	if held {
		return false
	}
	<-d.it.over
	return d.First() != 0
}

// First is the type of the first answer; 0: there is none yet.
func (d *Delivery) First() int {
	if d.it == nil {
		return 0
	}
	d.g.mu.Lock()
	defer d.g.mu.Unlock()
	return d.it.first
}

// Payload is what the app was sent.
func (d *Delivery) Payload() map[string]any { return clone(d.payload) }

// Repeat lets the platform deliver the person's last request again, unchanged, as after a
// RESUME that began too early.
func (p *Person) Repeat() *Delivery {
	p.g.mu.Lock()
	last := p.g.engine.last[p.ID]
	if last != nil {
		p.g.launch(last)
	}
	p.g.mu.Unlock()
	if last == nil {
		p.fail("has done nothing that could be repeated")
		return nil
	}
	last.Await()
	return last
}

// Twice lets everything that people do be delivered twice.
func (g *Guild) Twice(on bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.engine.twice = on
}

// Hold keeps back what people do from now on. Their actions return at once.
func (g *Guild) Hold() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.engine.held = true
}

// Release delivers what was held, the last first when backwards, each after the one before
// was answered or given up.
func (g *Guild) Release(backwards bool) {
	g.mu.Lock()
	queue := g.engine.queue
	g.engine.queue, g.engine.held = nil, false
	g.mu.Unlock()
	if backwards {
		slices.Reverse(queue)
	}
	for _, d := range queue {
		g.mu.Lock()
		g.launch(d)
		g.mu.Unlock()
		d.Await()
	}
}
