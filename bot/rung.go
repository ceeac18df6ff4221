package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"hikeshi/bot/desk"
	"hikeshi/bot/phone"
)

// rung takes the keys that were pressed by those whom the gateway has rung; nil: nobody is.
func (p *program) rung(h *house) (http.Handler, error) {
	if h.phone == nil {
		return nil, nil
	}
	return phone.Answers(phone.AnswersConfig{
		Secret: p.settings.PhoneSecret, Answer: h.answerByPhone, Say: h.say, Lang: h.lang, Log: h.log,
	})
}

// answerByPhone hands a pressed key to the desk. What it calls over is over for good.
func (h *house) answerByPhone(ctx context.Context, token, choice string) (said string, err error) {
	given := map[string]string{phone.Take: desk.AnswerTake, phone.Decline: desk.AnswerDecline}[choice]
	said, _, err = h.desk.AnswerByPhone(ctx, token, given)
	if errors.Is(err, desk.ErrAnswerUnknown) || errors.Is(err, desk.ErrAnswerExpired) || errors.Is(err, desk.ErrAnswerChoice) {
		return said, fmt.Errorf("%w: %w", phone.ErrOver, err)
	}
	return said, err
}
