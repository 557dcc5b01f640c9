// What the page's clicks and keys do, and how it begins.
// Gradio runs all scripts as one, this the last, for the source panel: `element` is the panel,
// `server` calls the reader, `trigger` raises Gradio events. Text that isn't ours is only ever
// set as text.

const find = (selector, within = document) => within.querySelector(selector);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const main = () => document.getElementById("qa-main");

const isStill = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
const isWide = () => matchMedia("(min-width: 861px)").matches;

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
  else if (at("#qa-new")) beginAnew();
  else if (at("#qa-composer .stop-button")) {
    // It goes away with the focus on it; on a phone the keyboard would come up for nothing.
    if (isWide() || event.detail === 0) composer().focus();
  }
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
  else if ((hit = at("[data-remove], [data-dismiss]"))) remove(hit);
  else if ((hit = at("[data-earlier]"))) reopen(hit.dataset.earlier);
  else if ((hit = at("[data-forget]"))) forget(hit);
  else if ((hit = at("[data-reindex]"))) server.change({ reindex: true }).then(refreshList, () => {});
  else if ((hit = at("[data-ask]"))) {
    ask(hit.dataset.ask, { replace: "replace" in hit.dataset });
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    if (isChoosing()) {
      toggleSettings(false);
      find("#qa-settings-button").focus();
    } else if (event.target === filter() && clearFilter()) {
      // Escape again closes the list.
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
  obey();
  find("#qa-settings").addEventListener("change", (event) => {
    keepChoices(event);
    tickAll();
  });
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
    ["#qa-settings", "group", "Settings"], ["#qa-banner", "status", "Model"],
  ]) {
    find(part).setAttribute("role", role);
    find(part).setAttribute("aria-label", name);
  }
}
begin();
