// Dash 4.4.1 calls radio buttons a listbox, with inputs inside its options, and hides a field that takes the focus:
// a screen reader makes nothing of either. The fieldsets around them say what they are.
(function () {
  const wrong = [
    [".dash-radioitems[role]", (each) => each.removeAttribute("role")],
    [".dash-radioitems label[role]", (each) => each.removeAttribute("role")],
    [".dash-radioitems label[aria-selected]", (each) => each.removeAttribute("aria-selected")],
    [".dash-dropdown-focus-target[tabindex='0']", (each) => each.setAttribute("tabindex", "-1")],
  ];
  function mend() {
    for (const [which, how] of wrong) document.querySelectorAll(which).forEach(how);
  }
  const attributeFilter = ["role", "aria-selected", "tabindex"];
  new MutationObserver(mend).observe(document.documentElement, {
    subtree: true, childList: true, attributes: true, attributeFilter,
  });
})();
