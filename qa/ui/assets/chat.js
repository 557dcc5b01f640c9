// The page's behaviour: places in documents open beside the conversation.
// Gradio runs this once for the source panel: `element` is the panel, `server` calls the
// reader, `trigger` raises Gradio events. Text that isn't ours is only ever set as text.

const find = (selector, within = document) => within.querySelector(selector);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const main = () => document.getElementById("qa-main");

const isWide = () => matchMedia("(min-width: 861px)").matches;

let group = null; // what previous and next step through, as plain values
let current = null; // the number of the one that is open
let opener = null; // where the focus returns to
let ticket = 0; // of the latest wish; an answer to an older one is dropped

function placesAround(button) {
  const owner = button.closest("[data-group]") ?? button.closest("ol");
  const places = new Map();
  for (const one of all(".qa-cite", owner)) {
    if ((one.closest("[data-group]") ?? one.closest("ol")) !== owner) continue;
    const { number, document, start, end, check, why } = one.dataset;
    places.set(+number, { number: +number, document, start: +start, end: +end, check, why });
  }
  return [...places.values()].sort((a, b) => a.number - b.number);
}

function markCurrent() {
  for (const one of all(".qa-cite[aria-current]")) one.removeAttribute("aria-current");
  const place = group?.find((each) => each.number === current);
  if (!place) return;
  for (const one of all(".qa-cite")) {
    const same =
      one.dataset.document === place.document &&
      +one.dataset.start === place.start &&
      +one.dataset.end === place.end;
    if (same) one.setAttribute("aria-current", "true");
  }
}

function show(html, { focus = true } = {}) {
  element.innerHTML = html;
  main().classList.add("qa-open");
  if (focus) find("h2", element)?.focus({ preventScroll: true });
}

async function wish(request, options) {
  const mine = ++ticket;
  hidePreview();
  element.setAttribute("aria-busy", "true");
  let html;
  try {
    html = await server.open_source(request);
  } catch {
    html = null;
  }
  if (mine !== ticket) return false;
  element.removeAttribute("aria-busy");
  if (html === null) {
    show("");
    const notice = document.createElement("p");
    notice.className = "qa-notice";
    notice.textContent = "The server doesn't answer. Check that qa is still running.";
    element.append(notice);
    return false;
  }
  show(html, options);
  return true;
}

async function openPlace(place, options) {
  current = place.number;
  markCurrent();
  const { number, document, check } = place;
  const quotes = group.map((each) => ({
    number: each.number, document: each.document, start: each.start, end: each.end,
  }));
  if (!(await wish({ document, number, check, quotes }, options))) return;
  const why = find(".qa-why", element);
  if (why && place.why) {
    why.textContent = place.why;
    why.hidden = false;
  }
  const at = group.indexOf(place);
  const position = find(".qa-position", element);
  if (position) {
    position.textContent = `${at + 1} of ${group.length}`;
    find('[data-step="-1"]', element).disabled = at === 0;
    find('[data-step="1"]', element).disabled = at === group.length - 1;
  }
  const here = find("#qa-here", element);
  const paper = find(".qa-paper", element);
  if (here && paper) {
    const offset = here.getBoundingClientRect().top - paper.getBoundingClientRect().top;
    paper.scrollTop += offset - paper.clientHeight / 3;
  }
}

function openGroupOf(button, options) {
  group = placesAround(button);
  openPlace(group.find((each) => each.number === +button.dataset.number), options);
}

function step(by) {
  if (!group) return;
  const at = group.findIndex((each) => each.number === current) + by;
  if (at >= 0 && at < group.length) openPlace(group[at]);
}

function openDocuments(options) {
  group = current = null;
  markCurrent();
  return wish({}, options);
}

function close() {
  main().classList.remove("qa-open");
  group = current = null;
  markCurrent();
  if (opener?.isConnected) opener.focus();
  opener = null;
  // On a wide page there's always something to read beside the conversation.
  if (isWide()) wish({}, { focus: false });
}

async function more(button) {
  const view = find(".qa-source-view", element);
  const paper = find(".qa-paper", element);
  const side = button.dataset.more;
  const edge = +(side === "before" ? view.dataset.first : view.dataset.last);
  const mine = ticket;
  const part = await server.more_source({
    document: view.dataset.document,
    side,
    edge,
    quotes: (group ?? []).map(({ number, document, start, end }) => ({ number, document, start, end })),
  });
  if (!part || mine !== ticket) return;
  const text = find(".qa-text", element);
  if (side === "before") {
    const height = paper.scrollHeight;
    text.insertAdjacentHTML("afterbegin", part.html);
    view.dataset.first = part.first;
    button.hidden = part.first === 0;
    paper.scrollTop += paper.scrollHeight - height;
  } else {
    text.insertAdjacentHTML("beforeend", part.html);
    view.dataset.last = part.last;
    button.hidden = part.last === part.length;
  }
}

// The preview of a quote, shown where the pointer or the focus is.
const preview = document.createElement("div");
preview.id = "qa-preview";
preview.setAttribute("role", "tooltip");
preview.hidden = true;
document.body.append(preview);
let previewTimer = 0;

function hidePreview() {
  clearTimeout(previewTimer);
  preview.hidden = true;
}

function showPreview(chip) {
  const lines = [
    ["qa-quote", chip.dataset.quote],
    ["qa-origin", chip.dataset.from],
    ["qa-why", chip.dataset.why],
  ];
  preview.replaceChildren(
    ...lines.filter(([, words]) => words).map(([name, words]) => {
      const line = document.createElement("p");
      line.className = name;
      line.dir = "auto";
      line.textContent = words;
      return line;
    }),
  );
  preview.hidden = false;
  const at = chip.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = preview;
  const left = Math.min(Math.max(8, at.left + at.width / 2 - width / 2), innerWidth - width - 8);
  // Below, so that the words that the quote is to support stay in view.
  const below = at.bottom + 8;
  preview.style.left = `${left}px`;
  preview.style.top = `${below + height < innerHeight - 8 ? below : at.top - height - 8}px`;
}

document.addEventListener("mouseover", (event) => {
  const chip = event.target.closest?.(".qa-chip");
  if (!chip) return;
  clearTimeout(previewTimer);
  previewTimer = setTimeout(() => chip.isConnected && showPreview(chip), 120);
});
document.addEventListener("mouseout", (event) => {
  if (event.target.closest?.(".qa-chip")) hidePreview();
});
document.addEventListener("focusin", (event) => {
  const chip = event.target.closest?.(".qa-chip");
  if (chip?.matches(":focus-visible")) showPreview(chip);
  else hidePreview();
});
document.addEventListener("scroll", hidePreview, { capture: true, passive: true });

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

function edit(question) {
  const box = find("#qa-composer textarea");
  box.value = question;
  box.dispatchEvent(new Event("input", { bubbles: true }));
  box.focus();
}

document.addEventListener("click", (event) => {
  const at = (selector) => event.target.closest?.(selector);
  let hit;
  if ((hit = at(".qa-cite"))) {
    opener = hit;
    waiting = false;
    openGroupOf(hit);
  } else if ((hit = at(".qa-mark[data-number]"))) {
    const place = group?.find((each) => each.number === +hit.dataset.number);
    if (place) openPlace(place);
  } else if ((hit = at("[data-step]"))) step(+hit.dataset.step);
  else if ((hit = at("[data-close]"))) close();
  else if ((hit = at("[data-more]"))) more(hit);
  else if ((hit = at("[data-library]"))) {
    if (!element.contains(hit)) opener = hit;
    openDocuments();
  } else if ((hit = at("[data-open]"))) {
    group = current = null;
    waiting = false;
    wish({ document: hit.dataset.open });
  } else if ((hit = at("[data-copy]"))) copy(hit);
  else if ((hit = at("[data-edit]"))) edit(hit.dataset.edit);
  else if ((hit = at("[data-ask]"))) {
    if (!find('#qa-live [aria-busy="true"]')) trigger("select", { question: hit.dataset.ask });
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    if (!preview.hidden) hidePreview();
    else if (group || main().classList.contains("qa-open")) close();
    return;
  }
  if (!group || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest?.("input, textarea, [contenteditable]")) return;
  if (event.key === "n" || event.key === "ArrowRight") step(1);
  else if (event.key === "p" || event.key === "ArrowLeft") step(-1);
  else return;
  event.preventDefault();
});

// A new question moves to the top of the view, and nothing scrolls while it is answered.
let turn = null; // the position of the latest question
let waiting = false; // for its answer, with nothing opened since

function follow() {
  const live = document.getElementById("qa-live");
  const latest = find(".qa-turn", live);
  if ((latest?.dataset.turn ?? null) !== turn) {
    turn = latest?.dataset.turn ?? null;
    waiting = turn !== null;
    find("#qa-scroll").scrollTop = waiting ? live.offsetTop : 0;
    if (!waiting) close();
  }
  if (!waiting || latest.getAttribute("aria-busy")) return;
  // The answer has come: its first quote opens, unless the reader is busy with another.
  waiting = false;
  const first = find(".qa-chip", latest);
  if (first && isWide()) openGroupOf(first, { focus: false });
}

// The panel may be ready before the conversation is part of the page.
function begin() {
  const live = document.getElementById("qa-live");
  if (!live) return requestAnimationFrame(begin);
  new MutationObserver(follow).observe(live, {
    childList: true, subtree: true, attributes: true, attributeFilter: ["data-turn"],
  });
  if (isWide()) server.open_source({}).then((html) => { if (ticket === 0) element.innerHTML = html; }, () => {});
}
begin();
