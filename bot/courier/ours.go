package courier

import (
	"errors"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/workflows"
)

// oursWait is the longest wait of a call after a fault of our own, such as a database that does
// not answer: it says nothing about the means, and is over soon or has to be passed over soon.
const oursWait = 4 * time.Second

// ours is a fault that is no front end's.
type ours struct{ error }

func (o ours) Unwrap() error { return o.error }

// Ours says of an error that it is this program's or its database's, and not that of the platform
// that was to be asked. What tells that a message needs no try, or has to wait, is no fault and is
// left as it is.
func Ours(err error) error {
	_, later := errors.AsType[*chat.Later](err)
	switch {
	case err == nil, later, isOurs(err),
		errors.Is(err, workflows.ErrNotFound), errors.Is(err, workflows.ErrSettled), errors.Is(err, workflows.ErrNewer), errors.Is(err, chat.ErrGone):
		return err
	}
	return ours{err}
}

func isOurs(err error) bool {
	_, ok := errors.AsType[ours](err)
	return ok
}
