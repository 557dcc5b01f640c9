// The page's behaviour: places in documents open beside the conversation.
// Gradio runs this once for the source panel: `element` is the panel, `server` calls the
// reader, `trigger` raises Gradio events. Text that isn't ours is only ever set as text.

const find = (selector, within = document) => within.querySelector(selector);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const main = () => document.getElementById("qa-main");

const isStill = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
const isWide = () => matchMedia("(min-width: 861px)").matches;

let group = null; // what previous and next step through, as plain values
let current = null; // the number of the one that is open
let opener = null; // where the focus returns to
let ticket = 0; // of the latest wish; an answer to an older one is dropped
let panel = null; // the list of documents as it was last made, by its version

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
  if (open) main().classList.add("qa-open");
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

// The list of the documents is looked at again while it is shown.
function showPanel(options = { focus: false }) {
  const held = document.activeElement;
  const within = element.contains(held) && held.closest("[data-open], [data-remove], .qa-tool");
  const at = within && ["open", "remove", "add", "reindex"].find((name) => name in held.dataset);
  const top = find(".qa-documents", element)?.scrollTop ?? 0;
  show(panel.html, { ...options, open: options.focus });
  const list = find(".qa-documents", element);
  if (list) list.scrollTop = top;
  if (at) {
    all(`[data-${at}]`, element).find((one) => one.dataset[at] === held.dataset[at])?.focus();
  }
}

const isListShown = () => find(".qa-library-view", element) !== null;

let looking = 0;
let isDown = false;
let looked = null; // the model that was looked at
const chosenModel = () => find("#qa-settings fieldset input:checked")?.value ?? null;
async function look() {
  clearTimeout(looking);
  const model = (looked = chosenModel());
  let busy = false;
  if (!document.hidden) {
    try {
      const seen = await server.look({ seen: panel?.version, model });
      busy = seen.busy;
      if (seen.panel !== null) {
        panel = { html: seen.panel, version: seen.version };
        const asking = find(".qa-remove[data-sure]", element);
        if (isListShown() && !asking && !isSending()) {
          showPanel();
          showUploads();
        } else if (isListShown()) panel.version = null;
      }
      if (model !== chosenModel()) return void look();
      put("#qa-header", seen.header);
      put("#qa-banner", seen.banner);
      isDown = seen.banner !== "";
      tell(...seen.news);
    } catch {
      // The next look may succeed; a question would tell.
    }
  }
  looking = setTimeout(look, busy ? 700 : isListShown() || isDown ? 3000 : 10000);
}

// What changed in the folder is told once, to whoever was here when it did.
const news = document.createElement("p");
news.id = "qa-news";
news.setAttribute("role", "status");
document.body.append(news);
let told = null;
let newsTimer = 0;
function tell(count, words) {
  if (told !== null && count !== told) {
    news.textContent = words;
    clearTimeout(newsTimer);
    newsTimer = setTimeout(() => (news.textContent = ""), 8000);
  }
  told = count;
}

const placed = new Map();
function put(selector, html) {
  if (placed.get(selector) === html) return;
  placed.set(selector, html);
  const frame = find(selector);
  const held = frame.contains(document.activeElement);
  frame.innerHTML = html;
  if (held) find("button", frame)?.focus();
}

async function openDocuments(options = { focus: true }) {
  group = current = null;
  ticket += 1;
  markCurrent();
  hidePreview();
  if (panel === null) await look();
  if (panel) showPanel(options);
  look();
}

function close() {
  main().classList.remove("qa-open");
  group = current = null;
  markCurrent();
  if (opener?.isConnected) opener.focus();
  opener = null;
  // On a wide page there's always something to read beside the conversation.
  if (isWide()) openDocuments({ focus: false });
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
    if (field.value.trim() && !isBusy()) ask(field.value.trim(), true);
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

const isBusy = () => find('#qa-live [aria-busy="true"]') !== null;
function ask(question, replace) {
  trigger("select", { question, replace });
  find("#qa-composer textarea")?.focus();
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
  if (status && voice.textContent !== status) voice.textContent = status;
}

// Adding documents: chosen or dropped, sent one after the other, then indexed.
const uploads = new Map(); // names to what is being done with them
const LARGEST = 64 * 2 ** 20;

const isRefused = (words) => words.startsWith("Not added");
const isSending = () => [...uploads.values()].some((words) => !isRefused(words));

function showUploads() {
  const view = find(".qa-library-view", element);
  if (!view) return;
  find(".qa-uploads", view)?.remove();
  if (uploads.size === 0) return;
  const list = document.createElement("ul");
  list.className = "qa-uploads";
  for (const [name, words] of uploads) {
    const row = document.createElement("li");
    for (const [kind, value] of [["qa-title", name], ["qa-state", words]]) {
      const part = document.createElement("span");
      part.className = kind;
      part.dir = "auto";
      part.textContent = value;
      row.append(part);
    }
    list.append(row);
  }
  find(".qa-shelf-tools", view).after(list);
}

async function addFiles(files) {
  if (files.length === 0) return;
  await openDocuments();
  // What went wrong before stays to be read until something else is added.
  for (const [name, words] of uploads) if (isRefused(words)) uploads.delete(name);
  for (const [name] of files) uploads.set(name, "Waiting");
  showUploads();
  for (const [name, file] of files) {
    let wrong = null;
    if (file.size > LARGEST) wrong = `Not added: it has ${Math.ceil(file.size / 2 ** 20)} MiB, the limit is 64 MiB.`;
    else if (file.size === 0) wrong = "Not added: it is empty.";
    else {
      uploads.set(name, "Sending…");
      showUploads();
      try {
        const { path } = await upload(file);
        wrong = await server.change({ add: name, path });
      } catch {
        wrong = "Not added: it could not be sent. Check that qa is still running.";
      }
    }
    if (wrong === null) uploads.delete(name);
    else uploads.set(name, isRefused(wrong) ? wrong : `Not added: ${wrong}`);
    showUploads();
    look();
  }
  if (panel) panel.version = null;
  refreshList();
}

async function refreshList() {
  const seen = await server.look({});
  panel = { html: seen.panel, version: seen.version };
  if (isListShown()) showPanel();
  showUploads();
  look();
}

function choose(kind) {
  const input = document.createElement("input");
  input.type = "file";
  input.multiple = true;
  if (kind === "folder") input.webkitdirectory = true;
  input.addEventListener("change", () => {
    addFiles([...input.files].map((file) => [file.webkitRelativePath || file.name, file]));
  });
  input.click();
}

async function walk(entry, path, found) {
  if (entry.name.startsWith(".")) return;
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
    found.push([`${path}${entry.name}`, file]);
    return;
  }
  const reader = entry.createReader();
  for (;;) {
    const part = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (part.length === 0) return;
    for (const one of part) await walk(one, `${path}${entry.name}/`, found);
  }
}

const hasFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
const dropArea = document.createElement("div");
dropArea.id = "qa-drop";
dropArea.textContent = "Drop to add to the library";
dropArea.hidden = true;
document.body.append(dropArea);
let leaving = 0;
document.addEventListener("dragover", (event) => {
  if (!hasFiles(event)) return;
  event.preventDefault();
  clearTimeout(leaving);
  dropArea.hidden = false;
  leaving = setTimeout(() => (dropArea.hidden = true), 300);
});
document.addEventListener("drop", async (event) => {
  if (!hasFiles(event)) return;
  event.preventDefault();
  event.stopPropagation();
  dropArea.hidden = true;
  const items = [...event.dataTransfer.items].filter((item) => item.kind === "file");
  const dropped = items.map((item) => item.webkitGetAsEntry() ?? item.getAsFile());
  const found = [];
  for (const one of dropped) {
    if (one instanceof File) found.push([one.name, one]);
    else await walk(one, "", found).catch(() => {});
  }
  addFiles(found);
}, true);

// What can't be undone on the page is asked for twice.
function isSure(button, question) {
  if ("sure" in button.dataset) return true;
  for (const other of all(".qa-remove[data-sure]")) unsure(other);
  button.dataset.sure = "";
  find(".qa-confirm", button).textContent = question;
  return false;
}
async function remove(button) {
  if (!("dismiss" in button.dataset) && !isSure(button, "Remove?")) return;
  button.disabled = true;
  const wrong = await server.change({ remove: button.dataset.remove }).catch(() => "The server doesn’t answer.");
  if (wrong !== null) {
    unsure(button);
    find(".qa-confirm", button).textContent = wrong;
    return;
  }
  await refreshList();
  find("h2", element)?.focus({ preventScroll: true });
}
function unsure(button) {
  delete button.dataset.sure;
  find(".qa-confirm", button).textContent = "";
}

const isChoosing = () => find("#qa-settings").classList.contains("qa-choosing");
function toggleSettings(open) {
  const shown = find("#qa-settings").classList.toggle("qa-choosing", open);
  const button = find("#qa-settings-button");
  button.setAttribute("aria-expanded", String(shown));
  if (shown) find("#qa-settings input:checked")?.focus();
}

document.addEventListener("click", (event) => {
  const at = (selector) => event.target.closest?.(selector);
  let hit;
  if (isChoosing() && !at("#qa-settings, #qa-settings-button")) {
    toggleSettings(false);
  }
  if (at("#qa-settings-button")) toggleSettings();
  else if ((hit = at(".qa-cite"))) {
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
  else if ((hit = at("[data-edit]"))) edit(hit);
  else if ((hit = at("[data-add]"))) choose(hit.dataset.add);
  else if ((hit = at("[data-remove]"))) remove(hit);
  else if ((hit = at("[data-earlier]"))) trigger("edit", { open: hit.dataset.earlier });
  else if ((hit = at("[data-forget]"))) {
    if (isSure(hit, "Delete?")) trigger("edit", { forget: hit.dataset.forget });
  }
  else if ((hit = at("[data-reindex]"))) server.change({ reindex: true }).then(refreshList, () => {});
  else if ((hit = at("[data-ask]"))) {
    if (!isBusy()) ask(hit.dataset.ask, "replace" in hit.dataset);
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    if (isChoosing()) {
      toggleSettings(false);
      find("#qa-settings-button").focus();
    } else if (!preview.hidden) hidePreview();
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
  if (latest) announce(latest);
  tick();
  if (!waiting || latest.getAttribute("aria-busy")) return;
  // The answer has come: its first quote opens, unless the reader is busy with another.
  waiting = false;
  look();
  const first = find(".qa-chip", latest);
  if (first && isWide()) openGroupOf(first, { focus: false });
}

// The panel may be ready before the conversation is part of the page.
function begin() {
  const live = document.getElementById("qa-live");
  const settings = find("#qa-settings-button");
  const box = find("#qa-composer textarea");
  if (!live || !settings || !box) return requestAnimationFrame(begin);
  new MutationObserver(follow).observe(live, {
    childList: true, subtree: true, attributes: true, attributeFilter: ["data-turn"],
  });
  look().then(() => { if (panel && ticket === 0 && isWide()) showPanel(); });
  setInterval(tickAll, 1000);
  find("#qa-settings").addEventListener("change", tickAll);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) look(); });
  settings.setAttribute("aria-expanded", "false");
  settings.setAttribute("aria-controls", "qa-settings");
  box.setAttribute("maxlength", "2000");
  // What Gradio leaves without a name, or with a wrong one, for those who don't see it.
  box.setAttribute("aria-label", "Your question");
  for (const choice of all("#qa-settings fieldset")) {
    choice.setAttribute("role", "radiogroup");
    choice.setAttribute("aria-label", find('[data-testid="block-info"]', choice)?.textContent ?? "");
  }
  for (const [part, role, name] of [
    ["#qa-talk", "region", "Conversation"], ["#qa-source", "complementary", "Sources"],
    ["#qa-settings", "group", "Settings"],
  ]) {
    find(part).setAttribute("role", role);
    find(part).setAttribute("aria-label", name);
  }
}
begin();
