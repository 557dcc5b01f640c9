"use strict";
const form = document.getElementById("filter");
const cases = [...document.querySelectorAll(".case")];
const words = new Map(cases.map((c) => [c, c.textContent.toLowerCase()]));

function shows(element, chosen) {
  const marks = element.dataset.marks.split("|").map((mark) => mark.split("="));
  return (
    (!chosen.get("kind") || element.dataset.kind === chosen.get("kind")) &&
    (!chosen.get("differ") || element.dataset.differ) &&
    marks.some(
      ([system, mark]) =>
        (!chosen.get("system") || system === chosen.get("system")) &&
        (!chosen.get("outcome") || mark === chosen.get("outcome")),
    ) &&
    words.get(element).includes((chosen.get("words") || "").trim().toLowerCase())
  );
}

function filter() {
  const chosen = new FormData(form);
  let count = 0;
  for (const element of cases) {
    element.hidden = !shows(element, chosen);
    count += element.hidden ? 0 : 1;
  }
  form.querySelector("output").textContent = `${count} of ${cases.length} cases`;
}

form.addEventListener("input", filter);
form.addEventListener("submit", (event) => event.preventDefault());
