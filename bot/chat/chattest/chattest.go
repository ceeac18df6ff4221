// Package chattest is one suite of behaviour that every front end passes: Slack, Discord and
// the web room differ in looks, never in what arrives at the desk and what reaches a person.
//
// A front end's test brings a Driver, which acts as people do on the platform, against the
// real front end over real connections. The suite brings the desk: a handler that answers as
// each case says and remembers what it was asked. The suite knows no incident and no
// sentence of the product.
package chattest

import (
	"context"
	"slices"
	"sync"
	"testing"

	"hikeshi/bot/chat"
)

// Driver is a front end together with the platform it speaks to. What a method returns is
// what the person is shown then; a method ends the test when the platform itself fails.
type Driver interface {
	Frontend() chat.Frontend
	// People are two people whom the platform knows. Both belong to Channel.
	People() (one, other chat.UserID)
	// Channel is an incident channel that exists on the platform.
	Channel() string
	// Say types a line in a channel; in the own direct messages when it is empty.
	Say(who chat.UserID, channel, text string) Shown
	// Press presses the button with a label, of the newest message at a place that has one.
	Press(who chat.UserID, channel, label string) Shown
	// Fill changes inputs of the form that is open and sends it. Values are as in chat.Input.
	Fill(who chat.UserID, values chat.Values) Shown
	// Send is Fill with files chosen in an input of the form.
	Send(who chat.UserID, values chat.Values, input string, files ...ChosenFile) Shown
	// Repeat lets the platform deliver a person's last request again, unchanged.
	Repeat(who chat.UserID)
	// Deliver is Send, and what the courier does around it.
	Deliver(d chat.Delivery) (chat.MessageID, error)
	// Look is what stands at a place, oldest first.
	Look(who chat.UserID, channel string) Shown
}

// Shown is what a person sees.
type Shown struct {
	Text    string   // everything that can be read
	Buttons []string // labels
	Form    *ShownForm
}

// ShownForm is a form that is open.
type ShownForm struct {
	Title, Error string
	Inputs       []ShownInput
}

// ShownInput is a question of a form, with what stands in it.
type ShownInput struct{ Name, Label, Value, Error string }

// ChosenFile is a file that a person chooses.
type ChosenFile struct {
	Name  string
	Bytes []byte
}

// Input finds an input by its name.
func (f *ShownForm) Input(name string) ShownInput {
	if f != nil {
		if i := slices.IndexFunc(f.Inputs, func(in ShownInput) bool { return in.Name == name }); i >= 0 {
			return f.Inputs[i]
		}
	}
	return ShownInput{}
}

// scripted is the desk of a case.
type scripted struct {
	mu     sync.Mutex
	asked  []chat.Request
	answer func(chat.Request) chat.Reply
}

func (d *scripted) Handle(_ context.Context, r chat.Request) chat.Reply {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asked = append(d.asked, r)
	if d.answer == nil {
		return chat.Reply{Accepted: true}
	}
	return d.answer(r)
}

// take gives what was asked since the last take.
func (d *scripted) take() []chat.Request {
	d.mu.Lock()
	defer d.mu.Unlock()
	asked := d.asked
	d.asked = nil
	return asked
}

func (d *scripted) answers(with func(chat.Request) chat.Reply) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.answer = with
}

// only takes the one request that must have come.
func (d *scripted) only(t *testing.T) chat.Request {
	t.Helper()
	asked := d.take()
	if len(asked) != 1 {
		t.Fatalf("%d requests reached the desk, want one: %+v", len(asked), asked)
	}
	return asked[0]
}

// Run runs the suite. open starts a front end whose requests go to the handler.
func Run(t *testing.T, open func(t *testing.T, desk chat.Handler) Driver) {
	for _, c := range []struct {
		name string
		run  func(*testing.T, Driver, *scripted)
	}{
		{"a line arrives once, with its person and place", saidArrives},
		{"a reply is for the one who asked", replyIsPrivate},
		{"a press carries its action unchanged", pressArrives},
		{"a form is refused with what was typed, then accepted", formComesBack},
		{"a form gives back every kind of input", formInputs},
		{"files of a form arrive whole and in order", filesArrive},
		{"what is delivered again has the same ID", repeatsAreKnown},
		{"a delivery appears where it belongs", deliveryAppears},
		{"an update replaces", updateReplaces},
		{"a delivery to nobody is given up", nobody},
	} {
		t.Run(c.name, func(t *testing.T) {
			desk := &scripted{}
			c.run(t, open(t, desk), desk)
		})
	}
}
