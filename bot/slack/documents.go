package slack

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	sl "github.com/slack-go/slack"

	"hikeshi/bot/chat"
)

// listed is how many files of a conversation are looked through for one of ours (files.list
// gives 100 by default, the newest first).
const listed = 100

// putDocument brings a file to a conversation by the external upload, and nowhere else: it
// is shared with that conversation alone and never made public. A file of this name that we
// have brought there already is not brought again.
func (s *sender) putDocument(ctx context.Context, conversation string, d chat.Delivery, l line) (chat.MessageID, error) {
	if d.Again || d.Update != "" {
		id, err := s.findDocument(ctx, conversation, d.Document.Name, l)
		if err != nil || id != "" {
			return id, err
		}
	}
	var place *sl.GetUploadURLExternalResponse
	err := s.call(ctx, l.turn("files.getUploadURLExternal", ""), func(ctx context.Context) (err error) {
		place, err = s.client.GetUploadURLExternalContext(ctx, sl.GetUploadURLExternalParameters{
			FileName: d.Document.Name, FileSize: len(d.Document.Body),
		})
		return err
	})
	if err != nil {
		return "", certain(err)
	}
	// What is uploaded and not completed is seen by nobody: a break here leaves nothing behind.
	err = s.tried(ctx, "files.upload", func(ctx context.Context) error {
		return s.client.UploadToURL(ctx, sl.UploadToURLParameters{
			UploadURL: place.UploadURL, Filename: d.Document.Name, Reader: bytes.NewReader(d.Document.Body),
		})
	})
	if err != nil {
		return "", certain(err)
	}
	_, said := s.draw.message(d.Card)
	l.patience = max(l.patience, callTimeout) // the upload is done: it would have to be done again
	err = s.call(ctx, l.turn("files.completeUploadExternal", conversation), func(ctx context.Context) error {
		_, err := s.client.CompleteUploadExternalContext(ctx, sl.CompleteUploadExternalParameters{
			Files:   []sl.FileSummary{{ID: place.FileID, Title: d.Document.Name}},
			Channel: conversation, InitialComment: said,
		})
		return err
	})
	if err != nil {
		return "", err
	}
	return messageID(conversation, place.FileID), nil
}

// certain is an error of a step that nobody sees anything of: whether it was done makes no
// difference.
func certain(err error) error {
	if errors.Is(err, chat.ErrUnsure) {
		return errors.New(err.Error())
	}
	return err
}

// findDocument is a file of ours of this name in a conversation; empty: there is none.
func (s *sender) findDocument(ctx context.Context, conversation, name string, l line) (chat.MessageID, error) {
	me, err := s.auth(ctx)
	if err != nil {
		return "", err
	}
	var files []sl.File
	t := l.turn("files.list", "")
	t.ticket += conversation
	err = s.call(ctx, t, func(ctx context.Context) (err error) {
		files, _, err = s.client.GetFilesContext(ctx, sl.GetFilesParameters{
			Channel: conversation, User: me.User, Count: listed, Page: 1,
		})
		return err
	})
	if err != nil {
		return "", err
	}
	for _, f := range files {
		if f.User == me.User && (f.Name == name || f.Title == name) {
			return messageID(conversation, f.ID), nil
		}
	}
	return "", nil
}

// openFile opens a file that a person sent. Who gets it closes the body. The token goes to
// Slack's own hosts and the API's only: where a file lies elsewhere, its author chose the
// address.
func (s *sender) openFile(ctx context.Context, id string) (name string, body io.ReadCloser, err error) {
	var f *sl.File
	err = s.call(ctx, turn{method: "files.info", patience: -1}, func(ctx context.Context) (err error) {
		f, _, _, err = s.client.GetFileInfoContext(ctx, id, 0, 0)
		return err
	})
	if err != nil {
		return "", nil, err
	}
	at := f.URLPrivateDownload
	if at == "" {
		at = f.URLPrivate
	}
	if f.IsExternal || !s.trusted(at) {
		return "", nil, fmt.Errorf("slack file: it does not lie with Slack: %w", chat.ErrGone)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at, nil)
	if err != nil {
		return "", nil, errors.New("slack file: its address cannot be read")
	}
	req.Header.Set("Authorization", "Bearer "+s.config.BotToken)
	resp, err := s.http.Do(req)
	if err != nil {
		return "", nil, judge("file", func() bool { return false }, err)
	}
	if resp.StatusCode != http.StatusOK {
		resp.Body.Close()
		// A redirect leads to the sign-in page: the token may not read this file.
		return "", nil, fmt.Errorf("slack file: status %d", resp.StatusCode)
	}
	return f.Name, resp.Body, nil
}

// trusted says whether an address may be called with the token: Slack's own hosts, by https,
// and the host of the API in the settings.
func (s *sender) trusted(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	if api, err := url.Parse(s.config.APIURL); err == nil && u.Scheme == api.Scheme && strings.EqualFold(u.Host, api.Host) {
		return true
	}
	host := strings.ToLower(u.Hostname())
	return u.Scheme == "https" && u.User == nil &&
		(host == "slack.com" || strings.HasSuffix(host, ".slack.com") ||
			host == "slack-gov.com" || strings.HasSuffix(host, ".slack-gov.com"))
}

// postEphemeralURL shows blocks to the one who asked, by the response_url of his request,
// below what was shown there before. Slack takes five within 30 minutes ("Handling user
// interaction", response_url).
func (s *sender) postEphemeralURL(ctx context.Context, responseURL string, blocks []sl.Block, text string) error {
	const method = "response_url"
	if !s.trusted(responseURL) {
		return errors.New("slack response_url: it does not lead to Slack")
	}
	body, err := json.Marshal(struct {
		Type    string     `json:"response_type"`
		Replace bool       `json:"replace_original"`
		Text    string     `json:"text"`
		Blocks  []sl.Block `json:"blocks,omitempty"`
	}{"ephemeral", false, text, blocks})
	if err != nil {
		return fmt.Errorf("slack response_url: %w", err)
	}
	return s.now(ctx, method, func(ctx context.Context) error {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, responseURL, bytes.NewReader(body))
		if err != nil {
			return errors.New("its address cannot be read")
		}
		req.Header.Set("Content-Type", "application/json; charset=utf-8")
		resp, err := s.http.Do(req)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		if resp.StatusCode == http.StatusTooManyRequests {
			return &sl.RateLimitedError{RetryAfter: retryAfter(resp.Header)}
		}
		if resp.StatusCode != http.StatusOK {
			return sl.StatusCodeError{Code: resp.StatusCode}
		}
		return nil
	})
}
