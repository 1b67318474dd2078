// A pressed button says what it waits for and cannot be pressed twice.
document.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (!button || !button.dataset.busy) return;
  if (button.getAttribute("aria-disabled") === "true") {
    event.preventDefault();
    return;
  }
  button.setAttribute("aria-disabled", "true");
  button.dataset.label = button.textContent;
  button.textContent = button.dataset.busy;
});

// A tick in the head of a table ticks all of its rows.
document.addEventListener("change", (event) => {
  const name = event.target.dataset.ticks;
  if (!name) return;
  for (const box of event.target.form.querySelectorAll(`input[name="${name}"]`)) {
    box.checked = event.target.checked;
  }
});

// Coming back by the browser's back button finds the button as it was.
window.addEventListener("pageshow", () => {
  for (const button of document.querySelectorAll("button[data-label]")) {
    button.removeAttribute("aria-disabled");
    button.textContent = button.dataset.label;
  }
});

// A part that looks for itself is put in only when something in it is new: what is read, marked or
// scrolled there stays as it is, and is not read out again.
const seen = new WeakMap();
function partOf(page, select) {
  if (!select) return page;
  const found = new DOMParser().parseFromString(page, "text/html").querySelectorAll(select);
  return [...found].map((one) => one.outerHTML).join("");
}
document.addEventListener("htmx:beforeSwap", (event) => {
  const { target, xhr } = event.detail;
  if (xhr.status !== 200 || !target.hasAttribute("hx-get")) return;
  const now = partOf(xhr.responseText, target.getAttribute("hx-select"))
    .replace(/name="(csrfmiddlewaretoken|key)" value="[^"]*"/g, "");
  if (seen.get(target) === now) event.detail.shouldSwap = false;
  seen.set(target, now);
});

// When an order comes to rest, its whole page is loaded anew: the forms below fit its status.
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.target.id === "live" && !event.target.querySelector("progress")) {
    window.location.reload();
  }
  if (event.target.id === "held") markHeld();
  dressTables(event.target);
});

// What is held by now is not offered to be ticked any more.
function markHeld() {
  for (const held of document.querySelectorAll("#held [data-held]")) {
    const box = document.querySelector(`#results input[data-number="${held.dataset.held}"]`);
    if (!box) continue;
    const badge = document.createElement("span");
    badge.className = "badge badge-good";
    badge.textContent = "Held";
    box.closest("tr").querySelector(".number").append(" ", badge);
    box.remove();
  }
}

// On a phone a row of a wide table is a card; each cell then says what it is.
function dressTables(part) {
  for (const table of part.querySelectorAll(".cards .lines")) {
    const labels = [...table.querySelectorAll("thead th")].map(
      (head) => head.querySelector("input, .visually-hidden") ? "" : head.textContent.trim(),
    );
    for (const row of table.tBodies[0].rows) {
      for (const [index, cell] of [...row.cells].entries()) {
        cell.dataset.label = labels[index] ?? "";
        cell.toggleAttribute("data-blank", !cell.textContent.trim() && !cell.querySelector("input"));
      }
    }
  }
  for (const cell of part.querySelectorAll("#result_list [data-label]")) {
    cell.dataset.label = cell.dataset.label[0].toUpperCase() + cell.dataset.label.slice(1);
  }
}

document.addEventListener("DOMContentLoaded", () => {
  dressTables(document);
  makeButtons();
  nameSigns();
});

// Some of the theme's buttons are none: keys reach them only so.
function makeButtons() {
  for (const one of document.querySelectorAll(
    "span[x-on\\:click], div[x-on\\:click].cursor-pointer, div[x-on\\:click][x-ref], a[x-on\\:click]:not([href])",
  )) {
    one.tabIndex = 0;
    one.setAttribute("role", "button");
    one.addEventListener("keydown", (event) => {
      if (event.target !== one || (event.key !== "Enter" && event.key !== " ")) return;
      event.preventDefault();
      one.click();
    });
  }
}

// The theme draws its signs with words of a font: what they mean is said instead.
const NAMES = { add: "Add", close: "Close", more_horiz: "More", more_vert: "More", search: "Search", sms: "Home" };
function nameSigns() {
  for (const sign of document.querySelectorAll(".material-symbols-outlined")) {
    const word = sign.textContent.trim();
    const owner = sign.closest("a, button, [role=button]");
    if (owner !== sign) sign.setAttribute("aria-hidden", "true");
    if (owner?.textContent.trim() === word && !owner.title) owner.setAttribute("aria-label", NAMES[word] ?? word);
  }
}

window.addEventListener("load", () => {
  for (const [index, part] of document.querySelectorAll("[role=region].simplebar-content-wrapper").entries()) {
    part.setAttribute("aria-label", part.closest("#nav-sidebar") ? "Menu" : `Rows ${index}`);
  }
  // After its own beginning, which waits for the same.
  window.django?.jQuery?.(nameCompletions);
});

// A field that completes names is called by its label, and so is what one types into.
function nameCompletions($) {
  for (const field of document.querySelectorAll("select.select2-hidden-accessible")) {
    const label = document.querySelector(`label[for="${field.id}"]`);
    if (!label) continue;
    label.id ||= `label-${field.id}`;
    const chosen = document.getElementById(`select2-${field.id}-container`);
    const box = chosen?.closest("[role=combobox]");
    if (!box) continue;
    chosen.setAttribute("aria-labelledby", label.id);
    box.setAttribute("aria-labelledby", `${label.id} ${chosen.id}`);
    $(field).on("select2:open", () => {
      box.setAttribute("aria-controls", box.getAttribute("aria-owns"));
      document.querySelector(".select2-search__field")?.setAttribute("aria-labelledby", label.id);
    });
  }
}

// The menu is longer than the screen: where one is stays in view.
window.addEventListener("load", () => {
  document.querySelector("#nav-sidebar-apps a.active")?.scrollIntoView({ block: "nearest" });
});

// One tick for all rows of a list.
document.addEventListener("change", (event) => {
  const name = event.target.dataset.tickAll;
  if (!name) return;
  for (const box of document.getElementsByName(name)) box.checked = event.target.checked;
});

// A file that is dropped on a frame for it is as if it were chosen there.
document.addEventListener("dragover", (event) => {
  if (event.target.closest(".drop")) event.preventDefault();
});
document.addEventListener("drop", (event) => {
  const input = event.target.closest(".drop")?.querySelector("input[type=file]");
  if (!input) return;
  event.preventDefault();
  input.files = event.dataTransfer.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
});
