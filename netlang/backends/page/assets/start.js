// The first drawing.

fillLevels();
showLegend();
paint();
showLevels();
showBeginning();
canvas.focus({ preventScroll: true });
addEventListener("resize", () => { if (!selected) showBeginning(); });
performance.measure("first layout");
