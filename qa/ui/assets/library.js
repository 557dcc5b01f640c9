// The list of the documents, what stands above the conversation, and adding and removing.

let panel = null; // the list of documents as it was last made, by its version
let sought = ""; // what is written into its filter

// The list of the documents is looked at again while it is shown.
function showPanel(options = { focus: false }) {
  const held = document.activeElement;
  const within = element.contains(held) && held.closest("[data-open], [data-remove], .qa-tool");
  const at = within && ["open", "remove", "dismiss", "add", "reindex"].find((name) => name in held.dataset);
  const top = find(".qa-documents", element)?.scrollTop ?? 0;
  const isFiltering = held === filter();
  const caret = isFiltering && [held.selectionStart, held.selectionEnd];
  show(panel.html, { ...options, open: options.focus });
  // What is written is the page's, however late the list comes.
  if (filter()) filter().value = sought;
  if (isFiltering) {
    filter()?.focus();
    filter()?.setSelectionRange(...caret);
  }
  const list = find(".qa-documents", element);
  if (list) list.scrollTop = top;
  if (at) {
    all(`[data-${at}]`, element).find((one) => one.dataset[at] === held.dataset[at])?.focus();
  }
}

const filter = () => find(".qa-filter input", element);
let filtering = 0;
element.addEventListener("input", (event) => {
  if (event.target !== filter()) return;
  sought = filter().value;
  clearTimeout(filtering);
  filtering = setTimeout(async () => {
    await look();
    const list = find(".qa-documents", element);
    if (list) list.scrollTop = 0;
    voice.textContent = find(".qa-matches:not([hidden]), .qa-notice", element)?.textContent ?? "";
  }, 100);
});
function clearFilter() {
  if (!sought) return false;
  sought = "";
  look();
  filter().value = "";
  filter().focus();
  return true;
}

const isListShown = () => find(".qa-library-view", element) !== null;

let looking = 0;
let isDown = false;
let looked = null; // the model that was looked at
let missed = 0; // looks in a row that nobody answered
const GONE =
  '<div class="qa-banner"><p><strong>qa isn’t answering.</strong> Start it again ' +
  "where it runs; this page goes on by itself.</p></div>";
const chosenModel = () => find("#qa-settings fieldset input:checked")?.value ?? null;
async function look() {
  clearTimeout(looking);
  const model = (looked = chosenModel());
  let busy = false;
  if (!document.hidden) {
    try {
      const asked = sought;
      const seen = await server.look({ seen: panel?.version, model, filter: asked });
      if (asked !== sought) return void look();
      busy = seen.busy;
      if (seen.panel !== null) {
        panel = { html: seen.panel, version: seen.version };
        // What to start with, once there are other documents.
        const hello = find(".qa-hello");
        if (hello && !hello.contains(document.activeElement)) hello.innerHTML = seen.hello;
        const asking = find(".qa-remove[data-sure]", element);
        if (isListShown() && !asking && !isSending()) {
          showPanel();
          showUploads();
        } else if (isListShown()) panel.version = null;
      }
      missed = 0;
      if (model !== chosenModel()) return void look();
      put("#qa-header", seen.header);
      put("#qa-banner", seen.banner);
      isDown = seen.banner !== "";
      tell(...seen.news);
    } catch {
      // A single one may be lost.
      if ((missed += 1) > 1) {
        put("#qa-banner", GONE);
        giveBack();
      }
    }
  }
  looking = setTimeout(look, busy ? 700 : isListShown() || isDown || missed ? 3000 : 10000);
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

// Adding documents: chosen or dropped, sent one after the other, then indexed.
const uploads = new Map(); // names to what is being done with them
const LARGEST = LARGEST_FILE; // in bytes, as the server has it

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
    const [row, title, state] = ["li", "span", "span"].map((kind) => document.createElement(kind));
    row.className = "qa-entry";
    const shown = document.createElement("div");
    shown.className = "qa-document";
    title.className = "qa-title";
    state.className = "qa-state";
    title.dir = state.dir = "auto";
    title.textContent = name;
    state.textContent = words;
    row.dataset.state = state.dataset.state = isRefused(words) ? "failed" : "waiting";
    shown.append(title);
    row.append(shown, state);
    list.append(row);
  }
  find(".qa-shelf-tools", view).after(list);
}

async function addFiles(files) {
  if (files.length === 0) return;
  sought = "";
  await openDocuments();
  // What went wrong before stays to be read until something else is added.
  for (const [name, words] of uploads) if (isRefused(words)) uploads.delete(name);
  for (const [name] of files) uploads.set(name, "Waiting");
  showUploads();
  for (const [name, file] of files) {
    let wrong = null;
    if (file.size > LARGEST) wrong = `Not added: it has ${Math.ceil(file.size / 2 ** 20)} MiB, the limit is ${LARGEST / 2 ** 20} MiB.`;
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
  refreshList();
}

async function refreshList() {
  if (panel) panel.version = null;
  await look();
  showUploads();
}

function choose(kind) {
  const input = document.createElement("input");
  input.type = "file";
  input.multiple = true;
  if (kind === "folder") input.webkitdirectory = true;
  input.addEventListener("change", () => {
    const named = [...input.files].map((file) => [file.webkitRelativePath || file.name, file]);
    // As when it is dropped: what is hidden, or lies in a hidden folder, isn't meant.
    addFiles(named.filter(([path]) => kind !== "folder" || !/(^|\/)\./.test(path)));
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
// Where nothing may be added the list has no button for it either.
const isEditable = () => panel?.html.includes("data-add=") ?? true;
let leaving = 0;
document.addEventListener("dragover", (event) => {
  if (!hasFiles(event)) return;
  event.preventDefault();
  clearTimeout(leaving);
  dropArea.hidden = !isEditable();
  leaving = setTimeout(() => (dropArea.hidden = true), 300);
});
document.addEventListener("drop", async (event) => {
  if (!hasFiles(event)) return;
  event.preventDefault();
  event.stopPropagation();
  dropArea.hidden = true;
  if (!isEditable()) return;
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
  writeOn(button, question);
  return false;
}
async function remove(button) {
  const { dismiss } = button.dataset;
  if (dismiss === undefined && !isSure(button, "Remove?")) return;
  button.disabled = true;
  const wish = dismiss === undefined ? { remove: button.dataset.remove } : { dismiss };
  const wrong = await server.change(wish).catch(() => "The server doesn’t answer.");
  // The list isn't made anew while it asks.
  unsure(button);
  if (wrong !== null) return void writeOn(button, wrong);
  await refreshList();
  find("h2", element)?.focus({ preventScroll: true });
}
// Also said aloud: a button with a name of its own doesn't tell what is written on it.
function writeOn(button, words) {
  find(".qa-confirm", button).textContent = voice.textContent = words;
}
function unsure(button) {
  delete button.dataset.sure;
  find(".qa-confirm", button).textContent = "";
}
