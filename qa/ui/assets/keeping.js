// Conversations kept in this browser, each under a key of its own: tabs share them, and none
// writes over what another has kept. A tab of its own remembers which it has open.

let slot = null; // what the keys begin with of whoever is signed in
let most = 0;
let open = null; // the key of the conversation that is open, once it is kept
let mark = null; // what the entry was marked with when this page last wrote or read it

const place = () => slot.slice(0, slot.lastIndexOf("-"));
const random = () => Math.random().toString(36).slice(2);

function read(key, store = localStorage) {
  try {
    return JSON.parse(store.getItem(key));
  } catch {
    return null;
  }
}
function keptKeys(beginning) {
  try {
    return Object.keys(localStorage).filter((key) => key.startsWith(beginning));
  } catch {
    return [];
  }
}
const latestFirst = (keys) =>
  keys
    .map((key) => ({ key, entry: read(key) }))
    .filter(({ entry }) => typeof entry?.changed === "number")
    .sort((one, other) => other.entry.changed - one.entry.changed);

function write(key, value) {
  const text = JSON.stringify(value);
  // Where there is no room the oldest go, first the reader's own.
  const own = latestFirst(keptKeys(`${slot}:`));
  const others = latestFirst(keptKeys("qa-").filter((each) => !each.startsWith(`${slot}:`)));
  const oldest = [...others, ...own].filter((each) => each.key !== key).map((each) => each.key);
  for (;;) {
    try {
      return void localStorage.setItem(key, text);
    } catch {
      if (oldest.length === 0) return; // Nothing can be kept here.
      localStorage.removeItem(oldest.pop());
    }
  }
}

function remember(key) {
  open = key;
  mark = key && (read(key)?.mark ?? null);
  try {
    if (key === null) sessionStorage.removeItem(place());
    else sessionStorage.setItem(place(), JSON.stringify(key));
  } catch {
    // A reload will begin anew.
  }
}

function keepEntry(entry) {
  const kept = open && read(open);
  // What another tab has gone on with stays as it is there; this becomes one of its own.
  const key = open && (!kept || kept.mark === mark) ? open : `${slot}:${random()}`;
  write(key, { ...entry, changed: Date.now(), mark: random() });
  remember(key);
  for (const { key: old } of latestFirst(keptKeys(`${slot}:`)).slice(most)) {
    localStorage.removeItem(old);
  }
}

let obeyed = null;
function obey() {
  if (!document.qaOrder) return;
  const told = JSON.parse(document.qaOrder);
  if (told.order === obeyed) return;
  obeyed = told.order;
  ({ slot, most } = told);
  if (told.opened === true && open === null) remember(read(place(), sessionStorage));
  if (told.opened === false || told.entry === null) remember(null);
  if (told.entry) {
    keepEntry(told.entry);
    takenUp();
  }
  listEarlier();
  if (told.entry === null) begun();
}

// What is chosen is kept at once: a reload may come before the server has heard of it.
function keepChoices({ target }) {
  if (slot === null) return;
  // Gradio unchecks the one before a moment later.
  const chosen = all("#qa-settings fieldset").map((each) =>
    each.contains(target) ? target.value : find("input:checked", each)?.value,
  );
  const key = `${place()}-choices`;
  write(key, { ...read(key), [slot]: chosen });
}

// The list of the others, in the empty conversation.
async function listEarlier() {
  const holder = find("#qa-live .qa-kept");
  if (!holder || slot === null) return;
  const heads = latestFirst(keptKeys(`${slot}:`))
    .filter(({ key }) => key !== open)
    .map(({ key, entry }) => {
      const day = new Date(entry.changed);
      const [month, date] = [day.getMonth() + 1, day.getDate()].map((n) => String(n).padStart(2, "0"));
      const { title, questions } = entry;
      return { name: key, title, questions, date: `${day.getFullYear()}-${month}-${date}` };
    });
  const version = JSON.stringify(heads);
  if (holder.listedAs === version || find("[data-sure]", holder)) return;
  holder.listedAs = version;
  const html = heads.length ? await server.earlier(heads).catch(() => "") : "";
  if (holder.isConnected && holder.listedAs === version) holder.innerHTML = html;
}

function reopen(key) {
  const entry = read(key);
  if (!entry) return void listEarlier();
  remember(key);
  trigger("edit", { entry });
}

function forget(button) {
  if (!isSure(button, "Delete?")) return;
  localStorage.removeItem(button.dataset.forget);
  unsure(button);
  listEarlier();
  composer().focus();
}

document.addEventListener("qa-order", obey);
addEventListener("storage", (event) => {
  if (slot !== null && (event.key === null || event.key.startsWith(slot))) listEarlier();
});
