// Package fan brings what belongs in an incident's channel to the direct messages of those who
// belong there, where there is no channel: the same for every platform that has both.
//
// Some may have it when it fails for others. Then its ID names those who have it, and what they
// have: the next try writes to the others alone, in whichever process it runs, unless it says
// something else by then.
package fan

import (
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"hikeshi/bot/chat"
)

// wide is to how many a delivery is brought at once: one after the other they would not all be
// reached within the courier's try.
const wide = 6

// text begins the part of an ID that says what those who are named beside it have.
const text = "="

// Fan is one delivery to several people.
type Fan struct {
	Members int
	// Has is the message in the direct messages of a member among those that an ID names; empty:
	// none is, or it is not known yet.
	Has func(i int) chat.MessageID
	// Bring brings the delivery to one. The first of those who do not have it waits in line as the
	// delivery does; once some have it, the rest is worth waiting longer for.
	Bring func(i int, longer bool) (chat.MessageID, error)
	// Never is told who will not get it, whatever is tried.
	Never func(error)
}

// Out brings a delivery to everybody. An error beside an ID is of those who do not have it yet; one
// without, of all. Whoever can never be reached keeps it from nobody.
func (f Fan) Out(d chat.Delivery) (chat.MessageID, error) {
	ids, errs := make([]chat.MessageID, f.Members), make([]error, f.Members)
	says := digest(d)
	if slices.Contains(strings.Split(string(d.Update), ","), text+says) {
		for i := range ids {
			ids[i] = f.Has(i)
		}
	}
	if first := slices.Index(ids, ""); first >= 0 && !slices.ContainsFunc(ids, brought) {
		ids[first], errs[first] = f.Bring(first, false)
		if waits(errs[first]) {
			return "", errs[first] // nobody has it: all of it can wait
		}
	}
	f.rest(ids, errs)
	never, yet := parted(errs)
	ids = slices.DeleteFunc(ids, func(id chat.MessageID) bool { return !brought(id) })
	switch {
	case len(ids) == 0:
		return "", cmp.Or(yet, never)
	case never != nil:
		f.Never(never)
	}
	all := make([]string, len(ids))
	for i, id := range ids {
		all[i] = string(id)
	}
	if yet != nil {
		all = append(all, text+says)
	}
	return chat.MessageID(strings.Join(all, ",")), yet
}

func (f Fan) rest(ids []chat.MessageID, errs []error) {
	var all sync.WaitGroup
	some := make(chan struct{}, wide)
	for i := range ids {
		if ids[i] != "" || errs[i] != nil {
			continue
		}
		some <- struct{}{}
		all.Go(func() {
			defer func() { <-some }()
			ids[i], errs[i] = f.Bring(i, true)
		})
	}
	all.Wait()
}

func brought(id chat.MessageID) bool { return id != "" }

func waits(err error) bool {
	_, later := errors.AsType[*chat.Later](err)
	return later
}

// parted parts the errors of those who can never be reached from what may get better: that is a
// *chat.Later only where nothing else is, and then the longest.
func parted(errs []error) (never, yet error) {
	var gone, failed []error
	var wait *chat.Later
	for _, err := range errs {
		later, asked := errors.AsType[*chat.Later](err)
		switch {
		case err == nil:
		case errors.Is(err, chat.ErrGone):
			gone = append(gone, err)
		case !asked:
			failed = append(failed, err)
		case wait == nil || later.Wait > wait.Wait:
			wait = later
		}
	}
	switch {
	case failed != nil:
		yet = errors.Join(failed...)
	case wait != nil:
		yet = wait
	}
	return errors.Join(gone...), yet
}

// digest tells what a delivery says from what another one does.
func digest(d chat.Delivery) string {
	file := ""
	if d.Document != nil {
		file = d.Document.Name // it is brought once, whatever is in it by then
	}
	said, err := json.Marshal(struct {
		Card chat.Card
		File string
	}{d.Card, file})
	if err != nil { // it is brought to all again
		said = fmt.Append(nil, d)
	}
	sum := sha256.Sum256(said)
	return base64.RawURLEncoding.EncodeToString(sum[:18])
}
