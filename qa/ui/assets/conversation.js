// The exchanges: copied, changed, asked, followed as they come.

// A new question moves to the top of the view, and nothing scrolls while it is answered.
let turn = null; // the position of the latest question
let waiting = false; // for its answer, with nothing opened since
let wasBusy = false;

function follow() {
  const live = document.getElementById("qa-live");
  const latest = find(".qa-turn", live);
  const isAnswering = latest?.hasAttribute("aria-busy") ?? false;
  // Asked again in its place it keeps its number, and its quotes are gone.
  const isReplaced = isAnswering && !wasBusy && latest.dataset.turn === turn;
  wasBusy = isAnswering;
  if (isReplaced || (latest?.dataset.turn ?? null) !== turn) {
    turn = latest?.dataset.turn ?? null;
    waiting = turn !== null;
    if (isReplaced && group) close();
    find("#qa-scroll").scrollTop = waiting ? live.offsetTop : 0;
    if (!waiting) close();
  }
  if (latest) announce(latest);
  else listEarlier();
  tick();
  if (!waiting || latest.getAttribute("aria-busy")) return;
  // The answer has come: its first quote opens, unless the reader is busy with another.
  waiting = false;
  look();
  const first = find(".qa-chip", latest);
  if (first && isWide()) openGroupOf(first, { focus: false });
}

// One question is asked at a time. What is written leaves the composer as it is sent; what is
// written on is never touched, and what nobody takes up comes back. While an answer is on its
// way it waits in the composer.
const composer = () => find("#qa-composer textarea");
const UNHEARD = 10000; // milliseconds
let sent = null; // what was asked and not taken up yet
let unheard = 0;
const isBusy = () => sent !== null || find('#qa-live [aria-busy="true"]') !== null;
function ask(question, { replace = false, written = false } = {}) {
  if (isBusy()) return;
  sent = { question, replace, written };
  unheard = setTimeout(giveBack, UNHEARD);
  if (written) fill("");
  if (!beginning) raise();
}
function raise() {
  trigger("select", { question: sent.question, replace: sent.replace });
  composer()?.focus();
}
function takenUp() {
  clearTimeout(unheard);
  sent = null;
}
function giveBack() {
  if (sent?.written) fill([sent.question, composer().value].filter(Boolean).join(" "));
  takenUp();
}
function fill(words) {
  composer().value = words;
  composer().dispatchEvent(new Event("input", { bubbles: true }));
}
function send(event) {
  const isMeant =
    event.type === "click"
      ? event.target.closest?.("#qa-composer .submit-button")
      : event.target === composer() && event.key === "Enter" && !event.shiftKey && !event.isComposing;
  if (!isMeant) return;
  event.preventDefault();
  event.stopPropagation();
  const question = composer().value.trim();
  if (question) ask(question, { written: true });
}
addEventListener("keydown", send, true);
addEventListener("click", send, true);

// What is sent before a new conversation has begun waits for it, and is asked in it.
let beginning = 0;
function beginAnew() {
  clearTimeout(beginning);
  beginning = setTimeout(begun, UNHEARD / 2);
  if (isWide()) composer().focus();
}
function begun() {
  if (beginning && sent) raise();
  clearTimeout(beginning);
  beginning = 0;
}

async function copy(button) {
  const text = button.dataset.copy;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Outside a secure context there is only the old way.
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  const label = find("span", button);
  label.textContent = "Copied";
  setTimeout(() => (label.textContent = "Copy"), 1600);
}

// Changing the latest question: it becomes a field in its own place.
function edit(button) {
  const turn = button.closest(".qa-turn");
  const heading = find(".qa-question", turn);
  if (!heading || find(".qa-editor", turn)) return;
  const editor = document.createElement("div");
  editor.className = "qa-editor";
  const field = document.createElement("textarea");
  field.value = button.dataset.edit;
  field.rows = Math.min(6, Math.ceil(field.value.length / 60));
  field.maxLength = 2000;
  field.setAttribute("aria-label", "Change the question");
  const make = (label, name, act) => {
    const made = document.createElement("button");
    made.type = "button";
    made.className = name;
    made.textContent = label;
    made.addEventListener("click", act);
    return made;
  };
  const cancel = () => {
    editor.remove();
    heading.hidden = false;
    button.focus();
  };
  const send = () => {
    if (field.value.trim()) ask(field.value.trim(), { replace: true });
  };
  field.addEventListener("keydown", (event) => {
    if (event.key === "Escape") cancel();
    else if (event.key === "Enter" && !event.shiftKey && !event.isComposing) send();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  editor.append(field, make("Ask", "qa-send", send), make("Cancel", "qa-tool", cancel));
  heading.hidden = true;
  heading.after(editor);
  field.focus();
  field.select();
}

// How long an answer is taking, and what is said of it aloud.
const voice = document.createElement("p");
voice.className = "qa-hidden";
voice.setAttribute("role", "status");
document.body.append(voice);
let since = 0;
function tick() {
  const elapsed = find("#qa-live .qa-elapsed");
  if (!elapsed) return void (since = 0);
  since ||= Date.now();
  const seconds = Math.floor((Date.now() - since) / 1000);
  const words = seconds < 4 ? "" : `${seconds} s`;
  // Set only when it is new: setting it is a change that is followed in turn.
  if (elapsed.textContent !== words) elapsed.textContent = words;
  // An animation would draw sixty times a second, on the processor that the model needs.
  if (!isStill()) find("#qa-live .qa-pulse")?.classList.toggle("qa-dim", seconds % 2 === 1);
}
// A choice that was kept is made by Gradio, which tells nobody.
function tickAll() {
  tick();
  if (looked !== chosenModel()) look();
}
function announce(turn) {
  const status = find(".qa-verdict span:not(.qa-pulse)", turn)?.textContent ?? "";
  const said = find(".qa-words:not(.qa-draft), .qa-told", turn)?.cloneNode(true);
  for (const chip of said ? all(".qa-chip", said) : []) chip.remove();
  const words = [status, said?.textContent].filter(Boolean).join(". ");
  if (words && voice.textContent !== words) voice.textContent = words;
}
