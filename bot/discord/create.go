package discord

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bwmarrin/discordgo"

	"hikeshi/bot/chat"
)

const (
	// nearFull is how many channels a server has when incidents become private threads: a few
	// are left to the company, and one is needed for the threads.
	nearFull = maxInGuild - 10
	// weekly is how long a thread is listed without a message, in minutes: the longest there is
	// (Discord, "Start Thread without Message": auto_archive_duration). A message lists it again.
	weekly = 7 * 24 * 60
)

// create makes a private channel of our own, or finds the one we made when the answer was lost.
// Names need not be unique on Discord: nobody's channel is taken.
func (k *keeping) create(ctx context.Context) error {
	p := k.place
	if p.asked() {
		return nil
	}
	var all []channel
	if err := k.do(ctx, "list", "GET", k.guild("channels"), nil, &all); err != nil {
		return k.no(err)
	}
	if err := k.takeOwn(ctx, all); err != nil || p.ID != "" {
		return err
	}
	if max(len(all), k.headcount.count()) >= nearFull {
		return k.createThread(ctx)
	}
	if err := k.intend(ctx, ""); err != nil {
		return err
	}
	in, err := k.comers(ctx)
	if err != nil {
		return err
	}
	var made channel
	body := map[string]any{
		"name": k.want.Channel, "type": discordgo.ChannelTypeGuildText, "topic": k.marked(k.want.Topic),
		"permission_overwrites": k.overwrites(in, false),
	}
	err = k.in(ctx, categories, func(category string) error {
		if category == "" {
			return errFull
		}
		body["parent_id"] = category
		return k.do(ctx, "create", "POST", k.guild("channels"), body, &made)
	})
	switch {
	case err == nil:
		p.Topic = k.want.Topic
		return k.own(ctx, made, "")
	case errors.Is(err, errFull), refused(err, codeMaxChannels):
		return k.createThread(ctx)
	}
	return k.no(err)
}

// takeOwn takes the channel or thread that we made when the answer was lost, where there is one;
// all are the channels of the server.
func (k *keeping) takeOwn(ctx context.Context, all []channel) error {
	p := k.place
	if p.Mark == "" {
		return nil
	}
	if mine := k.findOwn(all); mine != nil {
		return k.own(ctx, *mine, "")
	}
	if p.Threading == "" {
		return nil
	}
	mine, err := k.findThread(ctx, p.Threading)
	if err != nil || mine == nil {
		return err
	}
	return k.own(ctx, *mine, p.Threading)
}

// takeLate is takeOwn where the incident is over, and no other channel is made: what was made
// must not stay open.
func (k *keeping) takeLate(ctx context.Context) error {
	var all []channel
	err := k.do(ctx, "list", "GET", k.guild("channels"), nil, &all)
	if denied(err) && !k.deadToken(err) { // we are not in the server any more
		return nil
	}
	if err != nil {
		return err
	}
	return k.takeOwn(ctx, all)
}

// errFull says that there is no room for one more channel.
var errFull = errors.New("discord: there is no room for a channel")

// no notes why there is no channel, where Discord has decided so: to go on waiting for it would
// keep from everybody what is said in it.
func (k *keeping) no(err error) error {
	p := k.place
	switch {
	case err == nil:
	case refused(err, codeMissingPermissions, codeMissingAccess), errors.Is(err, errShut):
		p.Problem, p.Asked = chat.ProblemForbidden, time.Now().UTC()
	case denied(err) && !k.deadToken(err):
		p.Problem, p.Asked = chat.ProblemRefused, time.Now().UTC()
	default:
		return err
	}
	return nil
}

func (s *sender) deadToken(err error) bool {
	var r *refusal
	return errors.As(err, &r) && r.status == 401
}

// intend remembers the mark under which the channel is about to be made.
func (k *keeping) intend(ctx context.Context, threading string) error {
	if k.place.Mark != "" && k.place.Threading == threading {
		return nil
	}
	if k.place.Mark == "" {
		k.place.Mark = strings.ToLower(rand.Text()[:12])
	}
	k.place.Threading = threading
	return k.remember(ctx) // without it, a channel whose answer is lost would be nobody's
}

// comers are the members who are in the server, with those noted who are not.
func (k *keeping) comers(ctx context.Context) ([]string, error) {
	var in []string
	for _, user := range k.place.Members {
		switch why, err := k.absent(ctx, user); {
		case err != nil:
			continue // he is let in afterwards
		case why != "":
			k.miss(user, why)
		default:
			in = append(in, user)
		}
	}
	return in, k.setOutFor(ctx, in)
}

// own notes a channel as this incident's: first whose it is, so that no other takes it.
func (k *keeping) own(ctx context.Context, c channel, thread string) error {
	if err := k.config.Memory.Remember(context.WithoutCancel(ctx), "channel/"+c.ID, []byte(k.want.Channel)); err != nil {
		return err
	}
	k.mu.Lock()
	delete(k.others, c.ID)
	k.mu.Unlock()
	p := k.place
	p.ID, p.Thread, p.Threading, p.Problem, p.Asked, p.Safe = c.ID, thread, "", "", time.Time{}, false
	return k.remember(ctx)
}

// findOwn is the channel with our mark among those of the server.
func (k *keeping) findOwn(all []channel) *channel {
	mark := "[" + k.want.Channel + " " + k.place.Mark + "]"
	for _, c := range all {
		if c.Type == discordgo.ChannelTypeGuildText && strings.HasSuffix(c.Topic, mark) {
			return &c
		}
	}
	return nil
}

// findThread is the thread that we made in our channel for this incident.
func (k *keeping) findThread(ctx context.Context, parent string) (*channel, error) {
	who, err := k.auth(ctx)
	if err != nil {
		return nil, err
	}
	var active struct {
		Threads []channel `json:"threads"`
	}
	if err := k.do(ctx, "threads", "GET", k.guild("threads/active"), nil, &active); err != nil {
		return nil, err
	}
	for _, c := range active.Threads {
		if c.Parent == parent && c.Owner == who.User && c.Name == k.want.Channel && c.Type == discordgo.ChannelTypeGuildPrivateThread {
			return &c, nil
		}
	}
	return nil, nil
}

// createThread makes a private thread in the channel that we keep for them.
func (k *keeping) createThread(ctx context.Context) error {
	parent, err := k.threadsIn(ctx)
	if err != nil {
		return k.no(err)
	}
	if err := k.intend(ctx, parent); err != nil {
		return err
	}
	var made channel
	err = k.do(ctx, "create", "POST", "channels/"+parent+"/threads", map[string]any{
		"name": k.want.Channel, "type": discordgo.ChannelTypeGuildPrivateThread, "invitable": false, "auto_archive_duration": weekly,
	}, &made)
	if refused(err, codeUnknownChannel) {
		if err := k.config.Memory.Remember(ctx, threads.row, nil); err != nil {
			return err
		}
		return fmt.Errorf("discord: the channel for threads was deleted: %w", errGone)
	}
	if err != nil {
		return k.no(err)
	}
	return k.own(ctx, made, parent)
}

// errGone makes Keep come again, where what stood in the way is put right by then.
var errGone = errors.New("it is made anew")

// kind is a kind of channel that several incidents share: categories, and the channel for
// threads.
type kind struct {
	row  string // what is remembered of them
	name string // the text that names them
	of   discordgo.ChannelType
}

var (
	categories = kind{"categories", "discord.keep.category", discordgo.ChannelTypeGuildCategory}
	archives   = kind{"archives", "discord.keep.archive", discordgo.ChannelTypeGuildCategory}
	threads    = kind{"threads", "discord.keep.threads", discordgo.ChannelTypeGuildText}

	sharedKinds = []kind{categories, archives, threads}
)

// shared is what is remembered of a kind.
type shared struct {
	IDs    []string  `json:"ids,omitempty"`    // the newest last
	Intent time.Time `json:"intent,omitzero"`  // when we set out to make another
	Named  string    `json:"named,omitempty"`  // as
	Full   []string  `json:"full,omitempty"`   // those in which there was no room
	Barred []string  `json:"barred,omitempty"` // those from which the bot is kept out (mend.go)
	Shut   time.Time `json:"shut,omitzero"`    // when it was kept out of one that it had just made
}

// in does something in a category of a kind: in the newest, or, where that is full or was
// deleted, in another. Where there can be none, category is empty.
func (k *keeping) in(ctx context.Context, of kind, do func(category string) error) error {
	release, err := k.keeping.take(ctx, "#"+of.row)
	if err != nil {
		return err
	}
	defer release()
	for range 3 {
		id, err := k.usable(ctx, of)
		if errors.Is(err, errShut) && of != categories || errors.Is(err, errFull) || denied(err) && !k.deadToken(err) && of != categories {
			return do("")
		}
		if err != nil {
			return err
		}
		err = do(id)
		var r *refusal
		if !errors.As(err, &r) || r.code != codeInvalidForm || !slices.ContainsFunc(r.inner, func(c string) bool { return strings.HasPrefix(c, "CHANNEL_PARENT_") }) {
			return err
		}
		if err := k.drop(ctx, of, id, slices.Contains(r.inner, "CHANNEL_PARENT_MAX_CHANNELS")); err != nil {
			return err
		}
	}
	return do("")
}

func (s *sender) recallShared(ctx context.Context, of kind) (h shared, err error) {
	b, err := s.config.Memory.Recall(ctx, of.row)
	if err != nil || b == nil {
		return h, err
	}
	if err := json.Unmarshal(b, &h); err != nil {
		return h, fmt.Errorf("what is remembered of the categories: %w", err)
	}
	return h, nil
}

func (s *sender) rememberShared(ctx context.Context, of kind, h shared) error {
	b, err := json.Marshal(h)
	if err != nil {
		return err
	}
	return s.config.Memory.Remember(context.WithoutCancel(ctx), of.row, b)
}

func (k *keeping) drop(ctx context.Context, of kind, id string, full bool) error {
	h, err := k.recallShared(ctx, of)
	if err != nil {
		return err
	}
	h.IDs = without(h.IDs, id)
	if full {
		h.Full = append(h.Full, id)
	}
	return k.rememberShared(ctx, of, h)
}

// sharedID is the newest of a kind, made where there is none.
func (k *keeping) sharedID(ctx context.Context, of kind) (string, error) {
	h, err := k.recallShared(ctx, of)
	if err != nil {
		return "", err
	}
	if len(h.IDs) > 0 {
		return h.IDs[len(h.IDs)-1], nil
	}
	if !h.Intent.IsZero() {
		if id, err := k.findShared(ctx, of, h); err != nil || id != "" {
			if err == nil {
				h.IDs, h.Intent = append(h.IDs, id), time.Time{}
				err = k.rememberShared(ctx, of, h)
			}
			return id, err
		}
	}
	h.Intent, h.Named = time.Now().UTC(), k.draw.say(of.name)
	if n := len(h.Full) + len(h.Barred); n > 0 {
		h.Named += " " + strconv.Itoa(n+1)
	}
	if of == threads {
		h.Named = strings.ToLower(h.Named)
	}
	if err := k.rememberShared(ctx, of, h); err != nil {
		return "", err
	}
	var made channel
	err = k.do(ctx, "share "+of.row, "POST", k.guild("channels"), map[string]any{
		"name": h.Named, "type": of.of, "permission_overwrites": k.sharedOverwrites(of),
	}, &made)
	if refused(err, codeMaxChannels) {
		return "", errFull
	}
	if err != nil {
		return "", err
	}
	h.IDs, h.Intent = append(h.IDs, made.ID), time.Time{}
	return made.ID, k.rememberShared(ctx, of, h)
}

// sharedOverwrites deny a category to everybody. The channel for threads is seen, so that those
// who were added to a thread of it see that; nobody writes in it.
func (s *sender) sharedOverwrites(of kind) []*discordgo.PermissionOverwrite {
	out := s.overwrites(nil, false)
	if of == threads {
		out[0].Deny = discordgo.PermissionSendMessages | discordgo.PermissionCreatePrivateThreads
		out[0].Allow = sees | discordgo.PermissionSendMessagesInThreads | discordgo.PermissionReadMessageHistory
		out[1].Allow |= discordgo.PermissionSendMessagesInThreads | discordgo.PermissionCreatePrivateThreads | discordgo.PermissionManageThreads
	}
	return out
}

// findShared is one that we made when the answer was lost: made since then, of that name, with
// nobody let in but the bot.
func (k *keeping) findShared(ctx context.Context, of kind, h shared) (string, error) {
	var all []channel
	if err := k.do(ctx, "find "+of.row, "GET", k.guild("channels"), nil, &all); err != nil {
		return "", err
	}
	want := k.sharedOverwrites(of)
	for _, c := range all {
		if c.Type != of.of || c.Name != h.Named || later(snowflake(h.Intent.Add(-skew)), c.ID) || len(c.Overwrites) != len(want) {
			continue
		}
		same := true
		for _, w := range want {
			same = same && slices.ContainsFunc(c.Overwrites, func(o *discordgo.PermissionOverwrite) bool { return *o == *w })
		}
		if same {
			return c.ID, nil
		}
	}
	return "", nil
}

// threadsIn is the channel that we keep for threads.
func (k *keeping) threadsIn(ctx context.Context) (string, error) {
	release, err := k.keeping.take(ctx, "#"+threads.row)
	if err != nil {
		return "", err
	}
	defer release()
	id, err := k.usable(ctx, threads)
	if errors.Is(err, errFull) {
		return "", &refusal{route: routeOf("POST", k.guild("channels")), status: 400, code: codeMaxChannels}
	}
	return id, err
}
