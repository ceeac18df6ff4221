package discord

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"hikeshi/bot/chat"
	"hikeshi/bot/fit"
)

// putDocument brings a file to a conversation, attached to a message there and nowhere else. One
// that we have brought there already is not brought again.
func (s *sender) putDocument(ctx context.Context, conversation string, d chat.Delivery, l line) (chat.MessageID, error) {
	p := s.payload(d.Card)
	if len(d.Document.Body) > maxFile {
		return s.putTooLarge(ctx, conversation, d, l)
	}
	p.Attachments = []attached{{ID: 0, Filename: fileName(d.Document.Name)}}
	replaces := within(d.Update, conversation)
	if replaces != "" {
		_, err := s.messageAt(ctx, conversation, replaces)
		if err == nil {
			return messageID(conversation, replaces), nil
		}
		if !replaced(err) {
			return "", err
		}
	}
	key := keyOf(conversation, d.Key, replaces)
	if d.Again || replaces != "" {
		tries := s.tries(d, p)
		for i := range tries {
			tries[i].Attachments = p.Attachments
		}
		id, err := s.find(ctx, conversation, key, tries, l)
		if err != nil || id != "" {
			return messageIDOr(conversation, id), err
		}
	}
	doc := *d.Document
	doc.Name = p.Attachments[0].Filename
	l.patience = max(l.patience, callTimeout)
	id, err := s.post(ctx, conversation, key, p, []chat.Document{doc}, l)
	if refused(err, codeTooLarge) {
		return s.putTooLarge(ctx, conversation, d, l)
	}
	return id, err
}

func messageIDOr(conversation, id string) chat.MessageID {
	if id == "" {
		return ""
	}
	return messageID(conversation, id)
}

// putTooLarge says that a file is not brought because Discord does not take it.
func (s *sender) putTooLarge(ctx context.Context, conversation string, d chat.Delivery, l line) (chat.MessageID, error) {
	c := d.Card
	c.Blocks = append(slices.Clone(c.Blocks), chat.Block{Text: s.draw.say("discord.draw.file_too_large", "name", d.Document.Name)})
	d.Card, d.Document = c, nil
	return s.put(ctx, conversation, d, l)
}

// fileName is a name as Discord keeps it: without a path and control characters.
func fileName(name string) string {
	name = fit.OneLine(name)
	if i := strings.LastIndexAny(name, `/\`); i >= 0 {
		name = name[i+1:]
	}
	if name = strings.Trim(strings.ReplaceAll(name, `"`, ""), ". "); blank(name) {
		return "file"
	}
	return name
}

// openFile opens a file that a person sent. Who gets it closes the body. No token goes along:
// the address itself opens it, and lies with Discord or nothing is opened.
func (s *sender) openFile(ctx context.Context, a attachment) (io.ReadCloser, error) {
	u, err := url.Parse(a.URL)
	if err != nil || u.User != nil || !s.trusted(u) {
		return nil, fmt.Errorf("discord file: it does not lie with Discord: %w", chat.ErrGone)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, a.URL, nil)
	if err != nil {
		return nil, errors.New("discord file: its address cannot be read")
	}
	resp, err := s.api.http.Do(req)
	if err != nil {
		if at := (*url.Error)(nil); errors.As(err, &at) {
			err = at.Err // without the address
		}
		return nil, fmt.Errorf("discord file: %w", err)
	}
	if resp.StatusCode == http.StatusNotFound || resp.StatusCode == http.StatusForbidden {
		resp.Body.Close()
		return nil, fmt.Errorf("discord file: status %d: %w", resp.StatusCode, chat.ErrGone)
	}
	if resp.StatusCode != http.StatusOK {
		resp.Body.Close()
		return nil, fmt.Errorf("discord file: status %d", resp.StatusCode)
	}
	return resp.Body, nil
}

// trusted says whether a file may be fetched from an address: Discord's own hosts for files, by
// https, and the host in the settings.
func (s *sender) trusted(u *url.URL) bool {
	if base, err := url.Parse(s.config.APIURL); err == nil && base.Host != "" && u.Scheme == base.Scheme && strings.EqualFold(u.Host, base.Host) {
		return true
	}
	return u.Scheme == "https" && slices.Contains(hosts[1:], strings.ToLower(u.Host))
}
