// The first drawing.

fillLevels();
showLegend();
paint();
showLevels();
fit(look);
canvas.focus({ preventScroll: true });
addEventListener("resize", () => { if (!selected) fit(look); });
performance.measure("first layout");
