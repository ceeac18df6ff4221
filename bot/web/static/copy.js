// Copying a draft field by field. Without this script the text of a field can be selected.
// It stands beside room.js, whose functions it uses, on the page of a draft alone.
"use strict";

const copied = one("#copied");

document.addEventListener("click", async event => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const text = document.getElementById(button.dataset.copy);
  if (!text) return; // there is nothing any more: the record has changed meanwhile
  const done = await copyFrom(text);
  one(".copied-mark", button.closest(".field")).hidden = !done;
  tellCopied((done ? copied.dataset.copied : copied.dataset.selected).replace("{name}", () => button.dataset.name));
});

// copyFrom copies the text of an element, and leaves it selected where the browser does not
// let us: a page that is not served by https has no clipboard but the one by keyboard.
async function copyFrom(element) {
  try {
    await navigator.clipboard.writeText(element.textContent);
    return true;
  } catch { /* not there, or not allowed */ }
  getSelection().selectAllChildren(element);
  try {
    return document.execCommand("copy");
  } catch {
    return false;
  }
}

// The same sentence a second time is read out only when it was gone between.
function tellCopied(sentence) {
  copied.textContent = "";
  setTimeout(() => { copied.textContent = sentence; }, 50);
}
