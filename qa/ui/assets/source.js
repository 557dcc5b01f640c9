// A place in a document, open beside the conversation.

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

function show(html, { focus = true, open = true } = {}) {
  element.innerHTML = html;
  if (open) reveal();
  if (focus) find("h2", element)?.focus({ preventScroll: true });
}

// On a narrow page the source covers the conversation, and the browser's way back leads there.
function reveal() {
  const covers = !isWide() && !main().classList.contains("qa-open");
  if (covers) history.pushState({ qa: "source" }, "");
  main().classList.add("qa-open");
}
addEventListener("popstate", () => {
  if (main().classList.contains("qa-open") && !isWide()) close();
});

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
    notice.textContent = "The server doesn’t answer. Check that qa is still running.";
    element.append(notice);
    return false;
  }
  show(html, options);
  return true;
}

const placesOf = (many) =>
  many.map(({ number, document, start, end, check }) => ({ number, document, start, end, check }));

async function openPlace(place, options) {
  current = place.number;
  markCurrent();
  const { number, document, check } = place;
  if (!(await wish({ document, number, check, quotes: placesOf(group) }, options))) return;
  const why = find(".qa-why", element);
  if (why && place.why) {
    why.textContent = place.why;
    why.hidden = false;
  }
  const at = group.indexOf(place);
  const position = find(".qa-position", element);
  if (position) {
    position.textContent = `${at + 1} of ${group.length}`;
    find(".qa-move", element).hidden = group.length < 2;
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

async function close() {
  const path = find(".qa-source-view", element)?.dataset.document;
  let isLost = element.contains(document.activeElement);
  main().classList.remove("qa-open");
  if (history.state?.qa) history.back();
  group = current = null;
  markCurrent();
  if (opener?.isConnected) {
    opener.focus();
    isLost = false;
  }
  opener = null;
  // On a wide page there's always something to read beside the conversation.
  if (isWide()) await openDocuments({ focus: false });
  if (!isLost) return;
  const row = isWide() && all("[data-open]", element).find((one) => one.dataset.open === path);
  (row || composer()).focus();
}

async function more(button) {
  const view = find(".qa-source-view", element);
  const paper = find(".qa-paper", element);
  const side = button.dataset.more;
  const edge = +(side === "before" ? view.dataset.first : view.dataset.last);
  const mine = ticket;
  const quotes = placesOf(group ?? []);
  const asked = { document: view.dataset.document, side, edge, quotes };
  const part = await server.more_source(asked).catch(() => null);
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
(document.querySelector("main") ?? document.body).append(preview);
let previewTimer = 0;
let previewed = null; // the number that is pointed at

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
  previewed = chip;
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
document.addEventListener("scroll", (event) => {
  if (previewed && event.target.contains(previewed)) hidePreview();
}, { capture: true, passive: true });
