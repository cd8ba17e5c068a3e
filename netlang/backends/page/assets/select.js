// The selected item, what it reads and what reads it; and what opens and closes.

let selected = null;

function select(item) {
  selected = item;
  light();
  describe(selected);
}

// The links that cross an item's border, by whether they come in.
function linksOf(item) {
  const own = standsFor(item);
  const read = new Set(), given = new Set();
  for (const box of own) {
    for (const link of box.reads) if (!own.has(link.source) && !isWithinFold(link)) read.add(link);
    for (const link of box.readers) if (!own.has(link.target) && !isWithinFold(link)) given.add(link);
  }
  return { read, given };
}

function light() {
  for (const old of paper.querySelectorAll(".lit, .selected, .read, .given")) {
    old.classList.remove("lit", "selected", "read", "given");
    if (old.dataset.tip) old.setAttribute("marker-end", old.dataset.tip);
  }
  canvas.classList.toggle("is-selecting", Boolean(selected));
  canvas.setAttribute("aria-activedescendant", selected ? `item${selected.id}` : "");
  if (!selected) return;
  selected.element.classList.add("selected");
  const { read, given } = linksOf(selected);
  for (const link of read) mark(standIn(link.source), "read"), lightLines(link);
  for (const link of given) mark(standIn(link.target), "given"), lightLines(link);
}

function mark(item, name) {
  if (item !== selected) item.element?.classList.add(name);
}

function lightLines(link) {
  for (const { scope, from, to } of segments(link)) {
    const drawn = standIn(scope);
    const isFolded = scope.kind === "repeat" && !scope.unfolded;
    const line = isFolded ? null : lineElements.get(`${body(drawn)?.id} ${from}>${to}`);
    if (!line) continue;
    line.classList.add("lit");
    const tip = line.getAttribute("marker-end");
    if (tip) line.dataset.tip ??= tip, line.setAttribute("marker-end", "url(#tip-lit)");
  }
}

// ------------------------------------------------------------------------------------ changes

function redraw() {
  paint();
  if (selected) select(standIn(selected));
  showLevels();
}

function toggle(item) {
  if (!item.items || !item.parent) return;
  keepInPlace(item, () => {
    item.open = !item.open;
    if (!item.open) item.unfolded = false;
    redraw();
  });
}

function toggleFold(repeat) {
  if (repeat.kind !== "repeat") return;
  keepInPlace(repeat, () => {
    if (repeat.unfolded) repeat.unfolded = false;
    else unfold(repeat);
    redraw();
  });
}

function goTo(item) {
  reveal(item);
  paint();
  select(standIn(item));
  centreOn(selected);
}

function itemAt(target) {
  const element = target.closest?.(".item");
  return element ? everyItem[element.dataset.id] : null;
}

canvas.addEventListener("click", event => {
  if (hasMoved) return;
  const item = itemAt(event.target);
  const act = event.target.closest("[data-act]")?.dataset.act;
  if (act === "toggle") toggle(item);
  else if (act === "unfold") toggleFold(item);
  else select(item);
});

canvas.addEventListener("dblclick", event => {
  const item = itemAt(event.target);
  if (item && !event.target.closest("[data-act]")) toggle(item);
});

canvas.addEventListener("pointerover", event => describe(itemAt(event.target) ?? selected));
canvas.addEventListener("pointerleave", () => describe(selected));
