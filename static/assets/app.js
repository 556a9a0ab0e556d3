// What plain HTML and htmx leave to do. Everything here only improves pages
// that work without it.
(() => {
  "use strict";

  // An error summary and the like take the focus, so that a screen reader reads
  // them first. Browsers do that for a page, htmx does it for a region; this is
  // for those that ignore autofocus on anything but a field.
  const focusFirst = () => document.querySelector("[autofocus]:not(:focus)")?.focus();
  document.addEventListener("DOMContentLoaded", focusFirst);

  // On a narrow screen tabs scroll; the current one is in sight.
  document.addEventListener("DOMContentLoaded", () => {
    for (const tab of document.querySelectorAll(".tabs [aria-current]")) {
      const list = tab.closest("ul");
      list.scrollLeft += Math.max(0, tab.getBoundingClientRect().right - list.getBoundingClientRect().right);
    }
  });

  document.addEventListener("click", (event) => {
    const target = event.target instanceof Element ? event.target : null;
    if (!target) return;

    // Open menus close when something else is clicked.
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(target)) menu.open = false;
    }

    // A link that a dialog on the same page can answer opens the dialog; with
    // another key held it stays a link.
    const opener = target.closest("a[data-dialog]");
    if (opener && !event.metaKey && !event.ctrlKey && !event.shiftKey) {
      const dialog = document.getElementById(opener.dataset.dialog);
      if (dialog instanceof HTMLDialogElement) {
        event.preventDefault();
        dialog.showModal();
        dialog.querySelector("[data-close]")?.focus(); // Enter by habit destroys nothing
        return;
      }
    }

    const closer = target.closest("[data-close]");
    const open = closer?.closest("dialog");
    if (open) {
      event.preventDefault();
      open.close();
      return;
    }
    if (target instanceof HTMLDialogElement && target.open) target.close(); // the backdrop

    const copy = target.closest("button[data-copy]");
    if (copy) copyField(copy);
  });

  const copyField = async (button) => {
    const field = document.getElementById(button.dataset.copy);
    const said = document.getElementById(button.dataset.copy + "-copied");
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
    } catch {
      document.execCommand("copy"); // without TLS there is no clipboard API
    }
    said.textContent = button.dataset.copied;
    button.classList.add("done");
    setTimeout(() => {
      said.textContent = "";
      button.classList.remove("done");
    }, 4000);
  };

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });

  // One press is one submission. The server knows repeated ones as well; this
  // spares people the question whether it worked.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method === "dialog" || form.hasAttribute("hx-get")) return;
    if (form.hasAttribute("data-download")) return; // its page stays
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "1";
    event.submitter?.setAttribute("aria-busy", "true");
  });
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) {
      delete form.dataset.sent;
      form.querySelector("[aria-busy]")?.removeAttribute("aria-busy");
    }
  });

  // A region that follows what happens asks only while somebody looks, and is
  // left alone while somebody uses it or nothing has changed.
  const last = new Map();
  const inUse = (region) =>
    region.querySelector("details[open], dialog[open]") ||
    region.contains(document.activeElement?.closest("input, select, textarea"));
  document.addEventListener("htmx:beforeRequest", (event) => {
    const live = event.detail.elt.closest("[data-live]");
    if (live && event.detail.elt === live && (document.hidden || inUse(live))) event.preventDefault();
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { target, xhr, requestConfig } = event.detail;
    const elt = requestConfig.elt;
    if (!elt.hasAttribute("data-live") || target !== elt) return;
    // A failed look is no news; the next one may succeed.
    if (xhr.status >= 400 || last.get(elt.id) === xhr.responseText || inUse(elt)) {
      event.detail.shouldSwap = false;
      return;
    }
    last.set(elt.id, xhr.responseText);
  });

  // No answer at all: say so, and take it back with the next answer.
  const offline = (away) => {
    const notice = document.getElementById("offline");
    if (notice) notice.hidden = !away;
  };
  document.addEventListener("htmx:sendError", () => offline(true));
  document.addEventListener("htmx:afterOnLoad", () => offline(false));
})();
