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

// Coming back by the browser's back button finds the button as it was.
window.addEventListener("pageshow", () => {
  for (const button of document.querySelectorAll("button[data-label]")) {
    button.removeAttribute("aria-disabled");
    button.textContent = button.dataset.label;
  }
});

// When an order comes to rest, its whole page is loaded anew: the forms below fit its status.
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.target.id === "live" && !event.target.querySelector("progress")) {
    window.location.reload();
  }
});
