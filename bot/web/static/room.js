// The room in the browser. Every page works without this script: forms post, and the server
// answers with a page. With it, forms open as dialogs, answers appear in the page, and what
// changes is fetched again by itself. No sentence stands here: they come with the page.
"use strict";

const one = (selector, from = document) => from.querySelector(selector);
const every = (selector, from = document) => [...from.querySelectorAll(selector)];
const words = one("#words").dataset;
const ask = one("#ask");
const sure = one("#sure");

// After 10 seconds without an answer a reporter is told whom to phone; moving the practice
// clock by a day runs a whole day of calls, and may take longer.
// Files over a telephone take their time.
const patience = { clock: 60000, files: 900000, other: 10000 };

// --- sending -----------------------------------------------------------------------------

// A line keeps its request ID until it is answered, so that sending it again is no second report.
const newLine = () => [...crypto.getRandomValues(new Uint8Array(16))].map(b => b.toString(16).padStart(2, "0")).join("");

document.addEventListener("submit", async event => {
  const form = event.target;
  if (!form.dataset.send || !one("#answers")) return; // no place for an answer: the server sends a page
  event.preventDefault();
  if (form.dataset.busy) return;
  const question = form.elements.question?.value;
  if (question && !(await confirmed(question, form.elements.label.value))) return;
  send(form, event.submitter);
});

// A form that the server answers with a page is sent once, however often it is pressed meanwhile.
document.addEventListener("submit", event => {
  const form = event.target;
  if (form.dataset.once === undefined) return;
  if (form.dataset.busy) { event.preventDefault(); return; }
  busy(form, true, event.submitter);
  setTimeout(() => busy(form, false), patience.other); // no page came: it may be pressed again
});
// A page that the browser has kept comes back as it was left.
addEventListener("pageshow", () => { for (const form of every("form[data-once]")) busy(form, false); });

async function send(form, submitter) {
  const files = form.enctype === "multipart/form-data";
  if (files && tooLarge(form)) return;
  const kind = form.dataset.send;
  busy(form, true, submitter);
  try {
    const path = form.elements.question ? "/press" : form.getAttribute("action");
    const body = new FormData(form, submitter);
    const response = await fetch(path, {
      method: "POST", body: files ? body : new URLSearchParams(body),
      headers: { Accept: "application/json" }, signal: AbortSignal.timeout(patience[files ? "files" : kind] ?? patience.other),
    });
    const answer = await response.json();
    for (const old of every(".slow")) old.remove();
    if (response.ok) answered(form, kind, answer);
    show(form, answer);
  } catch {
    showSlow(form);
  } finally {
    busy(form, false);
    refresh();
  }
}

// tooLarge says so before minutes are spent on sending what the server does not take. The
// server looks again.
function tooLarge(form) {
  for (const input of every("input[type=file]", form)) {
    let left = Number(input.dataset.together);
    for (const file of input.files) {
      left -= file.size;
      if (left >= 0 && file.size <= Number(input.dataset.max ?? left + file.size)) continue;
      const note = document.createElement("p");
      const mark = document.createElement("span");
      note.className = "error";
      mark.className = "badge";
      mark.textContent = form.dataset.error;
      note.append(mark, " " + form.dataset.large.replace("{name}", () => file.name));
      one(".form-trouble", form).replaceChildren(note);
      input.focus();
      return true;
    }
  }
  return false;
}

// answered puts the form back to its beginning, now that the server has it.
function answered(form, kind, answer) {
  if (kind === "say") {
    form.elements.line.value = newLine();
    if (form.id === "say" && !answer.refused) {
      form.elements.text.value = "";
      hintKept();
    }
  }
  if (kind === "submit" && !answer.form) {
    forgetDraft(form.elements.draft.value);
    if (!answer.refused && ask.open) closeAsk();
  }
}

// aria-disabled and not disabled: a disabled button would lose the focus.
function busy(form, on, pressed) {
  if (on) form.dataset.busy = "1"; else delete form.dataset.busy;
  for (const button of every("button:not([type=button])", form)) {
    if (on) {
      button.setAttribute("aria-disabled", "true");
      if (button !== (pressed ?? button)) continue;
      button.dataset.label = button.textContent;
      button.textContent = words.sending;
      named(button, name => words.sending + " " + name);
    } else {
      button.removeAttribute("aria-disabled");
      if (!button.dataset.label) continue;
      button.textContent = button.dataset.label;
      delete button.dataset.label;
      named(button, name => name.slice(words.sending.length + 1));
    }
  }
}

// named keeps a name for screen readers in step with the words that are seen (WCAG 2.2, 2.5.3).
function named(button, change) {
  const name = button.getAttribute("aria-label");
  if (name) button.setAttribute("aria-label", change(name));
}

function confirmed(question, label) {
  one("#sure-text").textContent = question;
  one("#sure-yes").textContent = label;
  sure.returnValue = "no";
  sure.showModal();
  return new Promise(done => sure.addEventListener("close", () => done(sure.returnValue === "yes"), { once: true }));
}

// --- answers -----------------------------------------------------------------------------

function show(form, answer) {
  if (answer.form) openAsk(answer.form);
  if (answer.cards) {
    const trouble = answer.refused && ask.open && one(".form-trouble", ask);
    if (trouble) trouble.innerHTML = answer.cards; else addAnswer(answer.cards);
  }
  if (answer.go) location.assign(answer.go);
}

// One answer at a time: the newest is the one that was waited for.
function addAnswer(html) {
  const region = one("#answers");
  if (!region) return;
  region.innerHTML = html;
  dressAnswers();
  region.scrollTop = 0;
  // At the end of the window it is in sight already.
  const r = region.getBoundingClientRect();
  if (r.top < 0 || r.bottom > innerHeight) region.scrollIntoView({ block: "nearest" });
}

// dressAnswers gives every answer a button to put it away.
function dressAnswers() {
  for (const card of every("#answers .card")) {
    if (one(".away", card)) continue;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "away";
    button.setAttribute("aria-label", words.close);
    button.textContent = "×";
    button.addEventListener("click", () => { card.remove(); (one("#text") ?? one("#main")).focus(); });
    card.append(button);
  }
}

// showSlow says whom to phone. The numbers were fetched while everything still worked.
function showSlow(form) {
  const card = one("#slow").content.cloneNode(true);
  if (phones) one(".phones", card).append(phones.cloneNode(true));
  const box = document.createElement("div");
  box.append(card);
  const trouble = form.closest("dialog") && one(".form-trouble", form);
  if (trouble) trouble.innerHTML = box.innerHTML; else addAnswer(box.innerHTML);
}

let phones = null;
async function fetchPhones() {
  try {
    const response = await fetch("/contacts");
    phones = one("#contacts", new DOMParser().parseFromString(await response.text(), "text/html"));
    phones?.removeAttribute("id");
  } catch { /* there will be no numbers to show; the sheet is on the wall */ }
}

// --- forms as dialogs ----------------------------------------------------------------------

let opener = null;
const typedIn = form => new URLSearchParams([...new FormData(form)].filter(([, value]) => typeof value === "string")).toString();

const halfFilled = () => ask.open && typedIn(one("form", ask)) !== one("form", ask).dataset.begun;

function openAsk(html) {
  if (!ask.open) opener = document.activeElement;
  ask.innerHTML = html;
  const form = one("form", ask);
  form.dataset.begun = typedIn(form);
  if (!ask.open) ask.showModal();
  const wrong = one("[aria-invalid=true]", ask) ?? one("#ask-error", ask);
  const first = wrong ?? one("input:not([type=hidden]), textarea, select, button", ask);
  const group = first.closest("fieldset");
  (group ? one("input:checked", group) ?? one("input:not([type=hidden])", group) : first).focus();
  ask.scrollTop = wrong ? ask.scrollTop : 0;
}

function closeAsk() {
  one("form", ask).dataset.done = "1";
  ask.close();
}

document.addEventListener("click", event => {
  if (!event.target.matches("[data-close]")) return;
  if (ask.open) ask.close(); else history.back();
});

// The closed form stays in the dialog until the next one: Chromium loses the caret of the
// line below when the place it came from is removed.
ask.addEventListener("close", () => {
  keepDraft();
  // The button may be gone meanwhile: replaced, or hidden like that of a draft that was sent.
  (opener?.isConnected && opener.checkVisibility() ? opener : one("#text") ?? one("#main")).focus();
});

// Only the draft's name stays in this browser, with the person's: in practice one browser is
// several people.
const mine = () => "draft:" + (one("#top")?.dataset.me ?? "");

// Browsers refuse a request that outlives its page when it is longer than 64 KiB.
const outlives = 60000;

// keepDraft lets the server keep what was typed, and says so when it has. Whoever leaves the
// page hears no answer: what outlives the page is taken for kept.
async function keepDraft(leaving = false) {
  const form = one("form", ask);
  if (!form || form.dataset.busy || form.dataset.done || typedIn(form) === form.dataset.begun) return;
  const typed = typedIn(form);
  const name = mine();
  const before = sessionStorage.getItem(name);
  const draft = form.elements.draft.value;
  const keepalive = typed.length < outlives;
  form.dataset.begun = typed;
  if (leaving && keepalive) sessionStorage.setItem(name, draft);
  try {
    const response = await fetch("/draft", { method: "POST", body: new URLSearchParams(typed), keepalive });
    if (!response.ok) throw new Error(response.statusText);
    // Sent meanwhile, it is no draft any more.
    if (!form.dataset.done) sessionStorage.setItem(name, draft);
  } catch {
    delete form.dataset.begun; // the next time is another try
    if (before) sessionStorage.setItem(name, before); else sessionStorage.removeItem(name);
  }
  hintKept();
}

function forgetDraft(draft) {
  if (sessionStorage.getItem(mine()) === draft) sessionStorage.removeItem(mine());
  hintKept();
}

function hintKept() {
  const kept = one("#kept");
  if (kept) kept.hidden = !sessionStorage.getItem(mine());
}

one("#kept button")?.addEventListener("click", async () => {
  const draft = sessionStorage.getItem(mine());
  try {
    const response = await fetch("/draft?d=" + encodeURIComponent(draft), { headers: { Accept: "application/json" } });
    const answer = await response.json();
    if (answer.form) openAsk(answer.form); else forgetDraft(draft);
  } catch { /* the button is still there to be pressed again */ }
});

// --- the typed line --------------------------------------------------------------------------

const line = one("#text");
let entered = false;
line?.addEventListener("keydown", event => {
  entered = false;
  // An Enter that only accepts a Japanese conversion must not send; Safari says so by 229 alone.
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
  event.preventDefault();
  entered = true;
  if (line.value.trim()) line.form.requestSubmit();
});
// Some keyboards bring the line break of such an Enter all the same, and it may come when the line
// is sent and empty again.
line?.addEventListener("beforeinput", event => {
  if (entered && ["insertLineBreak", "insertParagraph"].includes(event.inputType)) event.preventDefault();
});

// What is typed and not sent outlives the page, in this window and for this person: he may only have
// looked elsewhere, or have had to say again who he is.
const lineOf = () => "line:" + (one("#top")?.dataset.me ?? "") + location.search;
if (line) line.value ||= sessionStorage.getItem(lineOf()) ?? "";
addEventListener("pagehide", () => {
  if (line?.value.trim()) sessionStorage.setItem(lineOf(), line.value); else if (line) sessionStorage.removeItem(lineOf());
});

// Who signs out leaves nothing that he typed behind in a browser that others may use.
document.addEventListener("submit", event => {
  if (!event.target.matches(".leave")) return;
  if (line) line.value = "";
  sessionStorage.clear();
});

// --- what changes by itself --------------------------------------------------------------------

// same compares parts without the request IDs, which are new in every page.
const same = (a, b) => bare(a) === bare(b);
const bare = part => part.outerHTML.replace(/name="line" value="[^"]*"/g, "").replace(/ (aria-expanded|open)="[^"]*"/g, "");

let fetching = false;
let wanted = false;

async function refresh() {
  if (!document.body.hasAttribute("data-live-page")) return;
  if (fetching) { wanted = true; return; }
  fetching = true;
  try {
    do {
      wanted = false;
      const room = one("#posts");
      const url = room ? "/feed" + location.search : location.pathname + location.search;
      const response = await fetch(url);
      if (response.status === 404 || response.status === 401) { anew(response.status === 401); return; }
      if (!response.ok) return;
      swap(new DOMParser().parseFromString(await response.text(), "text/html"));
    } while (wanted);
  } catch { /* the stream says when it is worth trying again */ } finally {
    fetching = false;
  }
}

// anew loads the page again. Whoever has to say first who he is, with a form half filled in, does so in
// another window: the form could not be put back.
function anew(unknown) { if (!unknown || !halfFilled()) location.reload(); }

// While a button is held down nothing is replaced: the press would be lost.
let held = false;
let missed = false;
addEventListener("pointerdown", () => { held = true; }, true);
for (const end of ["pointerup", "pointercancel"]) {
  // After the click that follows the release.
  addEventListener(end, () => setTimeout(() => {
    held = false;
    if (missed) { missed = false; refresh(); }
  }), true);
}

function swap(fresh) {
  if (held) { missed = true; return; }
  // Somebody else was chosen in another tab: this page is his now.
  const me = one("#top", fresh)?.dataset.me;
  if (me !== one("#top").dataset.me) { anew(!me); return; }
  document.title = fresh.title;
  // Signed in again, he has another token; what he has open here is still to be sent.
  const token = one("input[name=csrf]", fresh)?.value;
  for (const input of token ? every("input[name=csrf]") : []) input.value = token;
  for (const part of every("[data-swap]")) {
    const next = fresh.getElementById(part.id);
    if (!next || one("[data-busy]", part)) continue;
    if (part.dataset.swap === "keyed") swapPosts(part, next);
    else if (!same(part, next)) replace(part, next);
  }
  dropShown();
}

// dropShown takes away an answer that now stands among the messages, where it stays current.
function dropShown() {
  for (const card of every("#answers .card[data-key]")) {
    const post = every("#posts > .card").find(p => p.dataset.key === card.dataset.key);
    if (!post) continue;
    card.remove();
    post.scrollIntoView({ block: "start" });
    one(".newer").hidden = true; // this is it
  }
}

// replace puts the new part in place, with what was folded folded and the focus where it was.
function replace(part, next) {
  const node = document.importNode(next, true);
  for (const d of every("details[id]", part)) {
    const n = one("#" + CSS.escape(d.id), node);
    if (n) n.open = d.open;
  }
  const open = one("[aria-expanded=true]", part);
  if (open) one("[aria-expanded]", node)?.setAttribute("aria-expanded", "true");
  const mark = focusMark(part);
  // What a button does names the state it was shown in. Where that has gone on, the one of the
  // same name in the same place among them is meant.
  const called = mark && document.activeElement.textContent;
  const nth = mark && pressable(part).filter(e => e.textContent === called).indexOf(document.activeElement);
  const scrolled = [part, ...every("[id]", part)].filter(e => e.scrollTop > 0).map(e => [e.id, e.scrollTop]);
  // Where a dialog is open, the way back leads to what opened it, or to what has taken its place.
  const way = opener && part.contains(opener) ? marksOf(opener) : "";
  part.replaceWith(node);
  if (way) opener = pressable(node).find(e => marksOf(e) === way) ?? opener;
  for (const [id, top] of scrolled) {
    const n = node.id === id ? node : id && one("#" + CSS.escape(id), node);
    if (n) n.scrollTop = top;
  }
  const holds = mark && (pressable(node).find(e => marksOf(e) === mark) ?? pressable(node).filter(e => e.textContent === called)[nth]);
  if (holds) {
    holds.focus({ preventScroll: true });
    inSight(holds);
  }
}

// inSight scrolls the pinned card, which has a window of its own, to what holds the focus; the
// page stays where it is.
function inSight(holds) {
  const box = holds.closest(".pinned");
  if (!box) return;
  const r = holds.getBoundingClientRect(), b = box.getBoundingClientRect();
  if (r.top < b.top) box.scrollTop -= b.top - r.top;
  else if (r.bottom > b.bottom) box.scrollTop += r.bottom - b.bottom;
}

// uncover moves the page until what has the focus is neither behind the card of the channel above
// nor behind the answer and the line below (WCAG 2.2, 2.4.11). The card itself sticks to the
// window's beginning before its own end comes there.
function uncover(holds) {
  if (!holds?.closest("main") || holds.closest(".foot")) return;
  const sticks = e => e?.checkVisibility() && getComputedStyle(e).position === "sticky";
  const above = one("#pinned"), below = [one("#latest"), one(".newer")].find(sticks);
  const r = holds.getBoundingClientRect();
  const end = below?.getBoundingClientRect().top ?? innerHeight;
  const under = sticks(above) && holds.closest("#posts"); // what comes before the card is never under it
  const begin = under ? above.getBoundingClientRect().bottom : 0;
  const gap = 8; // for the outline
  if (r.bottom + gap > end) scrollBy(0, Math.min(r.bottom + gap - end, r.top - gap - begin));
  else if (r.top - gap < begin) scrollBy(0, r.top - gap - begin);
}

document.addEventListener("focusin", event => {
  if (!event.target.matches(":focus-visible")) return; // pressed where it was seen
  event.target.scrollIntoView({ block: "nearest" });
  uncover(event.target);
});

// An answer, or the hint of new messages, makes what stands below higher. Whoever has scrolled
// away from what has the focus is not carried back.
if (one("#latest")) {
  new ResizeObserver(() => {
    const r = document.activeElement.getBoundingClientRect();
    if (document.activeElement.matches(":focus-visible") && r.top >= 0 && r.bottom <= innerHeight) uncover(document.activeElement);
  }).observe(one("#latest"));
}

const pressable = from => every("button, a, summary", from);
const marksOf = e => (e.form?.elements.action?.value ?? e.getAttribute("href") ?? "") + "|" + e.textContent;
const focusMark = part => part.contains(document.activeElement) ? marksOf(document.activeElement) : "";

function swapPosts(log, next) {
  // Whoever is going through the head of the page or of the place by keyboard is not to be
  // carried away.
  const low = nearEnd() && !document.activeElement.closest("header, .side, .place");
  const had = new Map([...log.children].map(c => [c.dataset.key, c]));
  let at = log.firstElementChild;
  let grown = false;
  for (const post of [...next.children]) {
    const old = had.get(post.dataset.key);
    had.delete(post.dataset.key);
    while (at && at !== old && !had.has(at.dataset.key)) at = at.nextElementSibling;
    if (!old) {
      log.insertBefore(document.importNode(post, true), at);
      grown = true;
      continue;
    }
    if (old === at) at = at.nextElementSibling; else log.insertBefore(old, at);
    if (!same(old, post)) replace(old, post);
  }
  for (const gone of had.values()) gone.remove();
  if (!grown) return;
  if (low) toEnd(); else one(".newer").hidden = false;
}

const nearEnd = () => innerHeight + scrollY > document.documentElement.scrollHeight - 200;
const toEnd = () => scrollTo(0, document.documentElement.scrollHeight);
one("#newer")?.addEventListener("click", () => { toEnd(); one(".newer").hidden = true; });

// The stream carries no content. It is closed while nobody looks: a browser allows few
// connections to one server, and looking again fetches everything anyway.
let stream = null;
let lostTimer = 0;

function listen() {
  if (!document.body.hasAttribute("data-live-page") || document.hidden || stream) return;
  stream = new EventSource("/events");
  stream.onopen = () => { lost(false); refresh(); };
  stream.addEventListener("changed", refresh);
  stream.onerror = () => {
    lost(true);
    if (stream?.readyState !== EventSource.CLOSED) return;
    stream = null;
    setTimeout(listen, 5000);
  };
}

function lost(is) {
  const note = one("#lost");
  if (!note) return;
  // Every new try that fails comes here again; only the first begins to wait.
  if (is) { lostTimer ||= setTimeout(() => { note.hidden = false; }, 4000); return; }
  clearTimeout(lostTimer);
  lostTimer = 0;
  note.hidden = true;
}

document.addEventListener("visibilitychange", () => {
  if (!document.hidden) { listen(); return; }
  if (ask.open) keepDraft(true);
  stream?.close();
  stream = null;
});
addEventListener("pagehide", () => { if (ask.open) keepDraft(true); });

// Where the stream is held up on its way, and for the clock in the corner.
setInterval(() => { if (!document.hidden) refresh(); }, 60000);

// --- what is to be copied ------------------------------------------------------------------------

// Without https a browser gives no clipboard: then the text is only marked.
for (const button of every("[data-copy-from]")) {
  const from = one("#" + CSS.escape(button.dataset.copyFrom));
  from.addEventListener("focus", () => from.select());
  if (!navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(from.value);
      button.textContent = button.dataset.copied;
    } catch {
      from.focus();
    }
  });
}

// --- the menu of a narrow window ----------------------------------------------------------------

document.addEventListener("click", event => {
  const menu = event.target.closest(".menu");
  if (menu) menu.setAttribute("aria-expanded", String(menu.getAttribute("aria-expanded") !== "true"));
});

dressAnswers();
hintKept();
listen();
if (document.body.hasAttribute("data-live-page")) fetchPhones();
// On a phone the card would cover the messages; its title stays, and a tap opens it.
if (one("#pinned") && matchMedia("(max-width: 46rem)").matches) one("#pinned").open = false;
if (one("#posts")) toEnd();
