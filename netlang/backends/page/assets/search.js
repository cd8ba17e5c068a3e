// Finds items by name, caption or kind; Enter goes from hit to hit.

const field = document.getElementById("search");
const counter = document.getElementById("hits");
let hits = [], current = -1;

function textOf(item) {
  item.text ??= `${item.path} ${item.kind} ${item.block ?? ""} ${captions(item)}`.toLowerCase();
  return item.text;
}

function search() {
  const asked = field.value.toLowerCase().split(/\s+/).filter(Boolean);
  const isHit = item => asked.every(word => textOf(item).includes(word));
  const found = asked.length ? everyItem.filter(item => item.parent && isHit(item)) : [];
  const all = new Set(found);
  // What is drawn as one is one hit.
  hits = found.filter(item => { const shownAs = drawnLike(item); return shownAs === item || !all.has(shownAs); });
  current = -1;
  showHits();
}

// The first block's in place of another one's of a folded repeat, whether it is open or not.
function drawnLike(item) {
  let at = item.network.root;
  for (const next of wayTo(item)) {
    const isFolded = next.parent.kind === "repeat" && !next.parent.unfolded;
    at = at.items[isFolded ? 0 : next.index];
  }
  return at;
}

function nextHit(by) {
  if (!hits.length) return;
  current = (current + by + hits.length) % hits.length;
  goTo(hits[current]);
  showHits();
}

function showHits() {
  const place = current < 0 ? "" : `${current + 1} of `;
  counter.textContent = field.value.trim() ? `${place}${hits.length}` : "";
}

field.addEventListener("input", search);
field.addEventListener("keydown", event => {
  if (event.key === "Enter") nextHit(event.shiftKey ? -1 : 1);
  if (event.key === "Escape") field.value = "", search(), canvas.focus();
  event.stopPropagation();
});
