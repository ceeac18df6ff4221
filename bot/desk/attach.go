package desk

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"hikeshi/bot/chat"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
	"hikeshi/workflows/report"
)

// attachSpec takes files. They come last: a front end that hands them on as they arrive has
// read everything else by then. A reporter is asked for nothing but the file.
func attachSpec() formSpec {
	return formSpec{
		probe:   incident.Attach{},
		uploads: true,
		inputs: func(v *visit, _ draft, in *incident.Incident) []chat.Input {
			file := v.input(inputFile, chat.Upload, true)
			file.Hint = v.say("hint.file", "max", strconv.FormatInt(incident.Megabytes(incident.MaxFile), 10))
			file.Max = incident.MaxFile
			if in != nil && !in.InCircle(v.who.ID) {
				return []chat.Input{file}
			}
			where := v.line(inputWhere, false)
			where.Label, where.Hint = v.say("input.original"), ""
			return []chat.Input{where, file}
		},
		take: func(*visit, draft, *incident.Incident, *answers) {},
	}
}

// attached is one file that was recorded.
type attached struct {
	name string
	out  workflows.Outcome
}

// attach records the files of a form, each for itself: one that cannot be taken does not keep
// the others away. When none was taken the form comes back.
func (v *visit) attach(t task, where string) chat.Reply {
	done, refused, reply := v.takeFiles(t, where, inputFile)
	if reply != nil {
		return *reply
	}
	if len(done) == 0 {
		why := strings.Join(refused, "\n")
		if why == "" {
			why = v.say("file.none")
		}
		return v.wrongForm(t.sent, map[string]string{inputFile: why})
	}
	if len(refused) == 0 {
		k := t.sent.draft
		if err := v.service.SaveDraft(v.ctx, workflows.Draft{ID: k.String(), By: v.who.ID, Form: k.form, Done: true}); err != nil {
			v.log.WarnContext(v.ctx, "a draft could not be marked as done", "form", k.form, "error", err)
		}
	}
	return v.attachedReply(t.id, done, refused)
}

// takeFiles records the files that came under an input, with a sentence for each that was not
// taken. A reply says what keeps all of them away.
func (v *visit) takeFiles(t task, where, input string) (done []attached, refused []string, reply *chat.Reply) {
	for f, err := range v.files(input) {
		name := incident.FileName(f.Name)
		if errors.Is(err, chat.ErrGone) {
			if name == "" {
				name = v.say("file.nameless")
			}
			refused = append(refused, v.say("file.refused", "name", name, "why", v.say("file.gone")))
			continue
		}
		if err != nil {
			refused = append(refused, v.lost(err))
			break
		}
		out, err := v.service.Attach(v.ctx, workflows.Command{Key: t.key, Incident: t.id, By: v.who, Source: incident.FromPerson}, workflows.Upload{
			Name: f.Name, Where: where, Body: f.Body,
		})
		switch {
		case errors.Is(err, workflows.ErrUpload):
			refused = append(refused, v.lost(err))
		case err != nil && len(done) == 0:
			r := v.fault(err, t)
			return nil, nil, &r
		case err != nil:
			ref := reference()
			v.log.ErrorContext(v.ctx, "a file could not be kept", "component", "desk", "reference", ref, "error", err)
			refused = append(refused, v.say("file.refused", "name", name, "why", v.say("fault.ref", "ref", ref)))
		case out.Accepted():
			done = append(done, attached{name, out})
			continue
		case len(done) == 0 && !strings.Contains(out.Refusal.Key, ".file_"):
			r := v.refused(out, t) // about the incident or another answer: it is the same for each
			return nil, nil, &r
		default:
			if name == "" {
				name = v.say("file.nameless")
			}
			refused = append(refused, v.say("file.refused", "name", name, "why", v.sentence(nil, out.Refusal)))
			continue
		}
		break // the line is broken, or we are: the next would fare no better
	}
	return done, refused, nil
}

// files are those of the request that came under an input.
func (v *visit) files(input string) chat.Files {
	return func(yield func(chat.File, error) bool) {
		if v.r.Files == nil {
			return
		}
		for f, err := range v.r.Files {
			if (err == nil || errors.Is(err, chat.ErrGone)) && f.Input != input {
				continue
			}
			if !yield(f, err) {
				return
			}
		}
	}
}

// lost says why the rest did not arrive.
func (v *visit) lost(err error) string {
	if errors.Is(err, chat.ErrTooMuch) {
		return v.say("file.too_much")
	}
	return v.say("file.lost")
}

// attachedReply says which files are recorded, and which are not.
func (v *visit) attachedReply(id incident.ID, done []attached, refused []string) chat.Reply {
	card := v.doneCard(id, v.say("done.attached.title", "id", string(id), "count", strconv.Itoa(len(done))))
	in, access, err := v.service.Incident(v.ctx, v.who.ID, id)
	full := err == nil && access == workflows.AccessFull
	var items []chat.Item
	for _, f := range done {
		item := chat.Item{Text: v.say("file.named", "name", f.name)}
		switch {
		case f.out.First == 0:
			item.Small = v.say("file.already")
		case full:
			item.Mark = v.say("entry.number", "seq", strconv.FormatInt(f.out.First, 10))
		}
		items = append(items, item)
	}
	card.Blocks = []chat.Block{{Items: items}}
	if len(refused) > 0 {
		card.Tone = chat.Notice
		var items []chat.Item
		for _, sentence := range refused {
			items = append(items, chat.Item{Text: sentence})
		}
		card.Blocks = append(card.Blocks, chat.Block{Heading: v.say("file.not_taken"), Items: items})
		card.Buttons = append(card.Buttons, chat.Button{Label: v.say("button.attach"), Action: v.openAct(formAttach, id, 0, "")})
	}
	if err == nil {
		card.Buttons = append(card.Buttons, v.pageLink(in))
	}
	return chat.Reply{Accepted: true, Cards: []chat.Card{card}}
}

// fileRows lists the attached files that the reader may have.
func (v *visit) fileRows(in *incident.Incident) ([]FileRow, error) {
	list, err := v.service.Attachments(v.ctx, v.who.ID, in.ID)
	if err != nil {
		return nil, err
	}
	var rows []FileRow
	for _, f := range list {
		row := FileRow{
			Seq:  f.Seq,
			Name: f.Name, Size: report.Size(f.Size, v.say), Who: v.person(in, f.By), At: v.when(f.At), Where: f.Where,
			SHA256: f.SHA256, Path: PathFile(in.ID, f.Seq),
		}
		if f.Name == "" {
			row.Name = v.say("text.erased")
		}
		if f.Erased {
			row.Path, row.Erased = "", v.say("file.erased")
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// ErrHarmed says that a file cannot be handed out, because its bytes are missing or are not
// those that were attached.
var ErrHarmed = errors.New("the file is not what was attached")

// File gives the bytes of an attached file to whoever may have them at this moment; to
// everybody else it does not exist: workflows.ErrNotFound. Also ErrHarmed. That somebody had
// it is logged, without a name of anything.
func (d *Desk) File(ctx context.Context, who chat.UserID, id, entry string) (FileDownload, error) {
	v := d.visit(ctx, who, "")
	seq, err := strconv.ParseInt(entry, 10, 64)
	if err != nil || seq < 1 || strconv.FormatInt(seq, 10) != entry {
		return FileDownload{}, workflows.ErrNotFound
	}
	f, body, err := d.service.OpenAttachment(ctx, v.who.ID, incident.ID(id), seq)
	switch {
	case errors.Is(err, workflows.ErrErased):
		return FileDownload{}, workflows.ErrNotFound
	case errors.Is(err, workflows.ErrFileHarmed):
		d.log.ErrorContext(ctx, "an attached file is missing or was changed: run verify", "component", "desk", "incident", id, "seq", seq)
		return FileDownload{}, ErrHarmed
	case err != nil:
		return FileDownload{}, err
	}
	d.log.InfoContext(ctx, "an attached file was downloaded", "component", "desk", "person", string(v.who.ID), "incident", id, "seq", seq)
	name := f.Name.Body
	if f.Name.Erased {
		name = id + "-" + entry
	}
	return FileDownload{Name: incident.DownloadName(name), Size: f.Size, Body: body}, nil
}
