package incident

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
)

// While one version of the program takes over from another, both work on one database for a
// while, and the older one meets what only the newer one knows. It must not act on half of it:
//
//   - A row with a field that this version does not know is Newer: it may be shown, but whatever
//     changes it is left to a server of the newer version. Written back, the field would be lost,
//     or would no longer follow from the record, which looks like tampering.
//   - An entry of an unknown kind cannot be read. Commands that need not read it go on: the row
//     is the fold of all entries, and all its fields are known.
//   - Messages, timers and editions of the rules of an unknown kind are left as well.
//
// So a version that gives an old field a new meaning or new values adds a field with it, and a
// field that is in a row is never removed without a migration.

// ErrNewer says that a newer version has written something that this one cannot read. Whoever
// meets it leaves it to others, soon again.
var ErrNewer = errors.New("a newer version of hikeshi has written this")

// ReadWhole reads JSON that this program or another version of it has written, into an empty
// value. ErrNewer: it has fields that are not known here; what is known was read.
func ReadWhole(body []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	err := d.Decode(into)
	if err == nil {
		if _, end := d.Token(); errors.Is(end, io.EOF) {
			return nil
		}
	}
	if lenient := json.Unmarshal(body, into); lenient != nil {
		return lenient
	}
	return fmt.Errorf("%w: %w", ErrNewer, err)
}

// noticeKinds are the kinds that this version can say. A kind that is missing here is never sent.
var noticeKinds = []NoticeKind{
	NoticePage, NoticeReporter, NoticeCard, NoticeFeed, NoticeHandover, NoticeOffer, NoticeRefused, NoticeWaited, NoticeProposal,
	NoticeAlarm, NoticeQuestion, NoticePhones, NoticeUnreached, NoticeApprove, NoticeVoided, NoticeAssigned, NoticeEnded,
	NoticeReopened, NoticeHead, NoticeDigest, NoticePlace, NoticeAbsent, NoticeReport, NoticeAudit, NoticeCompromised, NoticeClocks,
	NoticeSign, NoticeSigned, NoticeLinkCode, NoticeLinkAsk, NoticeLinked,
}

// Known reports whether this version knows what a notice is to say, and by which means.
func (n Notice) Known() bool {
	return slices.Contains(noticeKinds, n.Kind) && (n.Means == "" || slices.Contains(AllMeans, n.Means))
}
