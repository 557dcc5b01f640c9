// What the page gives the server to begin with: what it had open, and what was chosen.
() => {
  const read = (store, key) => {
    try {
      return JSON.parse(store.getItem(key));
    } catch {
      return null; // Nothing is kept where the browser allows nothing to be.
    }
  };
  const open = read(window.sessionStorage, "PLACE");
  const entry = open && read(window.localStorage, open);
  return [{ entry, choices: read(window.localStorage, "PLACE-choices") }];
}
