// Before the first paint, so that a dark page never flashes white.
const stored = localStorage.getItem("theme");
if (stored) document.documentElement.dataset.theme = stored;
