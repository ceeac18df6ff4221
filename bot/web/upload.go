package web

import (
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"time"

	"hikeshi/bot/chat"
)

// A form with files may be this large: four files of the largest size. What is said to be
// larger is refused before it is read; each file's own limit is the product's and stands with
// the incident.
const maxUpload = 100<<20 + maxBody

// transferWithin is how long a form with files, or a file on its way out, may take: a hundred
// megabytes over the telephone of somebody in a basement.
const transferWithin = 15 * time.Minute

// maxParts bounds the typed inputs of a form with files.
const maxParts = 200

// maxFileParts bounds the files of one form. More of them come with the next.
const maxFileParts = 50

// actWithFiles is act for a form that may come with files. They are not kept on the way: the
// typed inputs are read, the token is checked, and then the desk reads each file as it comes
// in. Hence a page puts its files last.
func (s *Server) actWithFiles(do func(*visit) error) http.HandlerFunc {
	plain := s.act(do)
	return func(w http.ResponseWriter, r *http.Request) {
		kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
		if err != nil || kind != "multipart/form-data" {
			plain(w, r)
			return
		}
		v := &visit{w: w, r: r, lang: s.cfg.Lang}
		known := s.enter(v, false)
		if r.ContentLength > maxUpload {
			s.refuse(v, http.StatusRequestEntityTooLarge, "web.error.files")
			return
		}
		now := time.Now()
		control := http.NewResponseController(w)
		_ = control.SetReadDeadline(now.Add(readWithin))
		up, ok := s.readTyped(v)
		if !ok {
			return
		}
		if !known || !s.validToken(v) {
			v.drain()
		}
		if !s.checkToken(v) {
			return
		}
		if !known {
			s.refuse(v, http.StatusUnauthorized, s.strangerKey())
			return
		}
		// Only somebody who may write here at all is waited for.
		_ = control.SetReadDeadline(now.Add(transferWithin))
		_ = control.SetWriteDeadline(now.Add(transferWithin + answerWithin))
		v.files = up.files
		err = do(v)
		_ = control.SetReadDeadline(time.Time{})
		s.end(v, err)
	}
}

// upload is a form with files while it comes in.
type upload struct {
	parts *multipart.Reader
	next  *multipart.Part // the first file; nil when there is none
}

// readTyped reads what comes before the files; when ok is false, it has answered.
func (s *Server) readTyped(v *visit) (up *upload, ok bool) {
	v.r.Body = http.MaxBytesReader(v.w, v.r.Body, maxUpload)
	v.rest = v.r.Body
	up = &upload{}
	var err error
	if up.parts, err = v.r.MultipartReader(); err != nil {
		s.unreadable(v, err)
		return nil, false
	}
	v.r.PostForm = url.Values{}
	left := int64(maxBody)
	for n := 0; ; n++ {
		part, err := up.parts.NextPart()
		switch {
		case errors.Is(err, io.EOF):
			v.r.Form = v.r.PostForm
			return up, true
		case err != nil || n > maxParts:
			s.unreadable(v, err)
			return nil, false
		}
		if _, file := filename(part); file {
			up.next, v.r.Form = part, v.r.PostForm
			return up, true
		}
		value, err := io.ReadAll(io.LimitReader(part, left+1))
		if left -= int64(len(value)); left < 0 {
			err = &http.MaxBytesError{Limit: maxBody}
		}
		if err != nil {
			s.unreadable(v, err)
			return nil, false
		}
		v.r.PostForm.Add(part.FormName(), string(value))
	}
}

// filename is what a file was called where it came from. Part.FileName would cut it at a
// backslash, which is a letter of a Japanese keyboard and of Windows alike; who cleans names
// is the product.
func filename(part *multipart.Part) (name string, file bool) {
	_, params, err := mime.ParseMediaType(part.Header.Get("Content-Disposition"))
	if err != nil {
		return "", false
	}
	name, file = params["filename"]
	return name, file
}

// files hands the files on, each as it comes in. A file input in which nothing was chosen
// comes as one without a name and without a byte.
func (u *upload) files(yield func(chat.File, error) bool) {
	count := 0
	for part := u.next; part != nil; {
		name, isFile := filename(part)
		input, ours := strings.CutPrefix(part.FormName(), valuePrefix)
		// Each costs a look at the incident and a sentence in the answer, however small it is.
		if count++; count > maxFileParts {
			yield(chat.File{}, chat.ErrTooMuch)
			return
		}
		if isFile && ours && name != "" {
			if !yield(chat.File{Input: input, Name: clean(unquote.Replace(name)), Body: told{part}}, nil) {
				return
			}
		}
		next, err := u.parts.NextPart()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			yield(chat.File{}, tooMuch(err))
			return
		}
		part = next
	}
}

// unquote turns back what browsers write for the characters that would end a name.
var unquote = strings.NewReplacer("%22", `"`, "%0D", "\r", "%0A", "\n")

// told reads a part and tells when more came than is taken.
type told struct{ part *multipart.Part }

func (t told) Read(p []byte) (int, error) {
	n, err := t.part.Read(p)
	return n, tooMuch(err)
}

func tooMuch(err error) error {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return errors.Join(chat.ErrTooMuch, err)
	}
	return err
}
