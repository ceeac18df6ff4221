package discord

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"

	"hikeshi/bot/chat"
)

var errFile = errors.New("discord: a file did not come")

// maxRenewed is how many addresses are asked for at once: Discord takes no more.
const maxRenewed = 50

// files are what was chosen in a form, and what hangs on the message it is about; each is asked
// of Discord only when its turn comes.
//
// Discord's address of a file is good for about a day (Discord, "Signed Attachment CDN URLs"), and
// a form may wait for a week: then it is asked for another one. One whose file is gone does not
// keep the others away.
func (f *Front) files(ctx context.Context, at *sheet) chat.Files {
	chosen := slices.Clone(at.Files)
	if at.Quote != nil {
		for _, q := range at.Quote.Ref.Files {
			q.Input = chat.QuotedFile
			chosen = append(chosen, q)
		}
	}
	if len(chosen) == 0 {
		return nil
	}
	return func(yield func(chat.File, error) bool) {
		// One that stands still must not hold the form for ever.
		ctx, cancel := context.WithTimeout(ctx, f.patience.desk)
		defer cancel()
		var renewed map[string]renewal // nil: nobody has asked yet
		for n, c := range chosen {
			body, err := f.openFile(ctx, attachment{URL: c.URL})
			if errors.Is(err, chat.ErrGone) {
				if renewed == nil {
					renewed = f.renew(ctx, chosen[n:])
				}
				switch again := renewed[c.URL]; {
				case again.err != nil:
					err = again.err
				case again.url != "":
					body, err = f.openFile(ctx, attachment{URL: again.url})
				}
			}
			if !f.handOn(yield, c, body, err) {
				return
			}
		}
	}
}

// handOn hands on one file, or why it did not come; false: there is to be no other.
func (f *Front) handOn(yield func(chat.File, error) bool, c fileRef, body io.ReadCloser, err error) bool {
	switch {
	case errors.Is(err, chat.ErrGone):
		f.log.Warn("a file of a form is not with Discord any more", "error", err)
		return yield(chat.File{Input: c.Input, Name: c.Name}, errors.Join(errFile, err))
	case err != nil:
		yield(chat.File{}, errors.Join(errFile, err))
		return false
	}
	defer body.Close()
	return yield(chat.File{Input: c.Input, Name: c.Name, Body: body}, nil)
}

// renewal is the new address of a file, or why none could be asked for at the moment.
type renewal struct {
	url string
	err error
}

// renew gives the addresses of files anew, by the old ones. What Discord gives none for is left
// out, and everything where it refuses: then the old ones are all there is. Where it does not
// answer, nobody knows whether a file is gone, and it is asked for again later. The route is that
// of Discord's own clients; its documentation does not name it.
func (f *Front) renew(ctx context.Context, files []fileRef) map[string]renewal {
	fresh := map[string]renewal{}
	var old []string
	for _, c := range files {
		old = append(old, c.URL)
	}
	for some := range slices.Chunk(old, maxRenewed) {
		var answer struct {
			URLs []struct {
				Original  string `json:"original"`
				Refreshed string `json:"refreshed"`
			} `json:"refreshed_urls"`
		}
		asking, cancel := context.WithTimeout(ctx, f.patience.call)
		err := f.api.do(asking, turn{patience: -1}, http.MethodPost, "attachments/refresh-urls", map[string]any{"attachment_urls": some}, &answer)
		cancel()
		if err != nil {
			f.log.Warn("the addresses of files could not be renewed", "error", err)
		}
		if err != nil && (!denied(err) || f.deadToken(err)) {
			for _, u := range some {
				fresh[u] = renewal{err: err}
			}
		}
		for _, u := range answer.URLs {
			fresh[u.Original] = renewal{url: u.Refreshed}
		}
	}
	return fresh
}
