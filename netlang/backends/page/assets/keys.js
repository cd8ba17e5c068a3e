// The keyboard: along the lines, from box to box, and what the buttons do.

const keys = {
  "+": actions["zoom-in"], "=": actions["zoom-in"], "-": actions["zoom-out"], 0: actions.fit, "?": actions.help,
  "/": () => field.focus(),
  Escape: () => select(null),
  Enter: () => selected && toggle(selected),
  u: () => { const repeat = selected && [selected, ...around(selected)].find(at => at.kind === "repeat"); if (repeat) toggleFold(repeat); },
  o: () => { const outer = selected && around(selected).find(at => at.element); if (outer) step(outer); },
  ArrowDown: () => walk(view.horizontal ? "across" : "along", 1),
  ArrowUp: () => walk(view.horizontal ? "across" : "along", -1),
  ArrowRight: () => walk(view.horizontal ? "along" : "across", 1),
  ArrowLeft: () => walk(view.horizontal ? "along" : "across", -1),
};

function walk(way, by) {
  if (!selected) return step([...allShown()][0]);
  step(way === "along" ? alongLine(by) : besides(by));
}

function step(item) {
  if (!item) return;
  select(item);
  bringIntoView(item);
}

// The next box along a line, the flow before shortcuts; from an open frame into it.
function alongLine(by) {
  if (body(selected) && by > 0) return body(selected).items[0];
  const { read, given } = linksOf(selected);
  const links = [...(by > 0 ? given : read)];
  const link = links.find(({ kind }) => kind === "flow") ?? links[0];
  return link && standIn(by > 0 ? link.target : link.source);
}

// The nearest box on the left or the right, of those at the same height.
function besides(by) {
  const [x, y] = middle(selected);
  const turned = view.horizontal ? 1 : 0;
  const candidates = [...allShown()].filter(item => !body(item)).map(item => {
    const at = middle(item), far = by * (turned ? at[1] - y : at[0] - x);
    return { item, far, cost: far + 3 * Math.abs(turned ? at[0] - x : at[1] - y) };
  });
  const near = candidates.filter(({ far }) => far > 1).sort((a, b) => a.cost - b.cost);
  return near[0]?.item;
}

function middle({ at: [x, y], plan: { width, height } }) {
  return [x + width / 2, y + height / 2];
}

// Tab leaves the drawing at its ends.
function tab(event) {
  const all = [...allShown()];
  const next = all[(selected ? all.indexOf(selected) : event.shiftKey ? all.length : -1) + (event.shiftKey ? -1 : 1)];
  if (!next) return;
  event.preventDefault();
  step(next);
}

addEventListener("keydown", event => {
  if (event.ctrlKey || event.metaKey || event.altKey || help.open) return;
  if (event.key === "Tab" && document.activeElement === canvas) return tab(event);
  if (event.target.closest("button, select, input") && event.key !== "Escape") return;
  const act = keys[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});
