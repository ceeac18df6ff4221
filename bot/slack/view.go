package slack

import (
	"strconv"

	sl "github.com/slack-go/slack"

	"hikeshi/bot/chat"
	"hikeshi/bot/fit"
)

// The callback_ids of our views.
const (
	viewCards   = "cards"
	viewForm    = "form"
	viewWaiting = "waiting"
	viewHome    = "home"
)

// view begins a modal.
func (d drawing) view(callback, title string, blocks []sl.Block) sl.ModalViewRequest {
	if title = fit.OneLine(title); blank(title) {
		title = d.say("slack.draw.view")
	}
	if len(blocks) == 0 {
		blocks = []sl.Block{section(d.say("slack.draw.empty"))}
	}
	return sl.ModalViewRequest{
		Type: sl.VTModal, CallbackID: callback, Title: plain(fit.Clip(title, maxTitle)),
		Close: plain(fit.Clip(d.say("slack.draw.close"), maxTitle)), Blocks: sl.Blocks{BlockSet: blocks},
	}
}

// cardView shows cards whole, a page at a time; whole asks for them again, to turn the page.
// A page that is not there is the nearest one.
func (d drawing) cardView(cards []chat.Card, whole chat.Action, page int) sl.ModalViewRequest {
	var rows []row
	for i, c := range cards {
		if i > 0 {
			rows = append(rows, d.row(sl.NewDividerBlock(), aView))
		}
		got := d.card(c, aView)
		rows = append(append(append(rows, got.head...), got.body...), got.tail...)
	}
	pages := paged(rows)
	if len(pages) < 2 {
		return d.view(viewCards, "", numbered(blocksOf(rows)))
	}
	if whole == "" || len(whole) > maxButtonValue-idRoom {
		// Nothing can ask for the other pages.
		return d.view(viewCards, "", numbered(append(blocksOf(pages[0]), small(d.say("slack.draw.more_nowhere")))))
	}
	page = min(max(page, 1), len(pages))
	at := d.say("slack.draw.page", "page", strconv.Itoa(page), "pages", strconv.Itoa(len(pages)))
	var turns []sl.BlockElement
	if page > 1 {
		turns = append(turns, d.turn(whole, page-1, d.say("slack.draw.page_before")))
	}
	if page < len(pages) {
		turns = append(turns, d.turn(whole, page+1, d.say("slack.draw.page_after")))
	}
	blocks := append([]sl.Block{small(at)}, blocksOf(pages[page-1])...)
	return d.view(viewCards, "", numbered(append(blocks, sl.NewActionBlock("", turns...))))
}

// paged parts rows into pages, with room for where the reader is and for turning.
func paged(rows []row) [][]row {
	const turning = 2
	var pages [][]row
	if len(rows) <= aView.blocks && total(rows) <= aView.room {
		return [][]row{rows}
	}
	for len(rows) > 0 {
		got := fitting(rows, aView.blocks-turning, aView.room-maxActions)
		if len(got) == 0 {
			// Nothing but headings, or one that alone is too much: neither comes from a card.
			got = rows[:1]
		}
		pages = append(pages, got)
		rows = rows[len(got):]
	}
	return pages
}

// homeView shows what somebody finds on his Home tab. Where there is not room for all, each
// card has its share, so that a long list does not push the phone numbers off.
func (d drawing) homeView(cards []chat.Card) sl.HomeTabViewRequest {
	var rows []row
	left := len(cards) - maxCards
	cards = cards[:min(len(cards), maxCards)]
	var all []drawn
	var blocks, sizes []int
	for _, c := range cards {
		got := d.card(c, aView)
		all, blocks, sizes = append(all, got), append(blocks, got.count()), append(sizes, got.size())
	}
	divider := d.row(sl.NewDividerBlock(), aView)
	blocks = shares(blocks, aView.blocks-len(cards)-1)
	sizes = shares(sizes, aView.room-(len(cards)+1)*divider.size-maxActions)
	for i, c := range all {
		if i > 0 {
			rows = append(rows, divider)
		}
		rows = append(rows, d.fit(c, surface{blocks: blocks[i], room: sizes[i], size: aView.size})...)
	}
	if left > 0 {
		rows = append(rows, d.row(small(d.say("slack.draw.more_cards", "count", strconv.Itoa(left))), aView))
	}
	out := numbered(blocksOf(rows))
	if len(out) == 0 {
		out = []sl.Block{section(d.say("slack.draw.home_empty"))}
	}
	return sl.HomeTabViewRequest{Type: sl.VTHomeTab, CallbackID: viewHome, Blocks: sl.Blocks{BlockSet: out}}
}

// shares gives each what it needs; where that is too much, nobody more than is left for him
// after those who need less.
func shares(needs []int, room int) []int {
	out := make([]int, len(needs))
	open := len(needs)
	for open > 0 {
		share, changed := room/open, false
		for i, need := range needs {
			if out[i] == 0 && need <= share {
				out[i], room, open, changed = max(need, 1), room-need, open-1, true
			}
		}
		if changed {
			continue
		}
		for i := range out {
			if out[i] == 0 {
				out[i] = share
			}
		}
		return out
	}
	return out
}

// waitingView says that what was sent is on its way, and keeps what was typed in sight.
func (d drawing) waitingView(title, typed string) sl.ModalViewRequest {
	rows := []row{d.row(section(d.say("slack.draw.waiting")), aView)}
	if !blank(typed) {
		r := d.row(sl.NewSectionBlock(bold(d.say("slack.draw.typed"), maxSection), nil, nil), aView)
		r.holds = true
		rows = append(append(rows, r), d.text(fit.Clean(typed), false, aView)...)
	}
	return d.view(viewWaiting, title, blocksOf(fitting(rows, aView.blocks, aView.room)))
}
